"""Reads over notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from crm.people.models import User


class NoticeQuerySet(models.QuerySet[Any]):
    """Notices belong to their recipient alone."""

    def visible_to(self, user: User) -> NoticeQuerySet:
        """One's own."""
        return self.filter(recipient=user)

    def unread(self) -> NoticeQuerySet:
        """Not opened yet."""
        return self.filter(read_at=None)

    def read(self) -> NoticeQuerySet:
        """Opened."""
        return self.filter(read_at__isnull=False)
