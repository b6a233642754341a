"""Reads over pools, in business words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from crm.people.models import User
    from customers.pool.models import Pool


class PoolQuerySet(models.QuerySet[Any]):
    """Pools; members are the people of its department and of those below."""

    def visible_to(self, user: User) -> PoolQuerySet:
        """The pools a person is a member of."""
        return self.within(user, "customers.view_pool")

    def within(self, user: User, right: str) -> PoolQuerySet:
        """The pools a person is a member of, where the right is held; those who keep pools reach all."""
        if not user.reach.has(right):
            return self.none()
        if right == "customers.manage_pool":
            return self._clone()
        return self.filter(department_id__in=user.reach.department_path)

    def serving(self, path: list[int]) -> PoolQuerySet:
        """Pools of the departments on a path from the root."""
        return self.filter(department_id__in=path)

    def nearest(self, path: list[int]) -> Pool | None:
        """The pool of the last department on a path, or of the nearest above it that has one."""
        pools = self.serving(path).order_by("position", "pk")
        return min(pools, key=lambda pool: -path.index(pool.department_id), default=None)
