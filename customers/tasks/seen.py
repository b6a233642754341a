"""Naming the customer of a task only to those who see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, QuerySet, TextField, Value, When

from customers.customers.models import Customer

if TYPE_CHECKING:
    from crm.people.models import User


def with_seen_customer(rows: QuerySet[Any], viewer: User) -> QuerySet[Any]:
    """Tasks with `seen_customer`: the name of the customer, "" where there is none or the viewer does not see it."""
    seen = Customer.objects.visible_to(viewer).values("pk")
    named = Case(When(customer__in=seen, then=F("customer__name")), default=Value(""), output_field=TextField())
    return rows.annotate(seen_customer=named)


def seen_names(viewer: User, ids: Iterable[int]) -> Mapping[int, str]:
    """The names of those of these customers that the viewer may see."""
    wanted = set(ids)
    if not wanted:
        return {}
    return dict(Customer.objects.visible_to(viewer).filter(pk__in=wanted).values_list("pk", "name"))
