"""Reads over tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.db.models import F, Q
from django.utils import timezone

from crm.access.rows import ReachQuerySet
from crm.operations.moments import midnight, on_days

if TYPE_CHECKING:
    from crm.people.models import User

OPEN = Q(done_at=None, cancelled_at=None)
DONE, CANCELLED = Q(done_at__isnull=False), Q(cancelled_at__isnull=False)


def due_between(first: date, last: date) -> Q:
    """Due on the days from `first` up to and with `last`."""
    return on_days("due_at", first, last)


def overdue_at(now: datetime) -> Q:
    """Open, and its time, or its day where it has no time, is over."""
    today = midnight(timezone.localdate(now))
    return OPEN & (Q(is_all_day=True, due_at__lt=today) | Q(is_all_day=False, due_at__lt=now))


class TaskQuerySet(ReachQuerySet):
    """Tasks: one's own, those one gave, and those of people for whom the scope of the right answers."""

    # where contact details would come from; the rows themselves are reached through the person who has to do them
    reach_path: ClassVar[str] = "customer__"

    def within(self, user: User, right: str) -> Self:
        """Tasks in the person's reach for a right."""
        reach = user.reach
        if not reach.has(right):
            return self.none()
        scope = reach.scopes[right]
        if scope == "all":
            return self.all()
        own = Q(owner=user) | Q(created_by=user)
        if scope == "own" or reach.department_id is None:
            return self.filter(own)
        ids = [reach.department_id] if scope == "department" else reach.below_ids
        return self.filter(own | Q(owner__department_id__in=ids))

    def open(self) -> Self:
        """Neither done nor cancelled."""
        return self.filter(OPEN)

    def owned_by(self, user: User) -> Self:
        """What one person has to do."""
        return self.filter(owner=user)

    def due_before(self, moment: datetime) -> Self:
        """Due before a moment."""
        return self.filter(due_at__lt=moment)

    def due_between(self, first: date, last: date) -> Self:
        """Due on the days from `first` up to and with `last`."""
        return self.filter(due_between(first, last))

    def overdue(self) -> Self:
        """Open ones whose time, or whose day where they have no time, is over."""
        return self.filter(overdue_at(timezone.now()))

    def in_order(self) -> Self:
        """By their time, undated ones last."""
        return self.order_by(F("due_at").asc(nulls_last=True), "id")
