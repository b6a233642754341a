"""Numbers people quote: KH-2026-000123, unique per kind and year, never given twice."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from crm.records.models import NumberRule


def next_numbers(kind: str, count: int = 1) -> list[str]:
    """The next `count` numbers of a kind, taken under the counter's row lock until the transaction ends."""
    rule = NumberRule.objects.filter(kind=kind).first() or NumberRule(kind=kind, prefix=kind[:2].upper())
    year = timezone.localdate().year if rule.has_year else 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_numbercounter (kind, year, last) VALUES (%s, %s, %s) "
            "ON CONFLICT (kind, year) DO UPDATE SET last = crm_numbercounter.last + EXCLUDED.last RETURNING last",
            [kind, year, count],
        )
        last = cursor.fetchone()[0]
    middle = f"{year}-" if rule.has_year else ""
    return [f"{rule.prefix}-{middle}{number:0{rule.digits}d}" for number in range(last - count + 1, last + 1)]
