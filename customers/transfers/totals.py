"""What a transfer adds up to: one grouped read, the sums in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.db.models.functions import Left
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.people.models import User
from customers.base_data.models import CustomerLevel, Region
from customers.customers.holds import hold_sentence
from customers.customers.models import Customer
from customers.pool.capacity import held_counts
from customers.transfers.models import Transfer, TransferRow

_Outcome = TransferRow.Outcome
_GOES = (_Outcome.PLANNED, _Outcome.MOVED)


@dataclass
class ReceiverLine:
    """What one receiver gets, and how full that makes them."""

    user: User
    gets: int
    counting: int
    held: int

    @property
    def after(self) -> int:
        """How many that count they will hold."""
        return self.held + self.counting

    @property
    def limit(self) -> int:
        """How many they may hold."""
        return self.user.customer_capacity

    @property
    def is_over(self) -> bool:
        """Whether they end above their limit."""
        return self.after > self.limit

    @property
    def now_share(self) -> float:
        """The load now, in percent of the bar."""
        return min(100 * self.held / max(self.limit, self.after, 1), 100)

    @property
    def after_share(self) -> float:
        """The load afterwards, in percent of the bar."""
        return min(100 * self.after / max(self.limit, self.after, 1), 100)


@dataclass
class Totals:
    """The sums of a preview or of a result."""

    receivers: list[ReceiverLine] = field(default_factory=list)
    by_owner: list[tuple[str, int]] = field(default_factory=list)
    by_level: list[tuple[str, int]] = field(default_factory=list)
    by_region: list[tuple[str, int]] = field(default_factory=list)
    by_reason: list[tuple[str, int]] = field(default_factory=list)
    pooled: int = 0
    going: int = 0
    staying: int = 0


def totals(transfer: Transfer) -> Totals:
    """What goes (or went) to whom, from whom, of which level, and why the rest stays."""
    groups = (
        transfer.rows.order_by()
        .values_list("old_owner", "new_owner", "outcome", "reason", "hold", "old_status", "customer__level")
        .annotate(Count("pk"))
    )
    gets: Counter[int | None] = Counter()
    counting: Counter[int] = Counter()
    owners: Counter[int] = Counter()
    levels: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    for old, new, outcome, reason, hold, status, level, count in groups:
        if outcome in _GOES:
            gets[new] += count
            counting[new] += count if status != Customer.Status.EXISTING else 0
            owners[old] += count
            levels[level] += count
        elif reason:
            reasons[hold_sentence(hold) if hold else str(TransferRow.Reason(reason).label)] += count
    people = User.objects.select_related("department").in_bulk([*transfer.target_ids, *filter(None, owners)])
    names = dict(CustomerLevel.objects.values_list("pk", "name"))
    held = held_counts(transfer.target_ids) if transfer.state == Transfer.State.DRAFT else {}
    return Totals(
        receivers=[
            ReceiverLine(people[key], gets[key], counting[key], held.get(key, 0)) for key in transfer.target_ids
        ],
        by_owner=[(str(people[key]) if key else _("nobody"), count) for key, count in owners.most_common(12)],
        by_level=[(names.get(key, _("no level")), count) for key, count in sorted(levels.items(), key=_by_key)],
        by_region=_by_region(transfer),
        by_reason=reasons.most_common(),
        pooled=gets[None],
        going=sum(gets.values()),
        staying=sum(reasons.values()),
    )


def business(transfer: Transfer, user: User) -> list[tuple[str, str]]:
    """What the apps above sum up of the customers that go, as far as the person may see it: label and amount."""
    going = Customer.objects.filter(pk__in=transfer.rows.filter(outcome__in=_GOES).order_by().values("customer"))
    return [line for name in settings.HARBOUR_TRANSFER_TOTALS for line in import_string(name)(going, user)]


def _by_region(transfer: Transfer) -> list[tuple[str, int]]:
    going = transfer.rows.filter(outcome__in=_GOES).order_by()
    by_province = going.values_list(Left("customer__region__code", 2)).annotate(Count("pk"))
    found = sorted(by_province, key=lambda group: -group[1])[:12]
    names = _provinces(code for code, _count in found if code)
    return [(names[code].name if code else _("no region"), count) for code, count in found]


def _provinces(prefixes: Iterable[str]) -> dict[str, Region]:
    codes = [f"{prefix}0000" for prefix in prefixes]
    return {region.code[:2]: region for region in Region.objects.filter(code__in=codes)}


def _by_key(group: tuple[Any, int]) -> tuple[bool, Any]:
    return group[0] is None, group[0] or 0


@dataclass(frozen=True)
class ScopeSummary:
    """What was chosen, before anybody is named to receive it."""

    count: int
    by_owner: list[tuple[str, int]]
    by_status: list[tuple[str, int]]
    by_region: list[tuple[Region, int]]


def scope_summary(chosen: QuerySet[Customer]) -> ScopeSummary:
    """How many were chosen, of whom and in which state."""
    owners: Counter[int | None] = Counter()
    states: Counter[str] = Counter()
    for owner, status, count in chosen.order_by().values_list("owner", "status").annotate(Count("pk")):
        owners[owner] += count
        states[status] += count
    people = User.objects.in_bulk([key for key in owners if key])
    labels = dict(Customer.Status.choices)
    provinces = dict(chosen.order_by().values_list(Left("region__code", 2)).annotate(Count("pk")))
    regions = _provinces(code for code in provinces if code)
    return ScopeSummary(
        count=sum(states.values()),
        by_owner=[(str(people[key]) if key else _("nobody"), count) for key, count in owners.most_common(3)],
        by_status=[(str(labels[key]), states[key]) for key in labels if states[key]],
        by_region=sorted(((region, provinces[code]) for code, region in regions.items()), key=lambda pair: -pair[1]),
    )
