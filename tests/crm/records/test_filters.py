"""Filters by day: the days of the company, asked so that an index over moments answers."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from customers.customers.filters import CustomerFilter
from customers.customers.models import Customer
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db
MOMENTS = {"before": (9, 23, 59, 59), "first": (10, 0, 0, 0), "last": (10, 23, 59, 59), "after": (11, 0, 0, 0)}


@pytest.fixture
def vera():
    vera = make_user("vera", "director")
    for name, moment in MOMENTS.items():
        at = datetime(2026, 3, *moment, tzinfo=ZoneInfo("Asia/Shanghai"))
        make_customer(owner=vera, name=name, created_at=at)
    return vera


def found(user, query):
    return CustomerFilter(QueryDict(query), Customer.objects.visible_to(user), user).rows()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("created_from=2026-03-10", {"first", "last", "after"}),
        ("created_until=2026-03-10", {"before", "first", "last"}),
        ("created_from=2026-03-10&created_until=2026-03-10", {"first", "last"}),
        ("created_from=0001-01-01&created_until=9999-12-31", set(MOMENTS)),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight_in_shanghai(vera, query, names):
    assert set(found(vera, query).values_list("name", flat=True)) == names


def test_days_are_compared_as_moments_of_the_column_itself(vera):
    assert "AT TIME ZONE" not in str(found(vera, "created_from=2026-03-10&created_until=2026-03-10").query)
