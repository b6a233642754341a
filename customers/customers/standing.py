"""How far a customer has come (DOMAIN 1): moved by facts of the apps above, inside their operations.

The caller holds the locks on the customers; those in a pool or without an owner stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from customers.customers.models import Customer

Status = Customer.Status


def become_opportunities(customer_ids: Iterable[int]) -> int:
    """Leads with open business become opportunities; how many did."""
    return _move(customer_ids, [Status.LEAD], Status.OPPORTUNITY)


def become_existing(customer_ids: Iterable[int]) -> int:
    """Leads and opportunities that signed a contract become existing customers; how many did."""
    return _move(customer_ids, [Status.LEAD, Status.OPPORTUNITY], Status.EXISTING)


def become_leads(customer_ids: Iterable[int]) -> int:
    """Opportunities whose last open business is over become leads again; how many did."""
    return _move(customer_ids, [Status.OPPORTUNITY], Status.LEAD)


def _move(customer_ids: Iterable[int], before: list[Status], after: Status) -> int:
    rows = Customer.objects.filter(pk__in=list(customer_ids), status__in=before)
    return rows.update(status=after, changed_at=timezone.now())
