"""Reads over customers, in business words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import F, Q

from crm.access.rows import ReachQuerySet

if TYPE_CHECKING:
    from crm.access.reach import Reach
    from crm.people.models import User
    from customers.pool.querysets import PoolQuerySet

_POOL_RIGHTS = ("customers.view_customer", "customers.claim_customer", "customers.assign_customer")


class CustomerQuerySet(ReachQuerySet):
    """Customers; those in a pool are seen by the members of the pool."""

    share_model = "customers.CustomerShare"

    def also_within(self, reach: Reach, right: str) -> Q | None:
        """Pooled customers of the pools one belongs to, for looking, claiming and assigning."""
        if right not in _POOL_RIGHTS or not reach.has("customers.view_pool"):
            return None
        pools: PoolQuerySet = apps.get_model("customers.Pool")._default_manager.all()
        return Q(pool__in=list(pools.memberships(reach)))

    def _shared(self, reach: Reach, right: str) -> Q | None:
        """A customer shared with somebody is shared as a customer: what apps above keep of it is not shared by that."""
        return super()._shared(reach, right) if right.startswith("customers.") else None

    def owned_by(self, user: User) -> CustomerQuerySet:
        """Those a person is responsible for."""
        return self.filter(owner=user)

    def in_pools(self) -> CustomerQuerySet:
        """Those nobody owns any more."""
        return self.filter(status="pool")

    def outside_pools(self) -> CustomerQuerySet:
        """All but those in a pool."""
        return self.exclude(status="pool")

    def waiting(self) -> CustomerQuerySet:
        """New ones that nobody works on yet."""
        return self.filter(status="potential")

    def unworked(self) -> CustomerQuerySet:
        """Leads without a valid follow-up since their owner received them."""
        untouched = Q(last_followed_at=None) | Q(last_followed_at__lt=F("received_at"))
        return self.filter(untouched, status="lead")
