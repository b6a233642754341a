"""Whether a company is known: where it is, never how to reach it; logged, thirty times a minute at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.models import Operation
from crm.history.operations import operation
from crm.people.models import User
from customers.contacts.models import Contact
from customers.customers.identity import clean_credit_code, clean_line, clean_phone, name_key
from customers.customers.models import Customer

VERB = "customer_looked_up"
A_MINUTE = 30
ANSWERS_AT_MOST = 10


@dataclass(frozen=True)
class Answer:
    """One customer that fits: its name, and the department or pool it is in."""

    name: str
    place: str


def look_up_customer(*, actor: User, name: str = "", credit_code: str = "", phone: str = "") -> list[Answer]:
    """Customers with this name, code or phone, as far as everybody may know; ValidationError when asked too often."""
    name, phone = clean_line(name), clean_phone(phone)
    code = clean_credit_code(credit_code)
    asked = [word for word, value in (("name", name), ("credit_code", code), ("phone", phone)) if value]
    with operation(actor, VERB, facts={"by": asked}):
        since = timezone.now() - timedelta(minutes=1)
        if Operation.objects.filter(actor=actor, verb=VERB, at__gte=since).count() > A_MINUTE:
            raise ValidationError(
                _("You have asked %(count)s times in a minute. Wait a moment.") % {"count": A_MINUTE}, code="limit"
            )
        rows = Customer.objects.live().filter(_fitting(name, code, phone)).select_related("department", "pool")
        return [Answer(row.name, _place(row)) for row in rows.order_by("id")[:ANSWERS_AT_MOST]]


def _fitting(name: str, code: str, phone: str) -> Q:
    condition = Q(pk__in=[])
    if key := name_key(name):
        condition |= Q(name_key=key)
    if code:
        condition |= Q(credit_code=code)
    if phone:
        at = Contact.objects.live().filter(phone=phone).values_list("customer_id", flat=True)[:50]
        condition |= Q(phone=phone) | Q(pk__in=list(at))
    return condition


def _place(customer: Customer) -> str:
    if customer.pool is not None:
        return _("in the pool “%(name)s”") % {"name": customer.pool}
    words = {"name": customer.department}
    if customer.protected_until and customer.protected_until >= timezone.localdate():
        return _("owned in the department %(name)s, protected") % words
    return (_("owned in the department %(name)s") if customer.owner_id else _("in the department %(name)s")) % words
