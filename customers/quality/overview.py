"""How good the details are of the customers in somebody's reach: by fault and by owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, F, Func, QuerySet, TextField
from django.urls import reverse
from django.utils.http import urlencode

from crm.records.keyset import capped_count
from customers.customers.models import Customer
from customers.customers.querysets import CustomerQuerySet
from customers.duplicates.merging import RIGHT as MERGE_RIGHT
from customers.duplicates.models import DuplicateCandidate
from customers.quality.findings import FINDINGS, Finding
from customers.quality.offers import entitled

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

    @property
    def worklist_url(self) -> str:
        """Where they are put right one after the other."""
        return f"{reverse('customers:worklist')}?{urlencode({'problem': self.finding.code})}"


@dataclass(frozen=True)
class Overview:
    """Everything the page shows; `score` is None without any scored customer."""

    score: int | None
    total: int
    lines: list[Line]
    owners: list[dict[str, Any]]
    duplicates: int | None


def overview_of(user: Any) -> Overview:
    """The customers the person may clean up. Four queries at most."""
    rows = faulty(user).order_by()
    sums = rows.aggregate(score=Avg("quality__score"), total=Count("pk"))
    problem = Func(F("quality__problems"), function="unnest", output_field=TextField())
    counts = dict(rows.annotate(problem=problem).values_list("problem").annotate(Count("pk")))
    owners = rows.filter(owner__isnull=False).values("owner_id", "owner__name")
    return Overview(
        round(sums["score"]) if sums["score"] is not None else None,
        sums["total"],
        [Line(finding, counts[code]) for code, finding in FINDINGS.items() if counts.get(code)],
        list(
            owners.annotate(score=Avg("quality__score"), count=Count("pk")).order_by("score", "owner_id")[:OWNERS_SHOWN]
        ),
        duplicates_of(user),
    )


def faulty(user: Any) -> QuerySet[Any]:
    """The scored customers a person may change; those whose contact details they may not know tell no faults."""
    rows: CustomerQuerySet = Customer.objects.editable_by(user)
    return rows.live().outside_pools().filter(entitled(user), quality__isnull=False)


def duplicates_of(user: Any) -> int | None:
    """How many pairs wait for a decision of this person; None for those who do not merge."""
    if not user.reach.has(MERGE_RIGHT):
        return None
    return capped_count(DuplicateCandidate.objects.within(user, MERGE_RIGHT).open())
