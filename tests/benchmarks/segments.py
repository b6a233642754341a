"""Counting the customers of a segment, as its page does, against the SQL somebody would write by hand for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from crm.people.models import User
from customers.base_data.models import CustomerLevel, Region
from customers.segments.conditions import clean_conditions
from customers.segments.counting import count_of
from tests.benchmarks.measuring import Figure, ratio
from tests.benchmarks.pages import client_of_a_viewer

_QUIET = """
SELECT count(*) FROM customers_customer WHERE archived_at IS NULL AND status IN ('lead', 'opportunity')
AND level_id = ANY(%(levels)s) AND (last_followed_at < now() - interval '30 days' OR last_followed_at IS NULL)
"""
_PLACES = """
SELECT count(*) FROM customers_customer c JOIN customers_region r ON r.id = c.region_id
WHERE c.archived_at IS NULL AND r.code LIKE ANY(%(places)s)
AND (c.size IN ('large', 'giant') OR c.level_id = ANY(%(levels)s))
"""
_BUSY = """
SELECT count(*) FROM customers_customer c JOIN (
    SELECT customer_id FROM customers_activity WHERE archived_at IS NULL AND kind IN ('visit', 'call')
    AND happened_at >= now() - interval '180 days' GROUP BY customer_id HAVING count(*) >= 2
) busy ON busy.customer_id = c.id WHERE c.archived_at IS NULL
"""


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """Columns of the customer, regions with what lies below them, and how often something was done."""
    prepare(size)
    client_of_a_viewer()
    viewer = User.objects.get(username="bench-viewer")
    levels = list(CustomerLevel.objects.order_by("position", "pk").values_list("pk", flat=True)[:2])
    provinces = list(Region.objects.filter(rank=1).order_by("code")[:3])
    given = {"levels": levels, "places": [f"{province.code[:2]}%" for province in provinces]}
    quiet = [
        _row("status", "any", ["lead", "opportunity"]), _row("level", "any", levels),
        _row("last_followed", "older_days", 30),
    ]  # fmt: skip
    places = [_row("region", "any", [province.pk for province in provinces])]
    large = [_row("size", "any", ["large", "giant"]), _row("level", "any", levels)]
    busy = [_row("activities", "at_least", {"count": 2, "days": 180, "kinds": ["visit", "call"]})]
    segments = {
        "columns": ([("all", quiet)], _QUIET),
        "regions": ([("all", places), ("any", large)], _PLACES),
        "times": ([("all", busy)], _BUSY),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for name, (groups, plain) in segments.items():
            times = _times(_asked(groups, viewer), viewer, plain, given)
            yield Figure(f"segment_count_{name}_over_plain_sql", times, 2)
        cursor.execute("RESET statement_timeout")


def _row(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def _asked(groups: list[tuple[str, list[dict[str, Any]]]], viewer: User) -> Any:
    return clean_conditions(
        {"match": "all", "groups": [{"match": match, "rows": rows} for match, rows in groups]}, viewer
    )


def _times(conditions: Any, viewer: User, plain: str, given: dict[str, Any]) -> float:
    """Both must find the same number, then they are measured in turns."""

    def by_hand() -> int:
        with connection.cursor() as cursor:
            cursor.execute(plain, given)
            return int(cursor.fetchone()[0])

    ours, theirs = count_of(conditions, viewer), by_hand()
    if ours != theirs:
        raise AssertionError(f"the segment holds {ours} customers, the statement finds {theirs}")
    return ratio(lambda: count_of(conditions, viewer), by_hand, rounds=9)
