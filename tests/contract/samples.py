"""A row of every kind an address may ask for, and the words that fill an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.contract.routes import Route
from tests.factories import make_activity, make_contact, make_customer, make_pool, make_pooled_customer

# answers a page gives by its own rules to somebody it lets in (a job of somebody else is not there, for instance)
OWN_ANSWERS: dict[str, set[int]] = {}
WORDS = {"slug": "new-business", "page": "customers", "kind": "stages", "file_format": "csv", "name": "customers"}


def make_rows(owners: list[Any], other_department: Any) -> dict[str, list[Any]]:
    """Model label → rows: the person's own, a peer's, a foreign one, pooled ones."""
    customers = [make_customer(owner=owner) for owner in owners]
    pools = [make_pool(department=owners[0].department), make_pool(department=other_department)]
    return {
        "customers.Customer": [*customers, *(make_pooled_customer(pool) for pool in pools)],
        "customers.Contact": [make_contact(customer) for customer in customers],
        "customers.Activity": [make_activity(customer) for customer in customers],
        "customers.Pool": pools,
    }


def addresses(route: Route, rows: dict[str, list[Any]]) -> Iterator[tuple[str, Any]]:
    """Every address of a route worth trying, with the row it names (None without one)."""
    names = re.findall(r"<(?:\w+:)?(\w+)>", route.pattern)
    model = route.gate.model
    subjects = rows.get(model._meta.label, []) if model else [None]
    assert subjects, f"tests/contract/samples.py makes no {model._meta.label} for {route.label}"
    for row in subjects:
        address = "/" + route.pattern
        for name in names:
            value = str(row.pk) if row is not None and name == "pk" else WORDS.get(name, "999999")
            address = re.sub(rf"<(?:\w+:)?{name}>", value, address, count=1)
        yield address, row
