"""What moves along with a customer, who stays, and what each undo puts back."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.people.models import User
from customers.customers.models import CustomerShare
from customers.customers.timeline import CustomerStory
from customers.tasks.models import Task
from customers.transfers.actions import plan_transfer
from customers.transfers.along import companions
from customers.transfers.models import Transfer
from tests.factories import make_customer, make_customers

pytestmark = pytest.mark.django_db(transaction=True)


def task(customer, owner, **fields):
    return Task.objects.create(title="Call back", customer=customer, owner=owner, **fields)


def owners(*tasks):
    return [Task.objects.get(pk=one.pk).owner for one in tasks]


def share(customer, user, action="view", **fields):
    permission = Permission.objects.get(codename=f"{action}_customer")
    return CustomerShare.objects.create(content_object=customer, user=user, permission=permission, **fields)


def shares():
    return set(CustomerShare.objects.values_list("user__username", "permission__codename", "ends_on", "role"))


def test_open_tasks_of_the_former_owner_go_and_all_others_stay(team, run, undo):
    customer, other = make_customer(owner=team.gina), make_customer(owner=team.gina)
    open_one, done = task(customer, team.gina), task(customer, team.gina, done_at=timezone.now())
    of_another, elsewhere = task(customer, team.nora), task(other, team.gina)
    selection = plan_transfer(team.dora, _only(customer), [team.rita], reason="Balance")
    transfer = run(selection)
    assert owners(open_one, done, of_another, elsewhere) == [team.rita, team.gina, team.nora, team.gina]
    undo(transfer)
    assert owners(open_one, done, of_another, elsewhere) == [team.gina, team.gina, team.nora, team.gina]


def _only(*customers):
    from crm.records.selection import Selection

    return Selection(ids=tuple(customer.pk for customer in customers))


def test_unticked_tasks_end_where_the_former_owner_sees_the_customer_no_more(team, run, undo):
    mine = task(make_customer(owner=team.gina), team.gina)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], moves_along=["follow_ups"], reason="Balance"))
    assert (owners(mine), Task.objects.get().cancelled_at is None) == ([team.gina], False)
    undo(transfer)
    assert (owners(mine), Task.objects.get().cancelled_at) == ([team.gina], None)


def test_unticked_tasks_stay_with_a_former_owner_who_stays_in_the_team(team, run):
    mine = task(make_customer(owner=team.gina), team.gina)
    run(
        plan_transfer(
            team.dora, team.gina, [team.rita], moves_along=["follow_ups"], reason="Balance", old_owner_stays="view",
            old_owner_until=timezone.localdate() + timedelta(days=30),
        )
    )  # fmt: skip
    assert (owners(mine), Task.objects.get().cancelled_at) == ([team.gina], None)


def test_unticked_tasks_stay_with_a_director_who_still_sees_the_customer(team, run):
    mine = task(make_customer(owner=team.dora), team.dora)
    run(plan_transfer(team.dora, team.dora, [team.rita], moves_along=["follow_ups"], reason="Balance"))
    assert (owners(mine), Task.objects.get().cancelled_at) == ([team.dora], None)


def test_the_undo_leaves_a_task_that_was_given_to_somebody_else_since(team, run, undo):
    mine, given = (task(make_customer(owner=team.gina), team.gina) for _ in range(2))
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    Task.objects.filter(pk=given.pk).update(owner=team.nora)
    undo(transfer)
    assert owners(mine, given) == [team.gina, team.nora]


def test_the_undo_leaves_the_receivers_own_tasks(team, run, undo):
    customer = make_customer(owner=team.gina)
    own = task(customer, team.rita)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    later = task(customer, team.rita)
    undo(transfer)
    assert owners(own, later) == [team.rita, team.rita]


def test_a_ticked_team_stays_but_for_the_new_owner(team, run, undo):
    customer = make_customer(owner=team.gina)
    share(customer, team.nora, role="presales"), share(customer, team.rita, "change")
    before = shares()
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], moves_along=["team"], reason="Balance"))
    assert shares() == {("nora", "view_customer", None, "presales")}
    undo(transfer)
    assert shares() == before


def test_the_part_in_the_team_comes_back_with_the_undo(team, run, undo):
    share(make_customer(owner=team.gina), team.nora, role="presales", ends_on=timezone.localdate())
    before = shares()
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    assert shares() == set()
    undo(transfer)
    assert shares() == before


@pytest.mark.parametrize("stays", ["view", "change"])
def test_the_former_owner_stays_as_a_member_until_a_day(team, run, undo, stays):
    customer, until = make_customer(owner=team.gina), timezone.localdate() + timedelta(days=14)
    terms = {"old_owner_stays": stays, "old_owner_until": until, "reason": "Balance"}
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], **terms))
    assert [row[:3] for row in shares()] == [("gina", f"{stays}_customer", until)]
    gina = User.objects.get(pk=team.gina.pk)
    assert customer.__class__.objects.visible_to(gina).filter(pk=customer.pk).exists()
    assert customer.__class__.objects.editable_by(User.objects.get(pk=gina.pk)).exists() is (stays == "change")
    undo(transfer)
    assert shares() == set()


def test_without_a_word_the_former_owner_sees_nothing_any_more(team, run):
    customer = make_customer(owner=team.gina)
    run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    assert not customer.__class__.objects.visible_to(User.objects.get(pk=team.gina.pk)).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"old_owner_stays": "view"},
        {"old_owner_stays": "view", "old_owner_until": -1},
        {"old_owner_stays": "view", "old_owner_until": 400},
        {"old_owner_stays": "own", "old_owner_until": 5},
        {"old_owner_stays": "view", "old_owner_until": 5, "effective_on": 6},
        {"effective_on": -1},
        {"effective_on": 366},
    ],
)
def test_days_that_cannot_be_are_refused(team, wrong):
    make_customer(owner=team.gina)
    days = {"old_owner_until", "effective_on"}
    terms = {k: timezone.localdate() + timedelta(days=v) if k in days else v for k, v in wrong.items()}
    with pytest.raises(ValidationError):
        plan_transfer(team.dora, team.gina, [team.rita], reason="Balance", **terms)
    assert Transfer.objects.count() == 0


def test_the_note_stands_on_the_timeline_of_each_customer(team, run):
    made = make_customers(2, owner=team.gina)
    run(plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves", note="Call Mr Li first."))
    for customer in made:
        told = CustomerStory(customer, User.objects.get(pk=team.rita.pk)).page(None).entries[0]
        assert (told.remark, told.content, told.actor) == ("Gina leaves", "Call Mr Li first.", "Dora")


def test_each_kind_counts_what_the_tick_is_about(team):
    planned = make_customer(owner=team.gina, next_follow_on=timezone.localdate())
    other = make_customer(owner=team.gina)
    task(planned, team.gina), task(other, team.gina), task(other, team.nora)
    share(other, team.nora), share(planned, team.nora, ends_on=timezone.localdate() - timedelta(days=1))
    chosen = planned.__class__.objects.filter(owner=team.gina)
    counts = {code: companions()[code].count(chosen) for code in ("follow_ups", "tasks", "team")}
    assert counts == {"follow_ups": 1, "tasks": 2, "team": 1}
