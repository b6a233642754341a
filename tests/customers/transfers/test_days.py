"""Transfers that wait for their day."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.notifications.models import Notice
from customers.customers.models import Customer
from customers.pool.models import ClaimRecord
from customers.transfers.actions import (
    cancel_transfer,
    plan_transfer,
    put_off_transfer,
    start_due_transfers,
    start_transfer,
)
from customers.transfers.models import Transfer
from tests.factories import make_customer, make_customers, make_pool, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def in_days(count):
    return timezone.localdate() + timedelta(days=count)


@pytest.fixture
def waiting(team):
    make_customers(3, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves", effective_on=in_days(3))
    assert start_transfer(transfer, team.dora) is None
    return transfer


def the_day_comes(transfer):
    Transfer.objects.filter(pk=transfer.pk).update(effective_on=in_days(0))
    started = start_due_transfers()
    for job in Job.objects.filter(kind="transfer"):
        run_job(job.pk)
    transfer.refresh_from_db()
    return started


def test_nothing_moves_before_the_day_and_everything_on_it(team, waiting):
    assert (waiting.state, Job.objects.count(), start_due_transfers()) == ("scheduled", 0, 0)
    assert the_day_comes(waiting) == 1
    assert (waiting.state, waiting.counts) == ("done", {"moved": 3})
    assert Customer.objects.filter(owner=team.rita).count() == 3
    assert start_due_transfers() == 0


def test_rules_are_checked_again_on_the_day(team, waiting):
    taken, shielded, given_up = Customer.objects.order_by("pk")
    Customer.objects.filter(pk=taken.pk).update(owner=team.ryan)
    Customer.objects.filter(pk=shielded.pk).update(protected_until=in_days(5))
    ClaimRecord.objects.create(
        customer=given_up, pool=make_pool(department=team.east), claimed_by=team.gina, claimed_on=in_days(0),
        previous_owner=team.rita, pooled_at=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    the_day_comes(waiting)
    assert list(waiting.rows.values_list("outcome", "reason")) == [
        ("skipped", "changed"), ("skipped", "protected"), ("skipped", "cool_down"),
    ]  # fmt: skip
    assert Customer.objects.filter(owner=team.rita).count() == 0


def test_another_day_can_be_given_and_today_starts_at_once(team, waiting):
    assert put_off_transfer(waiting, team.dora, in_days(9)) is None
    assert (waiting.state, waiting.effective_on) == ("scheduled", in_days(9))
    job = put_off_transfer(waiting, team.dora, in_days(0))
    run_job(job.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.counts) == ("done", {"moved": 3})


@pytest.mark.parametrize("days", [-1, 366])
def test_a_day_that_cannot_be_is_refused(team, waiting, days):
    with pytest.raises(ValidationError):
        put_off_transfer(waiting, team.dora, in_days(days))
    waiting.refresh_from_db()
    assert waiting.effective_on == in_days(3)


def test_a_cancelled_one_never_starts(team, waiting):
    cancel_transfer(waiting, team.dora)
    assert the_day_comes(waiting) == 0
    assert (waiting.state, Customer.objects.filter(owner=team.gina).count()) == ("cancelled", 3)


def test_a_director_who_cancels_anothers_transfer_tells_them(team, waiting):
    from tests.factories import make_user

    chief = make_user("chief", role="director", department=team.east.parent)
    cancel_transfer(waiting, chief)
    assert [notice.recipient for notice in Notice.objects.filter(kind="transfer")] == [team.dora]
    with pytest.raises(ValidationError):
        put_off_transfer(waiting, team.dora, in_days(4))


def test_only_the_one_who_planned_it_moves_the_day(team, waiting):
    from tests.factories import make_user

    chief = make_user("chief", role="director", department=team.east.parent)
    answer = sign_in(chief).post(f"{waiting.get_absolute_url()}day/", {"effective_on": in_days(5).isoformat()})
    waiting.refresh_from_db()
    assert (answer.status_code, waiting.effective_on) == (422, in_days(3))


def test_the_pages_say_when_and_let_the_day_be_changed(team, waiting):
    browser = sign_in(team.dora)
    page = browser.get(waiting.get_absolute_url()).content.decode()
    assert "checked again in its morning" in page
    assert "Another day…" in page
    changed = browser.post(f"{waiting.get_absolute_url()}day/", {"effective_on": in_days(5).isoformat()})
    waiting.refresh_from_db()
    assert (changed.status_code, waiting.effective_on) == (302, in_days(5))


def test_one_whose_director_lost_the_right_moves_nothing(team, waiting):
    team.dora.roles.clear()
    the_day_comes(waiting)
    assert (waiting.state, waiting.counts) == ("failed", {"skipped": 3})
    assert Customer.objects.filter(owner=team.gina).count() == 3


def test_a_transfer_for_today_starts_when_it_is_confirmed(team):
    make_customer(owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Now", effective_on=in_days(0))
    run_job(start_transfer(transfer, team.dora).pk)
    assert Customer.objects.filter(owner=team.rita).count() == 1
