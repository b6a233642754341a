"""What every document takes hold of before it is written."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _

from customers.customers.actions import hold_customer
from customers.customers.models import Customer


def hold_owned(customer: Customer) -> Customer:
    """The customer, locked; ValidationError where it is archived, in a pool, or nobody is responsible for it."""
    held = hold_customer(customer)
    if held.owner_id is None:
        raise ValidationError(_("Nobody owns “%(name)s” yet. Assign it first.") % {"name": held}, code="no_owner")
    return held


def next_id(model: type[Model]) -> int:
    """An id for a row that is still to be written, so that the history may name it first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        return int(cursor.fetchone()[0])
