"""Does a page care how large the company is?"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from tests.benchmarks.measuring import Figure, seconds
from tests.benchmarks.pages import first_page_seconds_work

SMALL = 10_000


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """The first page on the large database over the same on ten thousand customers."""
    medians = {}
    for number in (SMALL, size):
        prepare(number)
        work = first_page_seconds_work()
        work(), work()
        medians[number] = statistics.median(seconds(work) for _ in range(30))
    yield Figure("list_large_over_ten_thousand", medians[size] / medians[SMALL], 1.3)
