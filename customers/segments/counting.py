"""Customers of a segment, and how many there are."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from customers.customers.models import Customer
from customers.customers.querysets import CustomerQuerySet
from customers.segments.conditions import condition_of
from customers.segments.reading import Conditions

_CANCELLED = "57014"  # by the statement timeout of the connection


def customers_of(conditions: Conditions, user: Any) -> CustomerQuerySet:
    """The live customers in the person's reach that meet the conditions."""
    rows: CustomerQuerySet = Customer.objects.visible_to(user).live()
    return rows.filter(condition_of(conditions, user))


def count_of(conditions: Conditions, user: Any) -> int:
    """How many there are; ValidationError in words where counting takes too long."""
    rows = customers_of(conditions, user)
    try:
        with transaction.atomic():
            return rows.count()
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") != _CANCELLED:
            raise
        raise ValidationError(
            _("Counting takes too long. Add a condition that narrows the segment down."), code="too_broad"
        ) from fault
