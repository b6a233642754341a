"""What makes a customer an existing one: contracts of apps above this one, each named once in HARBOUR_CONTRACTS."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Case, CharField, Q, Value, When
from django.utils.module_loading import import_string

from customers.customers.models import Customer


def has_bought(path: str = "pk") -> Q:
    """The condition for customers with at least one signed contract; `path` leads to the customer's id.

    Each name in the setting is a function that answers the ids (never null) of such customers, as a queryset.
    """
    condition = Q(pk__in=[])
    for name in settings.HARBOUR_CONTRACTS:
        condition |= Q(**{f"{path}__in": import_string(name)()})
    return condition


def status_with_owner() -> Case:
    """What a customer is once somebody owns it: existing where it has bought, else a lead; for update()."""
    return Case(
        When(has_bought(), then=Value(Customer.Status.EXISTING)),
        default=Value(Customer.Status.LEAD), output_field=CharField(),
    )  # fmt: skip
