"""Does the nightly search for duplicates grow with the number of customers, and no faster?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from customers.duplicates.proposing import propose_candidates
from tests.benchmarks.measuring import Figure, cpu_seconds


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """CPU time per customer of one night on the large database over that on a tenth of it.

    The night before fills the queue, which happens once. A larger company has more namesakes: a little growth stays.
    """
    each = {}
    for number in (size // 10, size):
        prepare(number)
        propose_candidates()
        each[number] = cpu_seconds(propose_candidates) / number
    yield Figure("duplicates_per_customer_over_a_tenth", each[size] / each[size // 10], 2.0)
