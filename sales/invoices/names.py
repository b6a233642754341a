"""Names that cells and chips of invoices and reissues need, in one query each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm.people.models import User
from crm.records.tables import Column
from sales.documents.naming import names_of

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
