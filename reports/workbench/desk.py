"""What the workbench shows: what to do now, what falls back soon, who waits, how the week and the month go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Window
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.notifications.models import Notice
from crm.records.together import Rows, read_together
from crm.ui.charts import Chart, Series
from customers.customers.models import Customer
from customers.pool.due import before_run_of, falling, saved_rules, with_day
from customers.tasks.models import Task
from reports.workbench.reads import (
    FEW,
    SHOWN,
    approval_parts,
    bank_parts,
    customer_parts,
    notice_parts,
    put_up_parts,
    request_parts,
    result_parts,
    sales_parts,
    task_parts,
)
from reports.workbench.shown import (
    Colleague,
    Due,
    DueTask,
    Falling,
    OpenLine,
    Owed,
    PutUp,
    Talks,
    Unworked,
    WaitingTurn,
    Wish,
)

if TYPE_CHECKING:
    from crm.people.models import User

DAYS_AHEAD = 14
STATUS_FILLS = {"potential": "f6", "lead": "f2", "opportunity": "f1", "existing": "f-green"}


class Desk:
    """What everybody finds: unread notices and the own tasks."""

    def __init__(self, user: User) -> None:
        self.user, self.today = user, timezone.localdate()

    def parts(self) -> dict[str, Any]:
        """The reads of this desk."""
        return {
            **notice_parts(self.user),
            **approval_parts(self.user),
            **bank_parts(self.user),
            **task_parts(self.user, self.today),
        }

    @cached_property
    def read(self) -> Rows:
        """What all parts found. One query."""
        return read_together(self.parts())

    def notices(self) -> list[Notice]:
        """The newest sentences the person has not read."""
        rows = self.read["notices"]
        self.user.remember_unread(rows[0]["total"] if rows else 0)
        return [_notice(row) for row in rows]

    def approvals(self) -> list[WaitingTurn]:
        """Documents that wait for the person's decision, the soonest due first."""
        return [WaitingTurn.of({**row, "due_at": _moment(row["due_at"])}) for row in self.read["approvals"]]

    def bank_lines(self) -> list[OpenLine]:
        """Credits of the bank nobody dealt with, the oldest first; none for those who keep no statements."""
        return [OpenLine.of(row) for row in self.read["bank_lines"]]

    @cached_property
    def task_counts(self) -> dict[str, int]:
        """Open tasks of one's own due by today, and those of them that are late."""
        rows = self.read["task_counts"]
        return rows[0] if rows else {"total": 0, "late": 0}

    def late_tasks(self) -> list[DueTask]:
        """Late ones, the oldest first."""
        return self._tasks("tasks_late")

    def todays_tasks(self) -> list[DueTask]:
        """Those of today."""
        return self._tasks("tasks_today")

    def _tasks(self, part: str) -> list[DueTask]:
        found = []
        for row in self.read[part]:
            values = {**row, "due_at": _moment(row["due_at"]), "owner": self.user}
            name = values.pop("seen_customer")
            found.append(DueTask(Task(**values), name))
        return found


