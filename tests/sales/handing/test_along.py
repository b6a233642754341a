"""A transfer takes the business of its customers along; whatever else it changes, its undo puts back."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.approvals.models import ApprovalRequest
from crm.operations.invariants import all_rules, broken
from crm.people.models import User
from crm.records.selection import Selection
from customers.customers.models import Customer
from customers.customers.sharing import share_permission
from customers.transfers.actions import plan_transfer
from customers.transfers.along import companions
from sales.contracts.models import Contract
from sales.handing.kinds import KINDS
from sales.opportunities.models import Opportunity
from sales.quotes.models import Quote
from tests.customers.duplicates.whole import whole_rows
from tests.factories import make_customer
from tests.factories.approvals import make_approval
from tests.factories.sales import make_contract, make_opportunity, make_quote, make_requirement
from tests.sales.handing.conftest import all_of, light_business, open_business, owners

pytestmark = pytest.mark.django_db(transaction=True)
# who wrote a row last, and what an owner stands in
HANDED = ("owner_id", "department_id", "changed_at", "changed_by_id")


def rows(*but):
    """Every row of sales without these columns."""
    return {
        table: {pk: {name: value for name, value in row.items() if name not in but} for pk, row in kept.items()}
        for table, kept in whole_rows().items()
        if table.startswith("sales_") or table == "crm_approvalrequest"
    }


def broken_rules():
    return {rule.sentence: sorted(ids) for rule in all_rules() if (ids := broken(rule))}


def move(team, run, **terms):
    return run(plan_transfer(team.dora, team.gina, [team.nora], reason="Balance", exceeds_limit=True, **terms))


@pytest.fixture
def dora_everywhere(team):
    """A director who may move customers to the North, too."""
    team.dora.department = team.east.parent
    team.dora.save()


@pytest.fixture
def business(team, dora_everywhere):
    return open_business(make_customer(owner=team.gina))


def test_all_open_business_goes_with_its_customer_and_nothing_of_it_changes(team, business, run):
    before, content = rows("changed_at"), rows(*HANDED)
    move(team, run)
    assert owners() == all_of("nora", "North")
    assert rows(*HANDED) == content
    assert rows("changed_at") != before


def test_the_undo_puts_every_row_back(team, business, run, undo):
    before = rows("changed_at", "changed_by_id")
    transfer = move(team, run)
    undo(transfer)
    assert rows("changed_at", "changed_by_id") == before
    assert owners() == all_of("gina", "East")


def test_what_is_left_unticked_goes_too_where_the_former_owner_sees_the_customer_no_more(team, business, run, undo):
    before = rows("changed_at", "changed_by_id")
    transfer = move(team, run, moves_along=[])
    assert owners() == all_of("nora", "North")
    undo(transfer)
    assert rows("changed_at", "changed_by_id") == before


@pytest.mark.parametrize("stays", ["view", "change"])
def test_what_is_left_unticked_stays_with_a_former_owner_who_stays_in_the_team(team, business, run, undo, stays):
    until = timezone.localdate() + timedelta(days=9)
    before = rows()
    transfer = move(team, run, moves_along=[], old_owner_stays=stays, old_owner_until=until)
    assert rows() == before
    undo(transfer)
    assert rows() == before


def test_a_disabled_former_owner_keeps_nothing_although_said_to_stay(team, business, run):
    User.objects.filter(pk=team.gina.pk).update(is_active=False)
    until = timezone.localdate() + timedelta(days=9)
    move(team, run, moves_along=[], old_owner_stays="view", old_owner_until=until)
    assert owners() == all_of("nora", "North")


def test_each_tick_takes_its_own_kinds(team, run, dora_everywhere):
    customer = make_customer(owner=team.dora)
    open_business(customer)
    run(plan_transfer(team.dora, Selection(ids=(customer.pk,)), [team.nora], reason="Balance", moves_along=["offers"]))
    went = {table for table, found in owners().items() if ("nora", "North") in found}
    assert went == {"sales_requirement", "sales_quote"}


def test_what_has_ended_stays_with_a_director_who_still_sees_it(team, run, dora_everywhere):
    customer = make_customer(owner=team.dora)
    ended = make_contract(customer, state="closed")
    going_on = make_contract(customer)
    run(plan_transfer(team.dora, Selection(ids=(customer.pk,)), [team.nora], reason="Balance"))
    ended.refresh_from_db(), going_on.refresh_from_db()
    assert (ended.owner, going_on.owner) == (team.dora, team.nora)


def test_what_has_ended_goes_where_the_former_owner_sees_it_no_more(team, run, undo, dora_everywhere):
    customer = make_customer(owner=team.gina)
    make_contract(customer, state="closed")
    make_quote(customer, state="void")
    transfer = move(team, run)
    assert {name for found in owners().values() for name, _place in found} == {"nora"}
    undo(transfer)
    assert {name for found in owners().values() for name, _place in found} == {"gina"}


def test_what_the_receiver_opened_since_comes_back_with_the_customer(team, business, run, undo):
    transfer = move(team, run)
    later = make_opportunity(Customer.objects.get())
    assert later.owner == team.nora
    undo(transfer)
    later.refresh_from_db()
    assert (later.owner, later.department) == (team.gina, team.east)


def test_the_undo_leaves_what_was_given_to_somebody_else_since_and_who_sees_it(team, business, run, undo):
    transfer = move(team, run)
    Opportunity.objects.update(owner=team.dora)
    undo(transfer)
    assert Opportunity.objects.get().owner == team.dora


def test_business_of_a_colleague_who_loses_the_customer_goes_to_the_new_owner(team, run, undo, dora_everywhere):
    customer = make_customer(owner=team.gina)
    customer.shares.create(user=team.ryan, permission=share_permission("view"), shared_by=team.gina)
    of_ryan = make_opportunity(customer, owner=team.ryan)
    of_dora = make_opportunity(customer, owner=team.dora)
    transfer = move(team, run)
    of_ryan.refresh_from_db(), of_dora.refresh_from_db()
    assert (of_ryan.owner, of_dora.owner) == (team.nora, team.dora)
    undo(transfer)
    of_ryan.refresh_from_db()
    assert of_ryan.owner == team.ryan


def test_business_of_other_customers_stays(team, run, dora_everywhere):
    going, staying = make_customer(owner=team.gina), make_customer(owner=team.gina)
    light_business(going), light_business(staying)
    run(plan_transfer(team.dora, Selection(ids=(going.pk,)), [team.nora], reason="Balance"))
    assert Opportunity.objects.get(customer=staying).owner == team.gina
    assert Quote.objects.get(customer=staying).owner == team.gina


def test_a_customer_with_a_running_contract_goes_and_one_that_waits_for_approval_stays(team, run, dora_everywhere):
    names = {}
    for state in ("signed", "approved", "pending"):
        names[make_contract(make_customer(owner=team.gina), state=state).customer_id] = state
    asked = make_requirement(make_customer(owner=team.gina), state="pending", number="T-N-1")
    names[asked.customer_id] = "requirement"
    transfer = move(team, run)
    found = transfer.rows.values_list("customer", "outcome", "hold")
    told = {names[pk]: (outcome, hold) for pk, outcome, hold in found}
    assert told == {
        "signed": ("moved", ""), "approved": ("moved", ""), "pending": ("stays", "contract_waiting"),
        "requirement": ("stays", "requirement_waiting"),
    }  # fmt: skip
    assert Contract.objects.get(state="pending").owner == team.gina


def test_who_reaches_an_approval_follows_its_document_and_its_way_stays(team, run, undo, dora_everywhere):
    quote = make_quote(make_customer(owner=team.gina), state="returned")
    request = make_approval(quote, "sales.quote", state="returned")
    before = ApprovalRequest.objects.filter(pk=request.pk).values().get()
    transfer = move(team, run)
    now = ApprovalRequest.objects.filter(pk=request.pk).values().get()
    assert now == {**before, "owner_id": team.nora.pk, "department_id": team.north.pk}
    undo(transfer)
    assert ApprovalRequest.objects.filter(pk=request.pk).values().get() == before


def test_each_tick_says_how_much_it_is_about(team):
    customer = make_customer(owner=team.gina)
    open_business(customer)
    make_opportunity(customer, owner=team.ryan)
    make_contract(customer, state="closed")
    found = {code: one.count(Customer.objects.filter(pk=customer.pk)) for code, one in companions().items()}
    # the contracts of the factory come from quotes that were accepted, and one more is invoiced
    assert (found["opportunities"], found["contracts"]) == (1, 2)
    assert found["offers"] == 1 + 1 + Quote.objects.filter(state="accepted", is_current=True).count()


def test_moving_asks_as_often_for_one_customer_as_for_twenty(team, run, dora_everywhere):
    counts = []
    for size in (1, 20):
        for customer in [make_customer(owner=team.gina) for _ in range(size)]:
            open_business(customer)
        transfer = plan_transfer(team.dora, team.gina, [team.nora], reason="Balance")
        with CaptureQueriesContext(connection) as queries:
            run(transfer)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_nothing_that_must_hold_is_broken_there_and_back(team, business, run, undo):
    found = broken_rules()
    transfer = move(team, run)
    assert broken_rules() == found
    undo(transfer)
    assert broken_rules() == found


def test_every_kind_is_known():
    """A record of sales with an owner and a customer that is not in the list would be left behind."""
    models = [one for one in apps.get_app_config("sales").get_models() if not hasattr(one, "pgh_tracked_model")]
    owned = {model for model in models if {"owner", "customer"} <= {field.name for field in model._meta.fields}}
    assert owned == {kind.model for kind in KINDS}
