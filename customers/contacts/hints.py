"""Whether the person being typed is known already: at this customer, or at another one in reach."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from crm.access.masks import may_know_contact_details, may_match_contact_details
from customers.contacts.models import Contact
from customers.customers.identity import clean_line, clean_phone
from customers.customers.models import Customer

HINTS_AT_MOST = 5


def similar_contacts(
    customer: Customer, user: Any, *, name: str = "", phone: str = "", email: str = "", without: int = 0
) -> list[Contact]:
    """People in reach with the same name at this customer, or the same phone or e-mail anywhere in reach.

    Whoever may not know a phone or e-mail gets no hint by it: this customer's alone where that is all they may know.
    """
    same = Q(customer=customer, name=clean_line(name)) if clean_line(name) else Q(pk__in=[])
    number, address = clean_phone(phone), clean_line(email).lower()
    details = Q(pk__in=[])
    if number:
        details |= Q(phone=number)
    if address:
        details |= Q(email=address)
    if may_match_contact_details(user):
        same |= details
    elif may_know_contact_details(user, customer):
        same |= details & Q(customer=customer)
    rows = Contact.objects.visible_to(user).live().filter(same, customer__archived_at=None).exclude(pk=without)
    rows = rows.exclude(customer__status=Customer.Status.POOL)
    return list(rows.select_related("customer").order_by("-pk")[:HINTS_AT_MOST])
