"""What every document takes hold of before it is written."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model, QuerySet, Subquery
from django.utils.translation import gettext as _

from customers.customers.actions import hold_customer
from customers.customers.models import Customer


def hold_owned(customer: Customer) -> Customer:
    """The customer, locked; ValidationError where it is archived, in a pool, or nobody is responsible for it."""
    held = hold_customer(customer)
    if held.owner_id is None:
        raise ValidationError(_("Nobody owns “%(name)s” yet. Assign it first.") % {"name": held}, code="no_owner")
    return held


def lock_customer(documents: QuerySet[Any]) -> Customer:
    """The customer of the one document among these, locked, in whatever state it is."""
    place = documents.order_by().values("customer_id")[:1]
    found: Customer = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=Subquery(place))
    return found


def carry_customer(document: Any, customer: Customer) -> None:
    """Give a locked document its customer, locked before it; ValidationError where it has moved to another meanwhile.

    As two customers are merged, for instance.
    """
    if document.customer_id != customer.pk:
        raise ValidationError(_("Somebody else is changing this right now. Try again."), code="conflict")
    document.customer = customer


def next_id(model: type[Model]) -> int:
    """An id for a row that is still to be written, so that the history may name it first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        return int(cursor.fetchone()[0])
