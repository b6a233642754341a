"""Reads over closed periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from crm.people.models import User


class PeriodCloseQuerySet(models.QuerySet["models.Model"]):
    """Closed periods belong to nobody: whoever closes them sees all."""

    def visible_to(self, user: User) -> Self:
        """Rows the person may see."""
        return self.within(user, "sales.close_period")

    def within(self, user: User, right: str) -> Self:
        """All rows for holders of the right."""
        return self.all() if user.reach.has(right) else self.none()
