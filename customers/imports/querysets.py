"""Reads over imports: everybody sees their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from crm.people.models import User


class ImportSetQuerySet(models.QuerySet[Any]):
    """Imports of one person; a file may hold anything, so nobody else opens it."""

    def visible_to(self, user: User) -> ImportSetQuerySet:
        """The imports this person started."""
        return self.filter(requested_by=user)

    def within(self, user: User, right: str) -> ImportSetQuerySet:
        """The imports this person started, while they hold the right."""
        return self.visible_to(user) if user.reach.has(right) else self.none()
