"""Reads over contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crm.access.rows import ReachQuerySet
from customers.customers.querysets import CustomerQuerySet

if TYPE_CHECKING:
    from crm.people.models import User


class ContactQuerySet(ReachQuerySet):
    """Contacts are in reach where their customer is; the people of pooled customers are shown to nobody."""

    reach_path = "customer__"
    share_model = CustomerQuerySet.share_model

    def within(self, user: User, right: str) -> Self:
        """Contacts in the person's reach for a right; a pool hides its people, whoever asks."""
        return super().within(user, right).exclude(customer__status="pool")
