"""The names a list of documents needs: of what its rows point to, and of what its address asks for."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.names import look_up, merged
from customers.customers.search import search_ids
from sales.contracts.models import Contract
from sales.invoices.models import Invoice

Ids = dict[str, set[int]]
# kind of id → its model and the field that names it
_NAMED: dict[str, tuple[Any, str]] = {
    "customer": (Customer, "name"),
    "contract": (Contract, "number"),
    "invoice": (Invoice, "invoice_number"),
}


def names_of(user: User, pointed: Ids, wanted: Ids) -> dict[str, Any]:
    """Names by kind and id; what an address asks for is named only where the person may see it."""
    rest = {kind: ids for kind, ids in merged(pointed, wanted).items() if kind not in _NAMED}
    found: dict[str, Any] = dict(look_up(rest))
    for kind, (model, name) in _NAMED.items():
        shown, asked = pointed.get(kind, set()), wanted.get(kind, set())
        rows = model.objects.filter(pk__in=shown)
        if asked:
            rows |= model.objects.visible_to(user).filter(pk__in=asked)
        found[kind] = dict(rows.values_list("pk", name)) if shown or asked else {}
    return found


def customers_like(user: User, text: str, path: str = "customer") -> Q:
    """The condition for documents of customers in reach that a search text fits; `path` leads to the customer."""
    try:
        seen = Customer.objects.visible_to(user).filter(pk__in=search_ids(text, user))
    except ValidationError:  # too short for a name; numbers are searched all the same
        return Q(pk__in=[])
    return Q(**{f"{path}__in": seen.values("pk")})
