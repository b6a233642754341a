"""Trying changed rules on today's customers before they are switched on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from crm.people.models import User
from customers.customers.models import Customer
from customers.pool.due import RULE_LABELS, RecycleRules, falling, owned_under, saved_rules

SHOWN = 50
OWNERS_SHOWN = 20


@dataclass(frozen=True)
class Difference:
    """Customers only one of the two sets of rules takes: how many, and the first of those the person may see."""

    count: int
    shown: list[Any]


@dataclass(frozen=True)
class Trial:
    """What rules would take today, and how that differs from the saved ones."""

    owned: int
    due: int
    by_rule: list[tuple[Any, int]]
    by_level: list[tuple[str, int]]
    by_owner: list[tuple[str, int]]
    gained: Difference
    lost: Difference

    @property
    def takes_most(self) -> bool:
        """Whether more than half would go at once."""
        return bool(self.due) and self.due * 2 > self.owned


def try_rules(rules: RecycleRules, viewer: User) -> Trial:
    """Count what these rules would take now; names are told only of customers the viewer may see."""
    now = timezone.now()
    due = falling([rules]).filter(due_at__lte=now)
    today = falling([one for one in saved_rules() if one.pool_id == rules.pool_id]).filter(due_at__lte=now)
    by_rule = dict(due.order_by().values_list("due_rule").annotate(Count("pk")))
    return Trial(
        owned=owned_under(rules).count(),
        due=sum(by_rule.values()),
        by_rule=[(label, by_rule[rule]) for rule, label in RULE_LABELS.items() if rule in by_rule],
        by_level=_counted(due, "level__name"),
        by_owner=_counted(due, "owner__name"),
        gained=_difference(due, today, viewer),
        lost=_difference(today, due, viewer),
    )


def _counted(due: QuerySet[Any], name: str) -> list[tuple[str, int]]:
    rows = due.order_by().values_list(name).annotate(count=Count("pk")).order_by("-count", name)
    return [(label or "", count) for label, count in rows[:OWNERS_SHOWN]]


def _difference(ours: QuerySet[Any], theirs: QuerySet[Any], viewer: User) -> Difference:
    only = Customer.objects.filter(pk__in=ours.values("pk")).exclude(pk__in=theirs.values("pk"))
    seen = only.filter(pk__in=Customer.objects.visible_to(viewer).values("pk"))
    return Difference(only.count(), list(seen.select_related("owner").order_by("pk")[:SHOWN]))
