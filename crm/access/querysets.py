"""Reads over roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from crm.people.models import User


class RoleQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> RoleQuerySet:
        """All, for those who may see roles."""
        return self.all() if user.reach.has("crm.view_role") else self.none()
