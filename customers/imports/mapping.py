"""Which column is which field: proposed from the headers, or as this person chose for these headers before."""

from __future__ import annotations

import hashlib

from crm.people.models import User
from crm.records.sheets import header_key
from customers.customers.resources import CustomerResource
from customers.imports.models import ColumnMapping, ImportSet

PERSONAL = frozenset({"phone", "email", "contact_phone", "contact_email"})


def known_headers() -> set[str]:
    """All header keys any column is known by."""
    return set().union(*(field.known_headers() for field in CustomerResource.columns().values()))


def proposed(headers: list[str], user: User, below: list[list[str]]) -> dict[str, str]:
    """Column number (as text) → field name; each field once, the leftmost column wins.

    `below` are the first rows: a column of ids that are no numbers holds those of another system, not ours.
    """
    names: dict[str, str] = {}
    for name, field in CustomerResource.importable(user).items():
        for key in field.known_headers():
            names.setdefault(key, name)
    mapping: dict[str, str] = {}
    for at, header in enumerate(headers):
        name = names.get(header_key(header), "")
        if name == "id" and not all(row[at].isdecimal() for row in below if at < len(row) and row[at]):
            continue
        if name and name not in mapping.values():
            mapping[str(at)] = name
    return _phones_without_a_person(mapping)


def _phones_without_a_person(mapping: dict[str, str]) -> dict[str, str]:
    """A mobile column belongs to the company where no column names a contact."""
    taken = set(mapping.values())
    if "contact_name" in taken:
        return mapping
    swaps = {f"contact_{name}": name for name in ("phone", "email") if name not in taken}
    return {at: swaps.get(name, name) for at, name in mapping.items()}


def remembered(headers: list[str], user: User) -> dict[str, str] | None:
    """What this person chose for the same headers last time, as far as they may still fill the fields."""
    found = ColumnMapping.objects.filter(user=user, target="customers", header_key=_key(headers)).first()
    if found is None:
        return None
    allowed = CustomerResource.importable(user)
    return {at: name for at, name in found.mapping.items() if name in allowed}


def remember(import_set: ImportSet) -> None:
    """Keep the mapping for the next file with these headers."""
    ColumnMapping.objects.update_or_create(
        user=import_set.requested_by,
        target=import_set.target,
        header_key=_key(import_set.headers),
        defaults={"mapping": import_set.mapping},
    )


def best_match_key(mapping: dict[str, str]) -> str:
    """The safest key the mapped columns allow."""
    mapped = set(mapping.values())
    return next((key for key in ("id", "number", "credit_code", "name", "phone") if key in mapped), "name")


def _key(headers: list[str]) -> str:
    return hashlib.sha256("\n".join(header_key(header) for header in headers).encode()).hexdigest()
