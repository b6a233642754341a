"""What a leaver was responsible for in sales has somebody else the moment they are gone."""

import threading
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.utils import timezone

from crm.approvals.flows import install_standard_flows
from crm.approvals.models import ApprovalRequest
from crm.jobs.running import run_job
from crm.leaving.actions import plan_departure, sweep_leftovers
from crm.leaving.models import Departure
from crm.operations.invariants import broken
from crm.people.actions import enable_user
from crm.people.models import User
from customers.customers.models import Customer
from customers.transfers.actions import start_undo
from customers.transfers.models import Transfer
from sales.handing.invariants import RULES
from sales.handing.kinds import KINDS
from sales.handing.leaving import SALES
from sales.opportunities.models import Opportunity
from sales.quotes.actions import submit_quote
from sales.quotes.models import Quote
from tests.customers.duplicates.whole import whole_rows
from tests.factories import make_customer, make_pooled_customer, make_user, sign_in
from tests.factories.approvals import make_approval
from tests.factories.sales import make_contract, make_opportunity, make_payment, make_quote
from tests.sales.handing.conftest import all_of, light_business, open_business, owners

pytestmark = pytest.mark.django_db(transaction=True)


def leave(team, admin, *receivers, heir=None):
    said = {"leaves_on": timezone.localdate(), "receivers": receivers, "heir": heir or team.dora}
    departure = plan_departure(team.gina, actor=admin, **said)
    departure.refresh_from_db()
    run_job(departure.job_id)
    departure.refresh_from_db()
    return departure


def rows():
    wanted = {kind.table for kind in KINDS} | {"crm_approvalrequest"}
    found = {table: kept for table, kept in whole_rows().items() if table in wanted}
    return {
        table: {pk: {name: value for name, value in row.items() if name != "changed_at"} for pk, row in kept.items()}
        for table, kept in found.items()
    }


def owned_by(person):
    return sum(kind.model.objects.filter(owner=person).count() for kind in KINDS)


def test_everything_goes_with_the_customers_to_the_receivers(team, admin, pool):
    customer = make_customer(owner=team.gina)
    open_business(customer), make_contract(customer, state="closed"), make_quote(customer, state="void")
    assert leave(team, admin, team.rita).state == "done"
    assert owners() == all_of("rita", "East")


def test_business_of_customers_that_fall_to_the_pool_goes_to_the_successor(team, admin, pool):
    open_business(make_customer(owner=team.gina))
    leave(team, admin)
    assert Customer.objects.get().pool == pool
    assert owners() == all_of("dora", "East")


def test_where_the_successor_does_not_see_the_customer_nobody_owns_its_business(team, admin, pool):
    light_business(make_customer(owner=team.gina))
    leave(team, admin, heir=team.nora)
    assert {name for found in owners().values() for name, _place in found} == {None}


def test_business_of_other_peoples_customers_goes_to_these_people(team, admin, pool):
    customer = make_customer(owner=team.ryan)
    kept = make_opportunity(customer, owner=team.gina)
    claimed = make_payment(customer, owner=team.gina, department=team.east)
    leave(team, admin, team.rita)
    kept.refresh_from_db(), claimed.refresh_from_db()
    assert (kept.owner, claimed.owner) == (team.ryan, team.ryan)


def test_what_waits_for_a_decision_goes_on_and_keeps_its_submitter(team, admin, pool):
    quote = make_quote(make_customer(owner=team.gina), state="pending")
    request = make_approval(quote, "sales.quote", approver=team.dora)
    leave(team, admin, team.rita)
    request.refresh_from_db(), quote.refresh_from_db()
    assert (quote.owner, quote.state) == (team.rita, "pending")
    assert (request.owner, request.submitted_by, request.state) == (team.rita, team.gina, "pending")
    assert request.tasks.get().approver == team.dora


def test_the_page_counts_what_somebody_holds_by_kind(team, admin, pool):
    light_business(make_customer(owner=team.gina))
    assert (SALES.count(team.gina), SALES.groups(team.gina)) == (
        3, [("opportunities", 1), ("requirements", 1), ("quotes", 1)],
    )  # fmt: skip
    page = sign_in(admin).get(f"/settings/users/{team.gina.pk}/leave/").content.decode()
    assert "Opportunities and sales documents" in page
    assert "requirements 1" in page


