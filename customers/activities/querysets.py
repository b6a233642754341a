"""Reads over follow-ups."""

from __future__ import annotations

from typing import Any

from crm.access.rows import ReachQuerySet
from customers.customers.querysets import CustomerQuerySet


class ActivityQuerySet(ReachQuerySet):
    """Follow-ups are in reach where their customer is."""

    reach_path = "customer__"
    share_model = CustomerQuerySet.share_model

    def by(self, user: Any) -> ActivityQuerySet:
        """What one person wrote."""
        return self.filter(author=user)
