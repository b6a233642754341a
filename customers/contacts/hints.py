"""Whether the person being typed is known already: at this customer, or at another one in reach."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from crm.access.masks import where_known
from customers.contacts.models import Contact
from customers.customers.identity import clean_line, clean_phone
from customers.customers.models import Customer

HINTS_AT_MOST = 5


def similar_contacts(
    customer: Customer, user: Any, *, name: str = "", phone: str = "", email: str = "", without: int = 0
) -> list[Contact]:
    """People in reach with the same name at this customer, or the same phone or e-mail anywhere in reach.

    Whoever may not know a phone or e-mail gets no hint by it.
    """
    same = Q(customer=customer, name=clean_line(name)) if clean_line(name) else Q(pk__in=[])
    number, address = clean_phone(phone), clean_line(email).lower()
    details = Q(pk__in=[])
    if number:
        details |= Q(phone=number)
    if address:
        details |= Q(email=address)
    same |= details & where_known(user, "customer__")
    rows = Contact.objects.visible_to(user).live().filter(same, customer__archived_at=None).exclude(pk=without)
    return list(rows.select_related("customer").order_by("-pk")[:HINTS_AT_MOST])