def test_whoever_comes_back_gets_everything_back(team, admin, pool):
    open_business(make_customer(owner=team.gina)), light_business(make_customer(owner=team.gina))
    before = rows()
    team.rita.customer_capacity = 1
    team.rita.save()
    leave(team, admin, team.rita)
    assert {name for found in owners().values() for name, _place in found} == {"rita", "dora"}
    enable_user(User.objects.get(pk=team.gina.pk), actor=admin)
    run_job(start_undo(Transfer.objects.get(), team.dora).pk)
    assert rows() == before


def test_what_still_belongs_to_somebody_disabled_is_swept_up(team, admin, pool):
    theirs = light_business(make_customer(owner=team.ryan), owner=team.gina)
    User.objects.filter(pk=team.gina.pk).update(is_active=False)
    assert sweep_leftovers() == 1
    assert (owned_by(team.gina), owned_by(team.ryan)) == (0, len(theirs))
    assert sweep_leftovers() == 0


def test_the_sweep_leaves_those_whose_departure_is_under_way(team, admin, pool):
    light_business(make_customer(owner=team.ryan), owner=team.gina)
    plan_departure(team.gina, actor=admin, leaves_on=timezone.localdate(), receivers=[team.rita])
    User.objects.filter(pk=team.gina.pk).update(is_active=False)
    assert (sweep_leftovers(), owned_by(team.gina)) == (0, 3)
    assert Departure.objects.get().state == "running"


def test_somebody_who_submits_the_leavers_quotes_meanwhile_leaves_nothing_behind(team, admin, pool):
    install_standard_flows()
    make_user("boss", role="director", department=team.east.parent)
    quotes = [make_quote(make_customer(owner=team.gina)) for _ in range(20)]
    departure = plan_departure(team.gina, actor=admin, leaves_on=timezone.localdate(), receivers=[team.rita])
    departure.refresh_from_db()
    refused = []

    def submit():
        for quote in quotes:
            try:
                submit_quote(Quote.objects.get(pk=quote.pk), actor=User.objects.get(pk=team.dora.pk))
            except ValidationError as refusal:
                refused.append(refusal)
        connection.close()

    thread = threading.Thread(target=submit)
    thread.start()
    tries = 0
    while Departure.objects.get().state == "running" and tries < 30:
        tries += 1
        with suppress(OperationalError):  # a customer is busy for too long: the sweeper of jobs begins again
            run_job(departure.job_id)
    thread.join()
    assert (owned_by(team.gina), refused) == (0, [])
    apart = [
        request.pk for request in ApprovalRequest.objects.all()
        if request.owner_id != Quote.objects.get(pk=request.subject_id).owner_id
    ]  # fmt: skip
    assert (ApprovalRequest.objects.count(), apart) == (20, [])


def test_opportunities_of_customers_in_the_bin_have_somebody_too(team, admin, pool):
    binned = make_opportunity(make_customer(owner=team.gina, archived_at=timezone.now()))
    leave(team, admin, team.rita)
    binned.refresh_from_db()
    assert binned.owner in (team.rita, team.dora)
    assert Opportunity.objects.filter(owner__is_active=False).count() == 0


def test_without_a_head_above_nobody_owns_what_a_disabled_person_left_in_a_pool(team, pool):
    opportunity = make_opportunity(make_pooled_customer(pool), owner=team.gina)
    User.objects.filter(pk=team.gina.pk).update(is_active=False)
    assert [rule.sentence for rule in RULES if broken(rule)] == [RULES[2].sentence]
    sweep_leftovers()
    opportunity.refresh_from_db()
    assert opportunity.owner is None
    assert [rule.sentence for rule in RULES if broken(rule)] == []


def test_the_rules_see_what_has_no_owner_and_what_an_approval_missed(team):
    quote = make_quote(make_customer(owner=team.gina), state="pending")
    make_approval(quote, "sales.quote")
    assert [rule.sentence for rule in RULES if broken(rule)] == []
    Quote.objects.update(owner=team.rita)
    assert [rule.sentence for rule in RULES if broken(rule)] == [RULES[1].sentence]
    Quote.objects.update(owner=None)
    assert [rule.sentence for rule in RULES if broken(rule)] == [RULES[0].sentence]
