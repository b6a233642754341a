"""When a customer goes back to the pool, and by which rule: one expression that the nightly run, the warnings, the
calendar and the simulator share.

The clock of the follow-up rule runs from the last valid follow-up by the owner, or from receipt where that was later;
edits, reads, imports and transfers move neither. An extension and a protection put the moment off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    DateField,
    DateTimeField,
    Expression,
    F,
    Field,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from crm.people.models import Department
from customers.customers.holds import held
from customers.customers.models import Customer
from customers.pool.models import Combination, Pool, PoolLevelRule

RUN_HOUR = 1  # the nightly run of settings.HARBOUR_SCHEDULES
UNSAVED = 2**31 - 1  # stands for a pool without an id: behind all others of its department
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
FOLLOW_UP, OPPORTUNITY, WON, ALL = "follow_up", "opportunity", "won", "all"
RULE_LABELS: dict[str, str | Promise] = {
    FOLLOW_UP: _("no follow-up"),
    OPPORTUNITY: _("no opportunity"),
    WON: _("not won"),
    ALL: _("all rules together"),
}
_SENTENCES: dict[str, Any] = {
    FOLLOW_UP: ngettext_lazy("no follow-up for %(days)s day", "no follow-up for %(days)s days", "days"),
    OPPORTUNITY: ngettext_lazy(
        "no opportunity %(days)s day after receipt", "no opportunity %(days)s days after receipt", "days"
    ),
    WON: ngettext_lazy("not won %(days)s day after receipt", "not won %(days)s days after receipt", "days"),
}


@dataclass(frozen=True)
class RecycleRules:
    """The rules of a pool for the departments it is the nearest pool of, as saved or as somebody tries them out.

    Days are None where a rule is off; `by_level` holds the days of single levels, None for never.
    """

    pool_id: int
    department_ids: list[int]
    follow_up: int | None
    opportunity: int | None
    won: int | None
    takes_all: bool
    spares_existing: bool
    spares_opportunities: bool
    by_level: Mapping[int, int | None] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether no rule is on, so that nobody ever falls due."""
        return (self.follow_up, self.opportunity, self.won) == (None, None, None) and not any(
            days is not None for days in self.by_level.values()
        )

    def days_of(self, rule: str, level_id: int | None) -> int | None:
        """The days of one rule for a level; None for the combination of all."""
        if rule == FOLLOW_UP:
            return self.by_level.get(level_id, self.follow_up) if level_id else self.follow_up
        return {OPPORTUNITY: self.opportunity, WON: self.won}.get(rule)

    def sentence(self, rule: str, level_id: int | None) -> str:
        """The rule in words, with its days."""
        days = self.days_of(rule, level_id)
        return str(RULE_LABELS[rule]) if days is None else str(_SENTENCES[rule] % {"days": days})


def rules_of(pool: Pool, department_ids: list[int], by_level: Mapping[int, int | None]) -> RecycleRules:
    """The rules a pool (saved or not) states."""
    return RecycleRules(
        pool_id=pool.pk or UNSAVED,
        department_ids=department_ids,
        follow_up=pool.no_follow_up_days,
        opportunity=pool.no_opportunity_days,
        won=pool.not_won_days,
        takes_all=pool.combines == Combination.ALL,
        spares_existing=pool.spares_existing,
        spares_opportunities=pool.spares_opportunities,
        by_level=by_level,
    )


def departments_by_pool(tried: Pool | None = None) -> dict[int, list[int]]:
    """The departments each pool is the nearest of: on the path or above, by position where there are several; with a
    pool that somebody tries out as it would be.
    """
    nearest: dict[int, int] = {}
    places = [tuple(row) for row in Pool.objects.values_list("position", "pk", "department_id")]
    if tried is not None:
        places = [place for place in places if place[1] != tried.pk]
        places.append((tried.position, tried.pk or UNSAVED, tried.department_id))
    for _position, pk, department_id in sorted(places):
        nearest.setdefault(department_id, pk)
    served: dict[int, list[int]] = {}
    for pk, path in Department.objects.values_list("pk", "path"):
        pool = next((nearest[place] for place in reversed(path) if place in nearest), None)
        if pool is not None:
            served.setdefault(pool, []).append(pk)
    return served


def saved_rules(*, only_running: bool = True, pool_id: int | None = None) -> list[RecycleRules]:
    """The rules of all pools that take customers back (of every pool where not only the running are asked for)."""
    pools: QuerySet[Pool] = Pool.objects.order_by("pk")
    if only_running:
        pools = pools.filter(recycles=True)
    if pool_id is not None:
        pools = pools.filter(pk=pool_id)
    found = list(pools)
    if not found:
        return []
    served, levels = departments_by_pool(), _by_level(found)
    return [rules_of(pool, served.get(pool.pk, []), levels.get(pool.pk, {})) for pool in found]


def _by_level(pools: Iterable[Pool]) -> dict[int, dict[int, int | None]]:
    found: dict[int, dict[int, int | None]] = {}
    rows = PoolLevelRule.objects.filter(pool__in=list(pools))
    for pool, level, days in rows.values_list("pool_id", "level_id", "no_follow_up_days"):
        found.setdefault(pool, {})[level] = days
    return found


