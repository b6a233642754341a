"""Several small queries of one page in a single round trip to the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Statement:
    """A statement written by hand: its values in order, and what its columns are called."""

    sql: str
    given: Sequence[Any]
    fields: Sequence[str]


def read_together(parts: Mapping[str, QuerySet[Any] | Statement]) -> Rows:
    """The rows of each query, under its name and in its order; a queryset names its fields by `values(…)`.

    The rows come as JSON: moments and days are ISO text, decimals numbers.
    """
    found: Rows = {name: [] for name in parts}
    columns: list[tuple[str, str]] = []
    given: list[Any] = []
    for name, rows in parts.items():
        try:
            sql, params, names = _written(rows)
        except EmptyResultSet:
            continue
        fields = ", ".join(map(connection.ops.quote_name, names))
        # the ORM wrote the statement, and the names of its fields are quoted
        columns.append((name, f"(SELECT coalesce(jsonb_agg(p), '[]') FROM ({sql}) AS p({fields}))"))  # noqa: S608
        given += params
    if columns:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(column for _name, column in columns)}", given)
            answers = cursor.fetchone()
        found |= {name: json.loads(rows) for (name, _column), rows in zip(columns, answers, strict=True)}
    return found


def _written(rows: QuerySet[Any] | Statement) -> tuple[str, Sequence[Any], Sequence[str]]:
    if isinstance(rows, Statement):
        return rows.sql, rows.given, rows.fields
    sql, params = rows.query.sql_with_params()
    return sql, params, rows._fields  # type: ignore[attr-defined]
