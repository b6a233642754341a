"""Reads over mails to contacts."""

from __future__ import annotations

from crm.access.rows import ReachQuerySet
from customers.customers.querysets import CustomerQuerySet


class ContactMailQuerySet(ReachQuerySet):
    """Mails are in reach where the customer of their contact is."""

    reach_path = "contact__customer__"
    share_model = CustomerQuerySet.share_model
