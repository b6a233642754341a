"""Cutting rows into parts by id, for long work."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

_CUT = """
SELECT min(id), max(id), count(*)
FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %%s AS part FROM (%s) AS chosen (id)) AS numbered
GROUP BY part ORDER BY part
"""


class Part(NamedTuple):
    """The rows with ids from `first` to `last`, and how many they are."""

    first: int
    last: int
    size: int


def id_parts(rows: QuerySet[Any], size: int) -> list[Part]:
    """Parts of at most `size` rows in order of their ids; one query, nothing but ids is read."""
    sql, params = rows.order_by("pk").values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_CUT % sql, [size, *params])
        return [Part(*row) for row in cursor.fetchall()]
