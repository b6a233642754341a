"""Numbers people quote: KH-2026-000123, unique per kind and year, never given twice."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from crm.records.models import NumberRule

# the rule of a kind says how its numbers are counted and written; without one they begin with the letters of the kind
_NEXT = """
WITH rule AS (SELECT coalesce(r.prefix, upper(left(%(kind)s, 2))) AS prefix,
    coalesce(r.has_year, %(has_year)s) AS has_year, coalesce(r.digits, %(digits)s) AS digits
  FROM (SELECT) usual LEFT JOIN crm_numberrule r ON r.kind = %(kind)s)
INSERT INTO crm_numbercounter (kind, year, last)
  SELECT %(kind)s, CASE WHEN has_year THEN %(year)s ELSE 0 END, %(count)s FROM rule
ON CONFLICT (kind, year) DO UPDATE SET last = crm_numbercounter.last + EXCLUDED.last
RETURNING last, year, (SELECT prefix FROM rule), (SELECT digits FROM rule),
  nextval(pg_get_serial_sequence(%(table)s, 'id'))"""


def next_numbers(kind: str, count: int = 1) -> list[str]:
    """The next `count` numbers of a kind, taken under the counter's row lock until the transaction ends."""
    numbers, _pk = _next(kind, count, None)
    return numbers


def next_numbered(kind: str, model: type[Model]) -> tuple[int, str]:
    """An id and the next number for a row of this model that is still to be written."""
    (number,), pk = _next(kind, 1, model._meta.db_table)
    assert pk is not None
    return pk, number


def _next(kind: str, count: int, table: str | None) -> tuple[list[str], int | None]:
    usual = NumberRule()
    given: dict[str, Any] = {"kind": kind, "count": count, "table": table, "year": timezone.localdate().year}
    given |= {"has_year": usual.has_year, "digits": usual.digits}
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, given)
        last, year, prefix, digits, pk = cursor.fetchone()
    middle = f"{year}-" if year else ""
    return [f"{prefix}-{middle}{number:0{digits}d}" for number in range(last - count + 1, last + 1)], pk
