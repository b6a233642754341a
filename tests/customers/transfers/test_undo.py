"""An undo restores whole rows: whatever a move or a pool cleared, set or ended comes back as it was."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.jobs.running import run_job
from crm.leaving.actions import plan_departure
from crm.operations.invariants import all_rules, broken
from crm.people.actions import enable_user
from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.sharing import share_permission
from customers.pool.actions import claim_customer
from customers.pool.extensions import ask_extension, decide_extension
from customers.pool.models import ClaimRecord, RecycleExtension
from customers.tasks.models import Task
from customers.transfers.actions import plan_transfer, start_undo
from customers.transfers.models import Transfer
from tests.customers.duplicates.whole import whole_rows
from tests.factories import make_customer, make_pool, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = ("customers_customer", "customers_customershare", "customers_task", "customers_recycleextension")
WRITTEN = ("changed_at", "changed_by_id")  # by whom and when it was written last


def today(days=0):
    return timezone.localdate() + timedelta(days=days)


def rows():
    """Table → id → columns of everything that hangs on the owner, but who wrote it last."""
    found = whole_rows()
    return {
        table: {pk: {name: value for name, value in row.items() if name not in WRITTEN} for pk, row in kept.items()}
        for table, kept in ((table, found[table]) for table in TABLES)
    }


@pytest.fixture
def admin(team):
    team.east.head = team.dora
    team.east.save()
    return make_user("admin", role="admin", department=team.east.parent)


@pytest.fixture
def pool(team):
    return make_pool("East pool", department=team.east, recycles=True, no_follow_up_days=30)


@pytest.fixture
def rich(team, pool):
    """A customer with all that an owner can add to it."""
    customer = make_customer(
        owner=team.gina, status="opportunity", previous_owner=team.nora, received_at=timezone.now() - timedelta(days=9),
        last_followed_at=timezone.now() - timedelta(days=4), next_follow_on=today(3), protected_from=today(-5),
        protected_until=today(20), recycle_not_before=today(40),
    )  # fmt: skip
    Task.objects.create(title="Call", customer=customer, owner=team.gina)
    Task.objects.create(title="Visit", customer=customer, owner=team.nora)
    customer.shares.create(
        user=team.nora, permission=share_permission("view"), shared_by=team.gina, ends_on=today(9), role="presales"
    )
    RecycleExtension.objects.create(customer=customer, pool=pool, asked_by=team.gina, reason="Soon", until=today(60))
    return customer


def leave(team, admin, *receivers):
    departure = plan_departure(team.gina, actor=admin, leaves_on=today(), receivers=receivers, heir=team.dora)
    departure.refresh_from_db()
    run_job(departure.job_id)
    return Transfer.objects.get()


def come_back(team, admin, transfer):
    enable_user(User.objects.get(pk=team.gina.pk), actor=admin)
    run_job(start_undo(transfer, team.dora).pk)
    transfer.refresh_from_db()
    return transfer


def test_what_a_leaver_left_to_the_pool_comes_back_whole(team, admin, rich):
    plain = make_customer(owner=team.gina)
    archived = make_customer(owner=team.gina, archived_at=timezone.now(), protected_until=today(2))
    before = rows()
    transfer = leave(team, admin)
    assert Customer.objects.filter(owner=None).count() == 3
    assert RecycleExtension.objects.get().state == "lapsed"
    come_back(team, admin, transfer)
    assert set(transfer.rows.values_list("customer", "outcome")) == {
        (one.pk, "undone") for one in (rich, plain, archived)
    }
    assert rows() == before


def test_what_a_leaver_gave_to_a_colleague_comes_back_whole(team, admin, rich):
    before = rows()
    transfer = leave(team, admin, team.rita)
    assert Customer.objects.get().owner == team.rita
    come_back(team, admin, transfer)
    assert rows() == before


def test_what_a_transfer_moved_comes_back_whole(team, rich, run, undo):
    Customer.objects.update(protected_until=None)  # or it would stay
    before = rows()
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], moves_along=[], reason="Balance"))
    assert RecycleExtension.objects.get().state == "lapsed"
    undo(transfer)
    assert rows() == before


def test_an_undo_gives_everything_back_even_where_the_former_owner_took_others_meanwhile(team, pool, run, undo):
    team.gina.customer_capacity = 2
    team.gina.save()
    make_customer(owner=team.gina), make_customer(owner=team.gina)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    for customer in (make_pooled_customer(pool), make_pooled_customer(pool)):
        claim_customer(customer, actor=User.objects.get(pk=team.gina.pk))
    undo(transfer)
    assert Customer.objects.filter(owner=team.gina).count() == 4
    assert {found.sentence: ids for found in all_rules() if (ids := broken(found))} == {}


def test_what_somebody_claimed_out_of_the_pool_since_stays_theirs(team, admin, rich, pool):
    transfer = leave(team, admin)
    claimed = claim_customer(Customer.objects.get(pk=rich.pk), actor=User.objects.get(pk=team.rita.pk))
    kept = rows()
    come_back(team, admin, transfer)
    assert (claimed.owner, transfer.rows.get().reason) == (team.rita, "changed")
    assert rows() == kept
    assert ClaimRecord.objects.get().claimed_by == team.rita


def test_the_wish_of_a_former_owner_is_not_decided_any_more(team, rich, run):
    Customer.objects.update(protected_until=None)
    wish = RecycleExtension.objects.get()
    run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    with pytest.raises(ValidationError) as caught:
        decide_extension(wish, actor=team.dora, is_granted=True)
    assert caught.value.code == "decided"
    assert Customer.objects.get().recycle_not_before == rich.recycle_not_before


def test_the_wish_of_the_owner_between_lapses_with_the_undo(team, rich, run, undo):
    Customer.objects.update(status="lead", protected_until=None, recycle_not_before=None)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    ask_extension(Customer.objects.get(), actor=User.objects.get(pk=team.rita.pk), reason="Mine now")
    undo(transfer)
    assert dict(RecycleExtension.objects.values_list("asked_by__username", "state")) == {
        "gina": "open", "rita": "lapsed",
    }  # fmt: skip


def test_a_draft_that_lay_about_gives_nobody_back_what_they_gave_up_meanwhile(team, pool, run):
    customer = make_customer(owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Balance")
    ClaimRecord.objects.create(
        customer=customer, pool=pool, claimed_by=team.gina, claimed_on=today(), previous_owner=team.rita,
        pooled_at=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    run(transfer)
    assert transfer.rows.values_list("outcome", "reason").get() == ("skipped", "cool_down")
    assert Customer.objects.get().owner == team.gina
