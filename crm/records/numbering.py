"""Numbers people quote: KH-2026-000123, unique per kind and year, never given twice."""

from __future__ import annotations

from django.db import connection
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
RETURNING last, year, (SELECT prefix FROM rule), (SELECT digits FROM rule)"""


def next_numbers(kind: str, count: int = 1) -> list[str]:
    """The next `count` numbers of a kind, taken under the counter's row lock until the transaction ends."""
    usual = NumberRule()
    given = {"kind": kind, "has_year": usual.has_year, "digits": usual.digits, "count": count}
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {**given, "year": timezone.localdate().year})
        last, year, prefix, digits = cursor.fetchone()
    middle = f"{year}-" if year else ""
    return [f"{prefix}-{middle}{number:0{digits}d}" for number in range(last - count + 1, last + 1)]
