"""Reads over pools, in business words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from crm.access.rights import ALL, BELOW

if TYPE_CHECKING:
    from crm.people.models import User
    from customers.pool.models import Pool


class PoolQuerySet(models.QuerySet[Any]):
    """Pools; members are the people of its department and of those below."""

    def visible_to(self, user: User) -> PoolQuerySet:
        """The pools a person is a member of, and those of departments whose customers they see."""
        reach = user.reach
        if not reach.has("customers.view_pool"):
            return self.none()
        scope = reach.scopes.get("customers.view_customer")
        if scope == ALL:
            return self.all()
        below = reach.below_ids if scope == BELOW else []
        return self.filter(department_id__in=[*reach.department_path, *below])

    def within(self, user: User, right: str) -> PoolQuerySet:
        """All pools for those who keep them, else the visible ones."""
        if right == "customers.manage_pool" and user.reach.has(right):
            return self.all()
        return self.visible_to(user) if user.reach.has(right) else self.none()

    def serving(self, path: list[int]) -> PoolQuerySet:
        """Pools of the departments on a path from the root."""
        return self.filter(department_id__in=path)

    def nearest(self, path: list[int]) -> Pool | None:
        """The pool of the last department on a path, or of the nearest above it that has one."""
        pools = self.serving(path).order_by("position", "pk")
        return min(pools, key=lambda pool: -path.index(pool.department_id), default=None)
