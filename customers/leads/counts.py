"""How many leads wait, for the navigation."""

from __future__ import annotations

from crm.people.models import User
from crm.records.keyset import capped_count
from customers.customers.models import Customer

COUNTED_AT_MOST = 999


def waiting_leads(user: User) -> int:
    """New leads in reach that nobody works on, counting no further than a thousand. One query."""
    return capped_count(Customer.objects.visible_to(user).live().waiting(), COUNTED_AT_MOST)
