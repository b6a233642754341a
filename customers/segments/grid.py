"""The grid of recency and frequency, and the list behind each of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.urls import reverse

from customers.customers.models import Customer
from customers.segments.models import CustomerScore

SCORES = (5, 4, 3, 2, 1)


@dataclass(frozen=True)
class Cell:
    """How many customers have one pair of scores."""

    recency: int
    frequency: int
    count: int
    tone: str

    @property
    def url(self) -> str:
        """Their list."""
        return f"{reverse('customers:customer_list')}?rfm={self.recency}-{self.frequency}"


@dataclass(frozen=True)
class Grid:
    """Rows from the most recent to the longest ago, columns from rare to often, and the groups."""

    rows: list[tuple[int, list[Cell]]]
    groups: list[tuple[str, Any, int, str]]
    total: int


def grid_of(user: Any) -> Grid:
    """The customers in the person's reach by score; those never followed stand in their group only. One query."""
    rows = Customer.objects.visible_to(user).live().filter(score__isnull=False).order_by()
    counted = rows.values_list("score__recency", "score__frequency", "score__group").annotate(Count("pk"))
    cells: dict[tuple[Any, Any], int] = {}
    groups: dict[str, int] = {}
    for recency, frequency, group, count in counted:
        cells[recency, frequency] = cells.get((recency, frequency), 0) + count
        groups[group] = groups.get(group, 0) + count
    highest = max((count for key, count in cells.items() if key != (None, None)), default=0)
    return Grid(
        [
            (recency, [_cell(cells, recency, frequency, highest) for frequency in reversed(SCORES)])
            for recency in SCORES
        ],
        [
            (group, label, groups.get(group, 0), f"{reverse('customers:customer_list')}?rfm={group}")
            for group, label in CustomerScore.Group.choices
        ],
        sum(groups.values()),
    )


def _cell(cells: dict[tuple[Any, Any], int], recency: int, frequency: int, highest: int) -> Cell:
    count = cells.get((recency, frequency), 0)
    step = 0 if not count else 1 + (count * 4 - 1) // highest if highest else 0
    return Cell(recency, frequency, count, f"heat-{min(step, 4)}")
