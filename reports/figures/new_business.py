"""F1 业务新增: customers that came in during a period, where from, to whom, and what became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import BigIntegerField, Case, Count, F, TextChoices, Value, When
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from crm.people.models import Department, User
from crm.ui.charts import Chart, Series
from customers.base_data.models import LeadSource
from customers.customers.models import Customer
from customers.pool.hiding import hidden_where
from reports.figures.documents import Document, Entry, KeyFigure, Linked, TableBlock
from reports.figures.periods import Grain, Period, Step

if TYPE_CHECKING:
    from customers.customers.querysets import CustomerQuerySet

BARS_AT_MOST = 12
HIDDEN = -1  # the group of customers whose pool hides what is grouped by
STATUSES = [
    Customer.Status.EXISTING,
    Customer.Status.OPPORTUNITY,
    Customer.Status.LEAD,
    Customer.Status.POTENTIAL,
    Customer.Status.POOL,
]


class Grouping(TextChoices):
    """What the second table groups by; the value is the field and the parameter of the customer list."""

    SOURCE = "source", gettext_lazy("Source")
    DEPARTMENT = "department", gettext_lazy("Department")
    OWNER = "owner", gettext_lazy("Owner")


class Wish(NamedTuple):
    """What somebody asked for."""

    period: Period
    grain: Grain
    grouping: Grouping


def new_customers(user: User, period: Period) -> CustomerQuerySet:
    """Customers in a person's reach that were created in the period (company zone) and are not in the recycle bin."""
    begin, end = period.bounds()
    found: CustomerQuerySet = Customer.objects.visible_to(user).live().filter(created_at__gte=begin, created_at__lt=end)
    return found


def list_url(period: Period, **filters: Any) -> str:
    """The customer list that holds exactly the customers of a figure."""
    params = {"created_from": period.first.isoformat(), "created_until": period.last.isoformat(), **filters}
    return f"{reverse('customers:customer_list')}?{urlencode(params)}"


@dataclass(frozen=True)
class Counts:
    """New customers of a period, counted by day, by group and by the status they have now."""

    by_day: Counter[tuple[date, str]]
    by_group: Counter[tuple[int | None, str]]
    by_status: Counter[str]

    @property
    def total(self) -> int:
        """All of them."""
        return self.by_status.total()


def count_new_customers(user: User, period: Period, grouping: Grouping) -> Counts:
    """The counts of a period in two queries."""
    customers = new_customers(user, period).order_by()
    day = TruncDate("created_at", tzinfo=timezone.get_default_timezone())
    days = customers.annotate(day=day).values_list("day", "status").annotate(n=Count("pk"))
    groups = customers.annotate(group=_group_of(user, grouping)).values_list("group", "status").annotate(n=Count("pk"))
    by_day: Counter[tuple[date, str]] = Counter({(on, status): n for on, status, n in days})
    by_status: Counter[str] = Counter()
    for (_on, status), n in by_day.items():
        by_status[status] += n
    return Counts(by_day, Counter({(group, status): n for group, status, n in groups}), by_status)


def _group_of(user: User, grouping: Grouping) -> Case | F:
    """The column to group by; customers whose pool hides it from the person stand in a group of their own."""
    column = F(f"{grouping.value}_id")
    hidden = hidden_where(user).get(grouping.value)
    return (
        column
        if hidden is None
        else Case(When(hidden, then=Value(HIDDEN)), default=column, output_field=BigIntegerField())
    )


def new_business(user: User, wish: Wish) -> Document:
    """The report as one person may see it now."""
    period = wish.period
    now = count_new_customers(user, period, wish.grouping)
    before = count_new_customers(user, period.previous(), wish.grouping)
    steps = period.steps(wish.grain)
    per_step = [_step_counts(now, step) for step in steps]
    names = _group_names(wish.grouping, {group for group, _status in now.by_group})
    return Document(
        title=_("New business"),
        filters=[
            (_("Period"), f"{period} ({period.length()})"),
            (_("Compared with"), str(period.previous())),
            (_("Time steps"), str(wish.grain.label)),
            (_("Grouped by"), str(wish.grouping.label)),
        ],
        figures=_figures(period, now, before),
        charts=[_course(steps, per_step), _shares(wish.grouping, now, names)],
        tables=[_step_table(steps, per_step), _group_table(wish, now, before, names)],
        definitions=_definitions(),
        made_at=timezone.now(),
        made_for=str(user),
        row_count=now.total,
    )


def _figures(period: Period, now: Counts, before: Counts) -> list[KeyFigure]:
    figures = [
        KeyFigure(
            _("New customers"),
            now.total,
            _("Customers created in the period that you may see, whatever they are now."),
            list_url(period),
            before.total,
        )
    ]
    meanings = {
        Customer.Status.LEAD: _("New customers who have an owner and are a lead now."),
        Customer.Status.OPPORTUNITY: _("New customers with whom we negotiate now."),
        Customer.Status.EXISTING: _("New customers who have bought by now."),
        Customer.Status.POTENTIAL: _("New customers nobody has taken on yet."),
        Customer.Status.POOL: _("New customers who have been put into a public pool."),
    }
    for status, meaning in meanings.items():
        figures.append(
            KeyFigure(
                _("Now: %(status)s") % {"status": status.label},
                now.by_status[status],
                meaning,
                list_url(period, status=status.value),
                before.by_status[status],
                _share(now.by_status[status], now.total),
            )
        )
    return figures


