"""Does the nightly search for duplicates grow with the number of customers, and no faster?"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from customers.duplicates.proposing import propose_candidates
from tests.benchmarks.measuring import Figure, seconds

SMALL = 10_000


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """Seconds per customer on the large database over those on ten thousand customers."""
    each = {}
    for number in (SMALL, size):
        prepare(number)
        propose_candidates()
        each[number] = statistics.median(seconds(propose_candidates) for _ in range(3)) / number
    yield Figure("duplicates_per_customer_over_ten_thousand", each[size] / each[SMALL], 2.0)
