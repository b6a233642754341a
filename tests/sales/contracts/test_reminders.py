"""Owners hear 90, 30 and 7 days before a contract ends, once each, also after a time in which nothing ran."""

from datetime import UTC, date, datetime

import pytest

from crm.notifications.models import Notice
from sales.contracts.models import Contract
from sales.contracts.reminders import remind_of_ends
from tests.factories import make_user
from tests.factories.sales import make_contract

pytestmark = pytest.mark.django_db
END = date(2026, 12, 31)


def on(time_machine, month, day):
    time_machine.move_to(datetime(2026, month, day, 2, 0, tzinfo=UTC), tick=False)
    return remind_of_ends()


def test_each_step_is_told_once(time_machine):
    rep = make_user("rep", "rep")
    contract = make_contract(owner=rep, title="Press")
    Contract.objects.filter(pk=contract.pk).update(starts_on=date(2026, 1, 1), ends_on=END)
    told = [on(time_machine, *day) for day in ((10, 1), (10, 2), (10, 3), (12, 1), (12, 2), (12, 24), (12, 31))]
    assert told == [0, 1, 0, 1, 0, 1, 0]
    assert [notice.text for notice in Notice.objects.order_by("pk")] == [
        f"The contract {contract.number} ends in 90 days: Press",
        f"The contract {contract.number} ends in 30 days: Press",
        f"The contract {contract.number} ends in 7 days: Press",
    ]


def test_after_a_time_in_which_nothing_ran_only_todays_step_is_told(time_machine):
    contract = make_contract()
    Contract.objects.filter(pk=contract.pk).update(starts_on=date(2026, 1, 1), ends_on=END)
    assert [on(time_machine, 12, 20), on(time_machine, 12, 21), on(time_machine, 12, 25)] == [1, 0, 1]
    contract.refresh_from_db()
    assert (contract.reminded_days, Notice.objects.count()) == (7, 2)


@pytest.mark.parametrize("state", ["approved", "terminated", "closed", "void"])
def test_nobody_hears_of_contracts_that_do_not_run(time_machine, state):
    contract = make_contract(state=state)
    Contract.objects.filter(pk=contract.pk).update(starts_on=date(2026, 1, 1), ends_on=END)
    assert on(time_machine, 12, 28) == 0
    assert Notice.objects.count() == 0