def _definitions() -> list[str]:
    return [
        _("Counted: customers in your reach, by the day they were created (Asia/Shanghai), recycle bin left out."),
        _("Status is the status today, not the status on the day of creation."),
        _(
            "Compared: the same days of the week, month, quarter or year before; "
            "for own dates as many days just before. Both are counted with the status of today."
        ),
        _("Department and owner are those of today. No amounts, hence no currency."),
    ]


def _step_counts(counts: Counts, step: Step) -> Counter[str]:
    found: Counter[str] = Counter()
    for (on, status), n in counts.by_day.items():
        if step.first <= on <= step.last:
            found[status] += n
    return found


def _course(steps: list[Step], per_step: list[Counter[str]]) -> Chart:
    totals = [counts.total() for counts in per_step]
    finding = ""
    if any(totals):
        best = totals.index(max(totals))
        finding = _("Most came in %(step)s: %(count)d.") % {"step": steps[best].name, "count": totals[best]}
    return Chart(
        kind="columns",
        title=_("New customers over time, by status today"),
        unit=pgettext("unit", "customers"),
        categories=[step.label for step in steps],
        series=[Series(str(status.label), [counts[status] for counts in per_step]) for status in STATUSES],
        finding=finding,
        height=260,
    )


def _shares(grouping: Grouping, now: Counts, names: dict[int | None, str]) -> Chart:
    sizes = _group_sizes(now)
    largest = sizes.most_common(BARS_AT_MOST)
    labels, values = [names[group] for group, _n in largest], [n for _group, n in largest]
    rest = sizes.total() - sum(values)
    if rest:
        labels.append(_("All others"))
        values.append(rest)
    finding = ""
    if values:
        finding = _("%(name)s leads with %(share)s%% of all new customers.") % {
            "name": labels[0],
            "share": _share(values[0], sizes.total()),
        }
    return Chart(
        kind="hbar",
        title=_("New customers by %(group)s") % {"group": grouping.label},
        unit=pgettext("unit", "customers"),
        categories=labels,
        series=[Series(_("New customers"), values)],
        finding=finding,
    )


def _step_table(steps: list[Step], per_step: list[Counter[str]]) -> TableBlock:
    rows = [
        [step.name, *_status_row(Period(step.first, step.last), counts, {})]
        for step, counts in zip(steps, per_step, strict=True)
    ]
    total = sum(per_step, Counter())
    whole = Period(steps[0].first, steps[-1].last)
    return TableBlock(
        _("New customers over time"),
        [_("Days"), _("New customers"), *(str(status.label) for status in STATUSES)],
        rows,
        [_("Total"), *_status_row(whole, total, {})],
    )


def _group_table(wish: Wish, now: Counts, before: Counts, names: dict[int | None, str]) -> TableBlock:
    sizes, earlier = _group_sizes(now), _group_sizes(before)
    rows: list[list[Entry]] = []
    for group, size in sizes.most_common():
        counts = Counter({status: n for (one, status), n in now.by_group.items() if one == group})
        rows.append(
            [
                names[group],
                *_group_row(wish, counts, group),
                _share(size, sizes.total()),
                earlier[group],
                size - earlier[group],
            ]
        )
    total = [_("Total"), *_status_row(wish.period, now.by_status, {}), _share(now.total, now.total)]
    return TableBlock(
        _("New customers by %(group)s") % {"group": wish.grouping.label},
        [
            str(wish.grouping.label),
            _("New customers"),
            *(str(status.label) for status in STATUSES),
            _("Share (%)"),
            _("Period before"),
            pgettext("difference", "Change"),
        ],
        rows,
        [*total, before.total, now.total - before.total],
    )


def _group_row(wish: Wish, counts: Counter[str], group: int | None) -> list[Entry]:
    """The counts of a group; no list holds the customers of the hidden one, because nobody may filter by it."""
    if group == HIDDEN:
        return [counts.total(), *(counts[status] for status in STATUSES)]
    return _status_row(wish.period, counts, {wish.grouping.value: group if group is not None else "none"})


def _status_row(period: Period, counts: Counter[str], filters: dict[str, Any]) -> list[Entry]:
    row: list[Entry] = [Linked(counts.total(), list_url(period, **filters))]
    for status in STATUSES:
        row.append(Linked(counts[status], list_url(period, status=status.value, **filters)))
    return row


def _group_sizes(counts: Counts) -> Counter[int | None]:
    sizes: Counter[int | None] = Counter()
    for (group, _status), n in counts.by_group.items():
        sizes[group] += n
    return sizes


def _group_names(grouping: Grouping, ids: set[int | None]) -> dict[int | None, str]:
    model: Any = {Grouping.SOURCE: LeadSource, Grouping.DEPARTMENT: Department, Grouping.OWNER: User}[grouping]
    nobody = _("No owner") if grouping == Grouping.OWNER else _("Not filled in")
    wanted = [one for one in ids if one is not None]
    return {
        None: nobody,
        HIDDEN: _("Hidden in the pool"),
        **{row.pk: str(row) for row in model.objects.filter(pk__in=wanted)},
    }


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1")) if whole else None
