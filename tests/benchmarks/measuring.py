"""Ratios of two things measured in one run, in turns, so that a noisy machine disturbs both alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One promise: what was measured, and what it may be at most."""

    name: str
    ratio: float
    limit: float

    @property
    def holds(self) -> bool:
        return self.ratio <= self.limit

    def __str__(self) -> str:
        return f"{self.name}\t{self.ratio:.2f}\t{self.limit:g}"


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 15) -> float:
    """The median time of `ours` over the median time of `theirs`, taken in turns after a warm-up."""
    ours(), theirs()
    ours(), theirs()
    ours_seconds, their_seconds = [], []
    gc.collect()
    for _ in range(rounds):
        ours_seconds.append(seconds(ours))
        their_seconds.append(seconds(theirs))
    return statistics.median(ours_seconds) / statistics.median(their_seconds)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
