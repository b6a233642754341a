"""How good the details are of the customers in somebody's reach: by fault and by owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, F, Func, TextField
from django.urls import reverse
from django.utils.http import urlencode

from customers.customers.models import Customer
from customers.quality.findings import FINDINGS, Finding

OWNERS_SHOWN = 20


@dataclass(frozen=True)
class Line:
    """One fault, how many customers have it, and their list."""

    finding: Finding
    count: int

    @property
    def url(self) -> str:
        """The list of these customers."""
        return f"{reverse('customers:customer_list')}?{urlencode({'problem': self.finding.code})}"


@dataclass(frozen=True)
class Overview:
    """Everything the page shows; `score` is None without any scored customer."""

    score: int | None
    total: int
    lines: list[Line]
    owners: list[dict[str, Any]]


def overview_of(user: Any) -> Overview:
    """The customers the person may clean up. Three queries."""
    rows = Customer.objects.editable_by(user).live().filter(quality__isnull=False).order_by()
    sums = rows.aggregate(score=Avg("quality__score"), total=Count("pk"))
    problem = Func(F("quality__problems"), function="unnest", output_field=TextField())
    counts = dict(rows.annotate(problem=problem).values_list("problem").annotate(Count("pk")))
    owners = rows.filter(owner__isnull=False).values("owner_id", "owner__name")
    return Overview(
        round(sums["score"]) if sums["score"] is not None else None,
        sums["total"],
        [Line(finding, counts.get(code, 0)) for code, finding in FINDINGS.items() if counts.get(code)],
        list(
            owners.annotate(score=Avg("quality__score"), count=Count("pk")).order_by("score", "owner_id")[:OWNERS_SHOWN]
        ),
    )
