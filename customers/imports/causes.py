"""Why rows are left out, counted: by kind of cause, and by cause and value where one choice repairs many rows."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import MD5, Coalesce, Left, Trim

from crm.people.models import User
from customers.base_data.lookups import Lookups
from customers.customers.resources import CustomerResource
from customers.imports.models import ImportRow, ImportSet
from customers.imports.wording import cause

LEFT_OUT = "left_out"
ONE_OF_A_KIND = frozenset({"id", "number", "credit_code", "name"})  # no two customers share it: never set for many
GROUPS_SHOWN = 20
_FROM_A_LIST = ["unknown", "ambiguous"]
SELECTED = 100  # a longer list is offered while one types
VALUE_LENGTH = 40  # as long as the value of a refusal


class Cause(NamedTuple):
    """What refused rows have in common: the field ("" for the row), the code and the digest of the value."""

    field: str
    code: str
    key: str = ""


def causes(import_set: ImportSet) -> list[dict[str, Any]]:
    """Why rows are refused or duplicate, grouped: field, code, words, count, a few of the texts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.key, e.value->>0, r.outcome, count(*), (array_agg(DISTINCT e.value->1->>'value'))[1:3] "
            "FROM customers_importrow r, jsonb_each(r.errors) e "
            "WHERE r.import_set_id = %s AND r.outcome IN ('refused', 'duplicate') "
            "GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 20",
            [import_set.pk],
        )
        return [
            {
                "field": field, "code": code, "outcome": outcome, "count": count, "words": cause(field, code),
                "texts": [text for text in texts or [] if text],
            }
            for field, code, outcome, count, texts in cursor.fetchall()
        ]  # fmt: skip


def groups(import_set: ImportSet, user: User) -> list[dict[str, Any]]:
    """Refused rows of one cause and one value, the most frequent first, each with what may be done with all of them.

    A value that stands once is listed only where an entry of a list can be chosen for it.
    """
    columns = CustomerResource.importable(user)
    mapped = {name: int(at) for at, name in import_set.mapping.items() if name in columns}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.key, e.value->>0 AS code, coalesce(e.value->1->>'value', left(btrim(r.cells->>c.at), %s), '') "
            "AS value, count(*) FROM customers_importrow r CROSS JOIN jsonb_each(r.errors) e "
            "LEFT JOIN unnest(%s::text[], %s::int[]) AS c(field, at) ON c.field = e.key "
            "WHERE r.import_set_id = %s AND r.outcome = 'refused' AND (c.at IS NOT NULL OR e.value->>0 = %s) "
            "GROUP BY 1, 2, 3 HAVING count(*) > 1 OR e.value->>0 = ANY(%s) ORDER BY 4 DESC, 1, 2, 3 LIMIT %s",
            [
                VALUE_LENGTH, list(mapped), list(mapped.values()), import_set.pk, LEFT_OUT,
                [*_FROM_A_LIST, LEFT_OUT], GROUPS_SHOWN,
            ],
        )  # fmt: skip
        found = cursor.fetchall()
    lookups = Lookups()
    choices = {field: columns[field].widget.offers(lookups) for field in {row[0] for row in found} if field}
    return [
        {
            "field": field, "code": code, "value": value, "count": count, "words": cause(field, code),
            "key": hashlib.md5(value.encode(), usedforsecurity=False).hexdigest() if field else "",
            "choices": choices.get(field, []), "is_short": len(choices.get(field, [])) <= SELECTED,
            "may_set": bool(field) and field not in ONE_OF_A_KIND,
            "may_clear": bool(field) and not columns[field].required,
        }
        for field, code, value, count in found
    ]  # fmt: skip


def long_lists(found: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """The lists too long for a menu in each of these groups, once per field."""
    return {group["field"]: group["choices"] for group in found if not group["is_short"]}


def rows_with(import_set: ImportSet, shared: Cause) -> QuerySet[ImportRow]:
    """The refused rows of one group; none where the import does not map the field."""
    rows = import_set.rows.filter(
        outcome=ImportRow.Outcome.REFUSED, errors__contains={shared.field: [shared.code]}
    ).order_by("row_number")
    if not shared.field:
        return rows
    at = next((at for at, name in import_set.mapping.items() if name == shared.field), None)
    if at is None:
        return rows.none()
    said = KeyTextTransform("value", KeyTransform("1", KeyTransform(shared.field, "errors")))
    written = Left(Trim(KeyTextTransform(at, "cells")), VALUE_LENGTH)
    return rows.alias(key=MD5(Coalesce(said, written, Value(""), output_field=TextField()))).filter(key=shared.key)
