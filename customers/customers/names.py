"""Names of what customers point to: stages, people, regions and the rest, all in one query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from crm.records.together import Statement
from crm.ui.formats import is_chinese

# which kind of name an id in a field asks for
KIND_OF_FIELD = {
    "owner_id": "person",
    "previous_owner_id": "person",
    "created_by_id": "person",
    "changed_by_id": "person",
    "author_id": "person",
    "actor_id": "person",
    "department_id": "department",
    "stage_id": "stage",
    "level_id": "level",
    "industry_id": "industry",
    "region_id": "region",
    "source_id": "source",
    "pool_id": "pool",
    "contact_id": "contact",
    "customer_id": "customer",
    "merged_into_id": "customer",
    "tag_ids": "tag",
}
_SOURCES = {
    "person": "SELECT 'person', id, coalesce(nullif(name, ''), username), '' FROM crm_user",
    "department": "SELECT 'department', id, name, '' FROM crm_department",
    "stage": "SELECT 'stage', id, name, tone FROM customers_customerstage",
    "level": "SELECT 'level', id, name, tone FROM customers_customerlevel",
    "tag": "SELECT 'tag', id, name, tone FROM customers_tag",
    "source": "SELECT 'source', id, name, '' FROM customers_leadsource",
    "industry": "SELECT 'industry', id, name, name_en FROM customers_industry",
    "region": "SELECT 'region', id, path_name, '' FROM customers_region",
    "pool": "SELECT 'pool', id, name, '' FROM customers_pool",
    "segment": "SELECT 'segment', id, name, '' FROM customers_segment",
    "contact": "SELECT 'contact', id, name, '' FROM customers_contact",
    "customer": "SELECT 'customer', id, name, '' FROM customers_customer",
}


@dataclass(frozen=True)
class Named:
    """A name and, where the entry has one, its colour."""

    name: str
    tone: str = ""

    def __str__(self) -> str:
        return self.name


Names = dict[str, dict[int, Named]]


def look_up(wanted: dict[str, set[int]]) -> Names:
    """The names of these ids by kind, in one query whatever is asked for; unknown ids are left out."""
    statement = names_wanted(wanted)
    if statement is None:
        return names_of([])
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.given)
        return names_of(dict(zip(statement.fields, row, strict=True)) for row in cursor.fetchall())


def names_wanted(wanted: dict[str, set[int]]) -> Statement | None:
    """The statement that reads these names, for `read_together`; None where nothing is asked for."""
    asked = {kind: sorted(ids) for kind, ids in wanted.items() if ids}
    parts = [f"{_SOURCES[kind]} WHERE id = ANY(%s)" for kind in asked]
    return Statement(" UNION ALL ".join(parts), list(asked.values()), ("kind", "pk", "name", "tone")) if asked else None


def names_of(rows: Iterable[dict[str, Any]]) -> Names:
    """The names by kind and id, out of what that statement read."""
    found: Names = {kind: {} for kind in _SOURCES}
    for row in rows:
        name, tone = row["name"], row["tone"]
        if row["kind"] == "industry":
            name, tone = (name, "") if is_chinese() or not tone else (tone, "")
        found[row["kind"]][row["pk"]] = Named(name, tone)
    return found


def wanted_by(rows: Iterable[Any], fields: Iterable[str]) -> dict[str, set[int]]:
    """Which ids these fields of these rows point to, by kind."""
    wanted: dict[str, set[int]] = {}
    kinds = [(name, KIND_OF_FIELD[name]) for name in fields if name in KIND_OF_FIELD]
    for row in rows:
        for name, kind in kinds:
            value = getattr(row, name)
            if value:
                wanted.setdefault(kind, set()).update(value if isinstance(value, list) else [value])
    return wanted


def merged(*parts: dict[str, set[int]]) -> dict[str, set[int]]:
    """The ids of all parts together."""
    together: dict[str, set[int]] = {}
    for part in parts:
        for kind, ids in part.items():
            together.setdefault(kind, set()).update(ids)
    return together
