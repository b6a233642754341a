"""Whoever follows customers hears of every move of theirs: one notice for each person and operation."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.history.models import Operation
from crm.jobs.running import run_job
from crm.leaving.actions import plan_departure, sweep_leftovers
from crm.notifications.models import Notice
from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.stars import follow_customer
from customers.leads.actions import hand_out_by_rule, hand_out_evenly, run_allotment
from customers.leads.models import Allotment, AllotmentShare
from customers.pool.models import PoolMember
from customers.pool.moving import move_to_pool
from customers.transfers.actions import plan_transfer
from tests.factories import make_customers, make_pool, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(team):
    """Sees all of sales and follows what they are told to."""
    return make_user("boss", role="director", department=team.east.parent)


def follow(person, rows):
    for row in rows:
        follow_customer(row, actor=person)


def told(person):
    return list(Notice.objects.filter(kind="followed_customer", recipient=person).order_by("pk").values_list("text"))


def sentence(did, row, count):
    return (f"{count} customers you follow, such as “{row.name}”: {did}.",)


def test_a_transfer_and_its_undo_are_told_once_each(team, boss, run, undo):
    rows = make_customers(3, owner=team.gina)
    follow(boss, rows)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita, team.ryan], reason="Balance"))
    undo(transfer)
    assert told(boss) == [
        sentence("Dora moved customers in bulk", rows[0], 3), sentence("Dora took a bulk transfer back", rows[0], 3)
    ]  # fmt: skip
    undone = Operation.objects.get(verb="customer_transfer_undone")
    assert Notice.objects.get(kind="followed_customer", dedupe_key=f"followed:{undone.pk}").recipient == boss


def test_only_what_came_back_is_told_of_an_undo(team, boss, run, undo):
    back, kept = make_customers(2, owner=team.gina)
    follow(boss, [kept])
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    Customer.objects.filter(pk=kept.pk).update(owner=team.ryan)
    undo(transfer)
    assert Customer.objects.get(pk=back.pk).owner == team.gina
    assert len(told(boss)) == 1


def test_handing_out_is_told_by_hand_and_by_rule(team, boss):
    rows = make_customers(3, department=team.east)
    follow(boss, rows)
    rule = Allotment.objects.create(name="Web")
    AllotmentShare.objects.create(allotment=rule, user=team.rita)
    chosen = Customer.objects.filter(pk__in=[rows[0].pk])
    hand_out_by_rule(chosen, rule, actor=team.dora)
    hand_out_evenly(Customer.objects.filter(pk=rows[1].pk), [team.ryan], actor=team.dora)
    run_allotment(rule)
    assert told(boss) == [
        (f"“{rows[0].name}”, which you follow: Dora handed out customers by the rule Web.",),
        (f"“{rows[1].name}”, which you follow: Dora handed out leads.",),
        (f"“{rows[2].name}”, which you follow: The system handed out customers by the rule Web.",),
    ]


def test_a_move_from_pool_to_pool_is_told_once(team, boss):
    east, other = make_pool("East pool", department=team.east), make_pool("Other pool", department=team.east)
    rows = [make_pooled_customer(east) for _ in range(3)]
    follow(boss, rows)
    moved = move_to_pool(Customer.objects.filter(pk__in=[row.pk for row in rows]), actor=team.dora, pool=other)
    assert moved.moved == 3
    assert told(boss) == [sentence("Dora moved customers to the pool Other pool", rows[0], 3)]


def test_a_departure_is_told_once_however_many_customers_it_moves(team, boss):
    make_pool("East pool", department=team.east)
    rows = make_customers(3, owner=team.gina)
    follow(boss, rows)
    admin = make_user("admin", role="admin", department=team.east.parent)
    departure = plan_departure(
        team.gina, actor=admin, leaves_on=timezone.localdate(), receivers=[team.rita], heir=team.dora
    )
    departure.refresh_from_db()
    run_job(departure.job_id)
    departure.refresh_from_db()
    assert departure.state == "done"
    assert told(boss) == [sentence("Admin handed over everything of Gina", rows[0], 3)]


def test_leftovers_are_told_once(team, boss):
    pool = make_pool("East pool", department=team.east)
    PoolMember.objects.create(pool=pool, user=boss)
    rows = make_customers(2, owner=team.gina)
    follow(boss, rows)
    User.objects.filter(pk=team.gina.pk).update(is_active=False)
    assert sweep_leftovers() == 2
    assert told(boss) == [sentence("The system moved what still belonged to Gina into the pool", rows[0], 2)]


def test_who_moved_them_is_not_told_and_who_lost_sight_learns_no_name(team, run):
    rows = make_customers(2, owner=team.gina)
    follow(team.dora, rows), follow(team.gina, rows)
    until = timezone.now() - timedelta(minutes=1)
    run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    assert told(team.dora) == []
    assert told(team.gina) == [("A customer you follow was moved and is out of your reach now.",)]
    assert Notice.objects.filter(kind="followed_customer", created_at__gte=until).count() == 1