class SalesDesk(Desk):
    """The workbench of somebody who owns customers: of one's own, or with `is_team` of the people below."""

    def __init__(self, user: User, *, wants_own: bool = False) -> None:
        super().__init__(user)
        self.monday = self.today - timedelta(days=self.today.weekday())
        self.yesterday = self.today - timedelta(days=1)
        self.has_team = user.reach.scopes.get("customers.view_customer") != "own"
        self.is_team = self.has_team and not wants_own
        seen = Customer.objects.visible_to(user).live()
        self.scope = seen if self.is_team else seen.owned_by(user)

    def parts(self) -> dict[str, Any]:
        """The reads of this desk."""
        return {
            **super().parts(),
            **customer_parts(self.scope, self.today),
            **request_parts(self.user),
            **put_up_parts(self.user),
            **sales_parts(self.user, self.today, is_team=self.is_team),
            **result_parts(self.user, self.today, is_team=self.is_team),
        }

    # ── to do ──

    def late(self) -> list[Due]:
        """Customers whose follow-up is overdue, the most recent first."""
        return [self._due(row) for row in self.read["late"]]

    def todays(self) -> list[Due]:
        """Customers to follow up today."""
        return [self._due(row) for row in self.read["today"]]

    @cached_property
    def counts(self) -> Counter[str]:
        """Follow-ups due and late, unworked leads, customers by status."""
        counts: Counter[str] = Counter()
        for row in self.read["owners"]:
            counts.update({name: value for name, value in row.items() if not name.startswith("owner")})
        return counts

    def is_new(self) -> bool:
        """Whether there is no customer and no task yet."""
        return not any(self.counts.values()) and not self.task_counts["total"]

    @cached_property
    def falling(self) -> list[Falling]:
        """Customers that go back to a pool within two weeks, the next ones first; at most five queries."""
        if not self.user.reach.has("customers.protect_customer"):
            return []
        rules, now = {one.pool_id: one for one in saved_rules()}, timezone.now()
        soon = before_run_of(self.today + timedelta(days=DAYS_AHEAD))
        rows = with_day(falling(rules.values(), self.scope).filter(due_at__lte=soon), now)
        counted = rows.annotate(total=Window(Count("pk"))).order_by("due_on", "pk")[:FEW]
        return [
            Falling(row, (row.due_on - self.today).days, rules[row.due_pool].sentence(row.due_rule, row.level_id))
            for row in counted
        ]

    def falling_count(self) -> int:
        """How many go back within two weeks."""
        return self.falling[0].customer.total if self.falling else 0

    def unworked(self) -> list[Unworked]:
        """Leads without a follow-up, those waiting longest first."""
        return [
            Unworked(
                Customer(pk=row["pk"], name=row["name"], received_at=_moment(row["received_at"])), row["owner__name"]
            )
            for row in self.read["unworked"]
        ]

    def wishes(self) -> list[Wish]:
        """Requests for more time and for access that wait for an answer, the oldest first."""
        found = [
            Wish(kind, row["pk"], row["customer__name"], row["asked_by__name"], datetime.fromisoformat(row["asked_at"]))
            for kind in ("extension", "access")
            for row in self.read[kind]
        ]
        return sorted(found, key=lambda wish: wish.asked_at)[:FEW]

    def put_up(self) -> list[PutUp]:
        """What the person put up for approval and is not through, what came back first."""
        return [PutUp.of({**row, "submitted_at": _moment(row["submitted_at"])}) for row in self.read["put_up"]]

    # ── sales ──

    @cached_property
    def talks(self) -> list[Talks]:
        """Open opportunities by stage, in the order of the stages."""
        return [Talks.of(row) for row in self.read["talks"]]

    def talks_count(self) -> int:
        """How many opportunities are open."""
        return sum(one.count for one in self.talks)

    def talks_amount(self) -> Decimal:
        """What they come to together."""
        return sum((one.amount for one in self.talks), Decimal(0))

    def talks_bar(self) -> list[tuple[Decimal, str]]:
        """The segments of the bar over the stages, by amount."""
        return [(one.amount, one.fill) for one in self.talks]

    def owed(self) -> Owed | None:
        """What customers still have to pay; None for those who see no payments."""
        if not self.user.reach.has("sales.view_payment"):
            return None
        return Owed.of(next(iter(self.read["owed"]), {}))

    # ── results ──

    def statuses(self) -> list[tuple[str, str, int, str]]:
        """Status, its label, how many customers have it and the fill of its bar; nobody's ones only where there are."""
        return [
            (value, str(label), self.counts[value], STATUS_FILLS[value])
            for value, label in Customer.Status.choices
            if value in STATUS_FILLS and (value != "potential" or self.counts[value])
        ]

    def status_bar(self) -> list[tuple[float, str]]:
        """The segments of the bar over the statuses."""
        return [(count, fill) for _value, _label, count, fill in self.statuses()]

    def month_count(self) -> int:
        """New customers of this month so far, as the report on new business counts them."""
        return _total(self.read["month"])

    def month_change(self) -> int:
        """How many more that is than by the same day of the month before."""
        return self.month_count() - _total(self.read["month_before"])

    def week_count(self) -> int:
        """How many follow-ups were written since Monday."""
        return sum(count for day, count in self._week.items() if day >= self.monday)

    def week_chart(self) -> Chart:
        """Follow-ups of this week by day, with last week's as the target."""
        days = [self.monday + timedelta(days=at) for at in range(7)]
        now = [self._week[day] for day in days]
        before = [self._week[day - timedelta(days=7)] for day in days]
        names = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
        finding = ngettext(
            "%(now)s follow-up this week; %(before)s by this day last week.",
            "%(now)s follow-ups this week; %(before)s by this day last week.",
            sum(now),
        ) % {"now": sum(now), "before": sum(before[: self.today.weekday() + 1])}
        return Chart(
            "columns", _("Follow-ups this week"), "", names, [Series(_("this week"), now)],
            target=before, target_label=_("last week"), finding=finding, height=180,
        )  # fmt: skip

    def team(self) -> list[Colleague]:
        """The people who own customers in reach, whoever has most to catch up first."""
        written: Counter[int] = Counter()
        for row in self.read["written"]:
            if date.fromisoformat(row["day"]) >= self.monday:
                written[row["author_id"]] += row["count"]
        late = {row["owner_id"]: row["count"] for row in self.read["late_tasks"]}
        rows = [row for row in self.read["owners"] if row["owner_id"]]
        people = [
            Colleague(row["owner_id"], row["owner__name"], row, written[row["owner_id"]], late.get(row["owner_id"], 0))
            for row in rows
        ]
        return sorted(people, key=lambda one: (-one.counts["late"], one.name))[: 2 * SHOWN]

    @cached_property
    def _week(self) -> Counter[date]:
        days: Counter[date] = Counter()
        for row in self.read["written"]:
            days[date.fromisoformat(row["day"])] += row["count"]
        return days

    def _due(self, row: dict[str, Any]) -> Due:
        on = date.fromisoformat(row["next_follow_on"])
        customer = Customer(
            pk=row["pk"], name=row["name"], status=row["status"], last_followed_at=_moment(row["last_followed_at"])
        )
        return Due(customer, row["stage__name"] or "", row["owner__name"], (self.today - on).days)


class OfficeDesk(Desk):
    """The workbench of somebody who sees customers without owning any."""

    def __init__(self, user: User) -> None:
        super().__init__(user)
        self.scope = Customer.objects.visible_to(user).live().outside_pools().select_related("owner", "source")

    def arrivals(self) -> list[Any]:
        """Customers that became known lately."""
        return list(self.scope.order_by("-created_at", "-id")[:FEW])

    def changed(self) -> list[Any]:
        """Customers written to lately."""
        return list(self.scope.order_by(F("last_followed_at").desc(nulls_last=True), "-id")[:FEW])


def greeting(now: datetime) -> str:
    """Good morning, afternoon or evening."""
    hour = timezone.localtime(now).hour
    if 5 <= hour < 12:
        return _("Good morning")
    return _("Good afternoon") if 12 <= hour < 18 else _("Good evening")


def _notice(row: dict[str, Any]) -> Notice:
    notice = Notice(
        pk=row["pk"], text=row["text"], url=row["url"], created_at=datetime.fromisoformat(row["created_at"])
    )
    notice.is_seen = row["is_seen"]
    return notice


def _total(rows: Iterable[dict[str, Any]]) -> int:
    return sum(row["count"] for row in rows)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
