"""Reads over comments."""

from __future__ import annotations

from crm.access.rows import ReachQuerySet
from customers.customers.querysets import CustomerQuerySet


class CommentQuerySet(ReachQuerySet):
    """Comments are in reach where their customer is."""

    reach_path = "customer__"
    share_model = CustomerQuerySet.share_model