# ── which customers, when ──


def owned_under(rules: RecycleRules, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """The owned, live customers of the departments of a rule."""
    found = Customer.objects.all() if rows is None else rows
    return found.filter(department__in=rules.department_ids, owner__isnull=False, archived_at=None)


def falling(all_rules: Iterable[RecycleRules], rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """The customers some rule will take, with `due_at`, `due_pool` and `due_rule`; what is held or spared is not there.

    A rule that is off counts as absent; one that can no longer come true is never.
    """
    active = [rules for rules in all_rules if rules.department_ids and not rules.is_empty]
    found = Customer.objects.all() if rows is None else rows
    if not active:
        return found.none().annotate(
            due_pool=Value(0), due_at=Value(None, DateTimeField()), due_rule=Value("", CharField())
        )
    found = found.filter(reduce(or_, map(_covered, active)), owner__isnull=False, archived_at=None)
    found = found.annotate(
        due_pool=_by_pool([(rules, Value(rules.pool_id)) for rules in active], IntegerField()),
        follow_up_at=_by_pool([(rules, _moment(rules, FOLLOW_UP)) for rules in active]),
        opportunity_at=_by_pool([(rules, _moment(rules, OPPORTUNITY)) for rules in active]),
        won_at=_by_pool([(rules, _moment(rules, WON)) for rules in active]),
    )
    moments = ("follow_up_at", "opportunity_at", "won_at")
    together = [(rules, Greatest(*moments) if rules.takes_all else Least(*moments)) for rules in active]
    taking_all = [rules.pool_id for rules in active if rules.takes_all]
    found = found.annotate(rule_at=_by_pool(together)).filter(rule_at__lt=NEVER).exclude(held())
    return found.annotate(
        due_at=Greatest("rule_at", _midnight("recycle_not_before", 0), _midnight("protected_until", 1)),
        due_rule=Case(
            When(due_pool__in=taking_all, then=Value(ALL)),
            When(rule_at=F("follow_up_at"), then=Value(FOLLOW_UP)),
            When(rule_at=F("opportunity_at"), then=Value(OPPORTUNITY)),
            default=Value(WON), output_field=CharField(),
        ),
    )  # fmt: skip


def with_day(rows: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """What is falling due, with `due_on`: the company day of the nightly run that takes it, the next one at the
    earliest.
    """
    zone = settings.TIME_ZONE
    run = f"((%(expressions)s AT TIME ZONE '{zone}') - interval '{RUN_HOUR} hours 1 microsecond')::date + 1"
    due_on = Func(F("due_at"), template=run, output_field=DateField())
    return rows.annotate(due_on=Greatest(due_on, Value(next_run_day(now), DateField())))


def next_run_day(now: datetime) -> date:
    """The company day of the next nightly run."""
    return (timezone.localtime(now) - timedelta(hours=RUN_HOUR)).date() + timedelta(days=1)


def before_run_of(day: date) -> datetime:
    """The moment of the nightly run of a day: due by then means taken by it or by an earlier one."""
    return timezone.make_aware(datetime.combine(day, time(RUN_HOUR)))


def _covered(rules: RecycleRules) -> Q:
    covered = Q(department__in=rules.department_ids)
    spared = [Customer.Status.EXISTING] if rules.spares_existing else []
    spared += [Customer.Status.OPPORTUNITY] if rules.spares_opportunities else []
    return covered & ~Q(status__in=spared) if spared else covered


def _by_pool(cases: list[tuple[RecycleRules, Any]], output: Field[Any, Any] | None = None) -> Any:
    if len(cases) == 1:
        return cases[0][1]
    whens = [When(department__in=rules.department_ids, then=expression) for rules, expression in cases]
    return Case(*whens, output_field=output or DateTimeField())


def _moment(rules: RecycleRules, name: str) -> Expression:
    received = Coalesce("received_at", "created_at")
    if name == FOLLOW_UP:
        followed = Greatest(received, "last_followed_at")
        whens = [When(level=level, then=_after(followed, days)) for level, days in rules.by_level.items()]
        usual = Value(None, DateTimeField()) if rules.follow_up is None else _after(followed, rules.follow_up)
        return Case(*whens, default=usual, output_field=DateTimeField())
    days = rules.opportunity if name == OPPORTUNITY else rules.won
    if days is None:
        return Value(None, DateTimeField())
    statuses = [Customer.Status.LEAD] if name == OPPORTUNITY else [Customer.Status.LEAD, Customer.Status.OPPORTUNITY]
    return Case(
        When(status__in=statuses, then=_after(received, days)),
        default=Value(NEVER, DateTimeField()), output_field=DateTimeField(),
    )  # fmt: skip


def _after(moment: Any, days: int | None) -> Any:
    return Value(NEVER, DateTimeField()) if days is None else moment + timedelta(days=days)


def _midnight(column: str, days: int) -> Func:
    zone = settings.TIME_ZONE
    return Func(F(column), template=f"((%(expressions)s + {days})::timestamp AT TIME ZONE '{zone}')",
                output_field=DateTimeField())  # fmt: skip
