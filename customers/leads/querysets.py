"""Reads over the rules that hand out customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from crm.people.models import User

KEEP_RIGHT = "customers.manage_allotment"


class AllotmentQuerySet(models.QuerySet[Any]):
    """Rules belong to the company: who keeps them keeps all of them."""

    def visible_to(self, user: User) -> AllotmentQuerySet:
        """All, for those who keep them."""
        return self.within(user, KEEP_RIGHT)

    def within(self, user: User, right: str) -> AllotmentQuerySet:
        """All, for those who hold the right."""
        return self.all() if user.reach.has(right) else self.none()

    def for_new_leads(self) -> AllotmentQuerySet:
        """Rules that hand out new leads, in the order in which they are asked."""
        return self.filter(pool=None).order_by("position", "pk")
