"""Reads over consents."""

from __future__ import annotations

from crm.access.rows import ReachQuerySet
from customers.customers.querysets import CustomerQuerySet


class ConsentQuerySet(ReachQuerySet):
    """Consents are in reach where the customer of their contact is."""

    reach_path = "contact__customer__"
    share_model = CustomerQuerySet.share_model

    def valid(self) -> ConsentQuerySet:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)
