"""What waits for directors, for the navigation."""

from __future__ import annotations

from django.db.models import QuerySet

from crm.people.models import User
from customers.customers.models import Customer

COUNTED_AT_MOST = 1000


def waiting_leads(user: User) -> QuerySet[Customer]:
    """New leads in reach that nobody works on, as many as are counted."""
    return Customer.objects.visible_to(user).live().waiting()[:COUNTED_AT_MOST]
