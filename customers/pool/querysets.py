"""Reads over pools, in business words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.aggregates import BoolOr
from django.db import models
from django.db.models import Q

from crm.access.rights import ALL, BELOW
from crm.access.rows import ReachQuerySet

if TYPE_CHECKING:
    from crm.access.reach import Reach
    from crm.people.models import User
    from customers.pool.models import Pool


class PoolQuerySet(models.QuerySet[Any]):
    """Pools; members are the people of its department and below, and whoever is named besides."""

    def memberships(self, reach: Reach) -> dict[int, bool]:
        """The ids of the pools a person belongs to, each with whether they administer it; once per request."""
        found: dict[int, bool] = reach.once("pools", self._memberships)
        return found

    def _memberships(self, reach: Reach) -> dict[int, bool]:
        named = Q(members__user=reach.user_id)
        if reach.department_id is not None:
            named |= Q(members__department=reach.department_id)
            named |= Q(members__department__in=reach.department_path, members__includes_below=True)
        rows = self.filter(Q(department__in=reach.department_path) | named)
        told = rows.order_by().annotate(administers=BoolOr("members__is_administrator", filter=named))
        return {pk: bool(administers) for pk, administers in told.values_list("pk", "administers")}

    def visible_to(self, user: User) -> PoolQuerySet:
        """The pools a person is a member of, and those of departments whose customers they see."""
        reach = user.reach
        if not reach.has("customers.view_pool"):
            return self.none()
        scope = reach.scopes.get("customers.view_customer")
        if scope == ALL:
            return self.all()
        below = reach.below_ids if scope == BELOW else []
        return self.filter(Q(pk__in=list(self.memberships(reach))) | Q(department__in=below))

    def kept_by(self, user: User) -> PoolQuerySet:
        """The pools whose customers a person assigns, puts back and moves: those in the scope of that right, and those
        they administer.
        """
        reach = user.reach
        scope = reach.scopes.get("customers.assign_customer")
        if scope is None:
            return self.none()
        if scope == ALL:
            return self.all()
        ids = [pk for pk, administers in self.memberships(reach).items() if administers]
        departments = reach.below_ids if scope == BELOW else []
        return self.filter(Q(pk__in=ids) | Q(department__in=departments))

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


class ExtensionQuerySet(ReachQuerySet):
    """Wishes to keep a customer longer: those of customers in reach."""

    reach_path = "customer__"

    def visible_to(self, user: User) -> ExtensionQuerySet:
        """The wishes for customers the person may protect themselves."""
        return self.within(user, "customers.protect_customer")

    def open(self) -> ExtensionQuerySet:
        """Those nobody has decided yet."""
        return self.filter(state="open")
