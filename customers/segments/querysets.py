"""Reads over segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from crm.people.models import User


class SegmentQuerySet(models.QuerySet):
    """Segments: one's own and those shared with everyone."""

    def visible_to(self, user: User) -> SegmentQuerySet:
        """Segments a person may open."""
        if not user.reach.has("customers.view_segment"):
            return self.none()
        return self.filter(Q(owner=user) | Q(is_shared=True))

    def editable_by(self, user: User) -> SegmentQuerySet:
        """Segments a person may change: the own ones."""
        return self.filter(owner=user) if user.reach.has("customers.change_segment") else self.none()

    def within(self, user: User, right: str) -> SegmentQuerySet:
        """The own ones for changing, else those the person may open."""
        return self.editable_by(user) if right == "customers.change_segment" else self.visible_to(user)
