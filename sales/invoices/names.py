"""Names that cells and chips of invoices and reissues need, in one query each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm.people.models import User
from crm.records.filters import Names
from crm.records.tables import Column
from customers.customers.names import look_up
from sales.contracts.models import Contract
from sales.documents.naming import names_of
from sales.invoices.models import Invoice

_POINTING = (("person", "owner"), ("customer", "customer"), ("contract", "contract"), ("invoice", "invoice"))


def names_for(
    user: User, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]
) -> dict[str, Any]:
    """The names of what the shown columns point to and the chips ask for."""
    shown = {column.name for column in columns}
    pointed: dict[str, set[int]] = {}
    for kind, name in _POINTING:
        if name in shown:
            pointed[kind] = {pk for row in rows if (pk := getattr(row, f"{name}_id", None))}
    return names_of(user, pointed, wanted)


def look_up_sales(wanted: dict[str, set[int]]) -> Names:
    """Names by kind and id, numbers of contracts and invoices with them."""
    rest = dict(wanted)
    contracts, invoices = rest.pop("contract", set()), rest.pop("invoice", set())
    found: dict[str, Any] = dict(look_up(rest))
    rows = Contract.objects.filter(pk__in=contracts).values_list("pk", "number")
    found["contract"] = dict(rows) if contracts else {}
    blue = Invoice.objects.filter(pk__in=invoices).values_list("pk", "invoice_number")
    found["invoice"] = dict(blue) if invoices else {}
    return found
