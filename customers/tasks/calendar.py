"""What a person's calendar shows: tasks, planned follow-ups, visits that took place, holidays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from crm.operations.moments import midnight
from customers.activities.models import Activity
from customers.base_data.models import Holiday
from customers.customers.models import Customer
from customers.tasks.models import Task
from customers.tasks.querysets import TaskQuerySet
from customers.tasks.seen import with_seen_customer

if TYPE_CHECKING:
    from crm.people.models import User

SHOWN_AT_MOST = 500
_MET = (Activity.Kind.VISIT, Activity.Kind.MEETING)
_SATURDAY = 5


@dataclass(frozen=True)
class Entry:
    """One line of a calendar: `at` is a moment, or None for the whole day; `row` is what it is about."""

    kind: str
    day: date
    at: datetime | None
    title: str
    customer_name: str
    url: str
    row: Any
    is_over: bool = False

    @property
    def order(self) -> tuple[bool, datetime, str, int]:
        """Entries of the whole day first, then by time."""
        return (self.at is not None, self.at or midnight(self.day), self.kind, self.row.pk)


@dataclass
class Day:
    """A day with its entries; `name` is that of a holiday or make-up day."""

    day: date
    is_today: bool
    is_working: bool
    name: str = ""
    entries: list[Entry] = field(default_factory=list)


def days_of(person: User, viewer: User, first: date, count: int = 7) -> list[Day]:
    """The days of a person's calendar as somebody may see them. Four queries, whatever is on them."""
    last = first + timedelta(days=count - 1)
    special = {row.day: row for row in Holiday.objects.filter(day__range=(first, last))}
    today = timezone.localdate()
    days = {}
    for day in (first + timedelta(days=at) for at in range(count)):
        found = special.get(day)
        is_working = found.is_working if found else day.weekday() < _SATURDAY
        days[day] = Day(day, day == today, is_working, found.name if found else "")
    for entry in sorted(entries_of(person, viewer, first, last), key=lambda entry: entry.order):
        days[entry.day].entries.append(entry)
    return list(days.values())


def entries_of(person: User, viewer: User, first: date, last: date) -> list[Entry]:
    """Tasks, planned follow-ups and visits of a person from a day to another, as far as the viewer may see them."""
    tasks = Task.objects.visible_to(viewer).owned_by(person).filter(cancelled_at=None)
    return [*_tasks(tasks, viewer, first, last), *_follow_ups(person, viewer, first, last),
            *_visits(person, viewer, first, last)]  # fmt: skip


def plans_of(user: User, first: date, last: date) -> list[Entry]:
    """What is still to be done: open tasks and planned follow-ups of one's own."""
    tasks = Task.objects.visible_to(user).owned_by(user).open()
    return [*_tasks(tasks, user, first, last), *_follow_ups(user, user, first, last)]


def _tasks(found: TaskQuerySet, viewer: User, first: date, last: date) -> list[Entry]:
    rows = with_seen_customer(found.due_between(first, last).in_order(), viewer)[:SHOWN_AT_MOST]
    return [
        Entry(
            "task", timezone.localdate(row.due_at), None if row.is_all_day else timezone.localtime(row.due_at),
            row.title, row.seen_customer, row.get_absolute_url(), row, not row.is_open,
        )
        for row in rows
    ]  # fmt: skip


def _follow_ups(person: User, viewer: User, first: date, last: date) -> list[Entry]:
    seen = Customer.objects.visible_to(viewer).live().owned_by(person)
    rows = seen.filter(next_follow_on__range=(first, last)).order_by("next_follow_on", "pk")
    return [
        Entry("follow_up", row.next_follow_on, None, "", row.name, row.get_absolute_url(), row)
        for row in rows.only("name", "next_follow_on", "changed_at")[:SHOWN_AT_MOST]
    ]


def _visits(person: User, viewer: User, first: date, last: date) -> list[Entry]:
    rows = (
        Activity.objects.visible_to(viewer).live().by(person)
        .filter(kind__in=_MET, happened_at__gte=midnight(first), happened_at__lt=midnight(last + timedelta(days=1)))
        .select_related("customer").order_by("happened_at", "pk")
    )  # fmt: skip
    return [
        Entry(
            row.kind, timezone.localdate(row.happened_at), timezone.localtime(row.happened_at),
            " ".join(row.content.split())[:80], row.customer.name, row.get_absolute_url(), row, True,
        )
        for row in rows[:SHOWN_AT_MOST]
    ]  # fmt: skip
