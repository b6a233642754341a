"""Reads over jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from crm.people.models import User


class JobQuerySet(models.QuerySet[Any]):
    """Jobs belong to those who asked for them."""

    def asked_by(self, user: User) -> JobQuerySet:
        """One's own."""
        return self.filter(requested_by=user)

    def visible_to(self, user: User) -> JobQuerySet:
        """One's own; everybody's for those who look after the system (progress only, files stay with the requester)."""
        if not user.is_active:
            return self.none()
        return self.all() if user.reach.has("crm.view_system") else self.asked_by(user)


class OutboxQuerySet(models.QuerySet[Any]):
    """Work that must still happen."""

    def dead(self) -> OutboxQuerySet:
        """Tried as often as allowed, and failed."""
        return self.filter(dead_at__isnull=False)
