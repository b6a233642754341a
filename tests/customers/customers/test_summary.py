"""What stands around the timeline of a customer."""

from datetime import UTC, date, datetime, timedelta

import pytest

from customers.customers.lists import CustomerListView
from customers.customers.models import Customer
from customers.customers.names import look_up
from customers.customers.summary import key_figures, status_path

NOON = datetime(2026, 9, 23, 4, 0, tzinfo=UTC)  # Wednesday, 12:00 in Shanghai


@pytest.fixture(autouse=True)
def wednesday(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.mark.parametrize(
    ("received_at", "remark"),
    [
        (NOON - timedelta(hours=1), "day 1"),
        (NOON - timedelta(hours=13), "day 2"),  # 23:00 of the day before
        (NOON - timedelta(hours=37), "day 3"),
    ],
)
def test_the_days_with_an_owner_are_days_of_the_calendar(received_at, remark):
    path = status_path(Customer(status="lead", received_at=received_at))
    assert [step.remark for step in path if step.is_now] == [remark]


@pytest.mark.parametrize(
    ("until", "remark"),
    [(date(2026, 9, 23), "protected until"), (date(2026, 9, 22), ""), (None, "")],
)
def test_a_protection_that_is_over_is_not_told(until, remark):
    figures = key_figures(Customer(status="lead", received_at=NOON, protected_until=until), look_up({}))
    assert figures[-1].remark.rpartition(" ")[0] == remark


def test_each_verb_stands_once_in_the_bar_of_the_list():
    names = [verb.url for verb in CustomerListView.verbs]
    assert sorted(names) == sorted(set(names))
