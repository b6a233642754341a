"""Ratios of two things measured in one run, in turns, so that a noisy machine disturbs both alike."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection


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


def work_ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 5) -> float:
    """The median CPU time of `ours` over that of `theirs`, taken in turns after a warm-up."""
    ours(), theirs()
    pairs = [(cpu_seconds(ours), cpu_seconds(theirs)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs) / statistics.median(pair[1] for pair in pairs)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of one call, in this process and in its PostgreSQL backend together: others at work change it little."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    begun = time.process_time() + _used(backend)
    work()
    return time.process_time() + _used(backend) - begun


def _used(backend: Path) -> float:
    user, system = backend.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
