"""What the workbench shows a person: what to do now, what came in, how the week goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q, Window
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.notifications.models import Notice
from crm.ui.charts import Chart, Series
from customers.activities.models import Activity
from customers.customers.models import Customer
from customers.pool.models import Pool

if TYPE_CHECKING:
    from crm.people.models import User

SHOWN = 8


@dataclass(frozen=True)
class Due:
    """A customer to follow up, and how many days late that is."""

    customer: Any
    days_late: int


class SalesDesk:
    """The workbench of somebody who sees customers; `mine` is what they own, the rest what they may see."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.today = timezone.localdate()
        self.monday = _midnight(self.today - timedelta(days=self.today.weekday()))
        self.owns = user.reach.has("customers.own_customer")
        self.seen = Customer.objects.visible_to(user).live()
        self.is_team = self.owns and user.reach.scopes.get("customers.view_customer") != "own"

    def _scope(self) -> Any:
        """Own customers for those who own some only; a director looks after those of the people below."""
        return self.seen if self.is_team or not self.owns else self.seen.owned_by(self.user)

    @cached_property
    def due(self) -> list[Due]:
        """What is due today or overdue, the latest days first."""
        rows = (
            self._scope()
            .due_by(self.today)
            .filter(owner__isnull=False)
            .select_related("owner", "stage")
            .order_by("-next_follow_on", "-id")
        )
        return [Due(row, (self.today - row.next_follow_on).days) for row in rows[: SHOWN * 2]]

    def late(self) -> list[Due]:
        """Overdue, the most recent first."""
        return [due for due in self.due if due.days_late][:SHOWN]

    def todays(self) -> list[Due]:
        """Due today."""
        return [due for due in self.due if not due.days_late][:SHOWN]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Follow-ups due and overdue, new customers, customers by status."""
        owned = Q(owner__isnull=False)
        counts: dict[str, int] = self._scope().aggregate(
            due=Count("pk", filter=owned & Q(next_follow_on=self.today)),
            late=Count("pk", filter=owned & Q(next_follow_on__lt=self.today)),
            new=Count("pk", filter=Q(created_at__gte=self.monday)),
            **{status: Count("pk", filter=Q(status=status)) for status in Customer.Status.values},
        )
        return counts

    def statuses(self) -> list[tuple[str, str, int]]:
        """Status, its label and how many customers have it; nobody's ones only where the person sees some."""
        return [
            (value, str(label), self.counts[value])
            for value, label in Customer.Status.choices
            if value != "pool" and (value != "potential" or self.counts[value])
        ]

    @cached_property
    def week(self) -> dict[date, int]:
        """Follow-ups by day since Monday of last week."""
        start = self.monday - timedelta(days=7)
        written = Activity.objects.visible_to(self.user).live().filter(happened_at__gte=start)
        if not self.is_team:
            written = written.by(self.user)
        rows = written.annotate(day=TruncDate("happened_at")).values("day").annotate(count=Count("pk")).order_by("day")
        return {row["day"]: row["count"] for row in rows}

    def week_chart(self) -> Chart:
        """Follow-ups of this week by day, with last week's as the target."""
        days = [self.today - timedelta(days=self.today.weekday()) + timedelta(days=at) for at in range(7)]
        now = [self.week.get(day, 0) for day in days]
        before = [self.week.get(day - timedelta(days=7), 0) for day in days]
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

    def week_count(self) -> int:
        """How many follow-ups were written since Monday."""
        return sum(count for day, count in self.week.items() if day >= timezone.localdate(self.monday))

    def arrivals(self) -> list[Any]:
        """Customers that became known lately."""
        return list(self._scope().outside_pools().select_related("owner", "source").order_by("-created_at", "-id")[:5])

    def changed(self) -> list[Any]:
        """Customers written to lately."""
        return list(self._scope().outside_pools().select_related("owner").order_by(
            F("last_followed_at").desc(nulls_last=True), "-id")[:5])  # fmt: skip

    def pooled(self) -> list[Any]:
        """What fell into the person's pools lately."""
        if not self.user.reach.has("customers.view_pool"):
            return []
        rows = self.seen.in_pools().filter(pool__in=list(Pool.objects.memberships(self.user.reach)))
        return list(rows.select_related("pool").order_by("-pooled_at", "-id")[:5])


def unread_notices(user: User) -> Sequence[Notice]:
    """The newest sentences a person has not read."""
    unread = Notice.objects.filter(recipient=user, read_at=None).annotate(total=Window(Count("pk")))
    found = list(unread[:5])
    user.remember_unread(found[0].total if found else 0)
    return found


def greeting(now: datetime) -> str:
    """Good morning, afternoon or evening."""
    hour = timezone.localtime(now).hour
    if 5 <= hour < 12:
        return _("Good morning")
    return _("Good afternoon") if 12 <= hour < 18 else _("Good evening")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
