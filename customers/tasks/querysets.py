"""Reads over tasks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from crm.people.models import User


class TaskQuerySet(models.QuerySet):
    """Tasks: one's own, and those of people for whom the scope of the right answers."""

    def visible_to(self, user: User) -> TaskQuerySet:
        """Tasks the person may see: the own ones, those they gave, and by scope those of their department's people."""
        return self.within(user, "customers.view_task")

    def editable_by(self, user: User) -> TaskQuerySet:
        """Tasks the person may change."""
        return self.within(user, "customers.change_task")

    def within(self, user: User, right: str) -> TaskQuerySet:
        """Tasks in the person's reach for a right."""
        reach = user.reach
        if not reach.has(right):
            return self.none()
        own = models.Q(owner=user) | models.Q(created_by=user)
        scope = reach.scopes[right]
        if scope == "all":
            return self.all()
        if scope == "own" or reach.department_id is None:
            return self.filter(own)
        ids = [reach.department_id] if scope == "department" else reach.below_ids
        return self.filter(own | models.Q(owner__department_id__in=ids))

    def open(self) -> TaskQuerySet:
        """Neither done nor cancelled."""
        return self.filter(done_at=None, cancelled_at=None)

    def due_before(self, moment: datetime) -> TaskQuerySet:
        """Due before a moment."""
        return self.filter(due_at__lt=moment)
