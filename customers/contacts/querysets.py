"""Reads over contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from crm.access.rows import ReachQuerySet
from customers.customers.querysets import CustomerQuerySet

if TYPE_CHECKING:
    from crm.access.reach import Reach


class ContactQuerySet(ReachQuerySet):
    """Contacts are in reach where their customer is; the people of pooled customers are not shown."""

    reach_path = "customer__"
    share_model = CustomerQuerySet.share_model

    def also_within(self, reach: Reach, right: str) -> Q | None:
        """Nothing more: a pool hides its contacts."""
        return None
