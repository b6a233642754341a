"""Customers that fall to a pool and come out of it: their business waits with them and goes to whoever takes them."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.approvals.models import ApprovalRequest
from crm.jobs.running import run_job
from crm.people.models import User
from customers.customers.actions import hold_customer
from customers.customers.models import Customer
from customers.leads.actions import run_allotment
from customers.pool import recycling
from customers.pool.actions import assign_customer, claim_customer, release_customer
from customers.pool.models import PoolMember
from customers.pool.moving import move_to_pool
from customers.pool.recycling import start_recycling
from sales.handing.following import gather_strays
from sales.handing.kinds import KINDS
from sales.opportunities.actions import lose_opportunity
from sales.opportunities.models import Opportunity
from sales.requirements.models import Requirement
from tests.contract.fingerprints import fingerprint
from tests.customers.duplicates.whole import whole_rows
from tests.customers.leads.conftest import make_rule
from tests.factories import make_customer, make_pool, make_pooled_customer, make_user, sign_in
from tests.factories.approvals import make_approval
from tests.factories.sales import (
    make_contract,
    make_invoice,
    make_loss_reason,
    make_opportunity,
    make_payment,
    make_quote,
    make_reissue,
    make_requirement,
)
from tests.sales.handing.conftest import light_business, owners

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(person):
    return User.objects.get(pk=person.pk)


@pytest.fixture
def given_up(team, pool):
    """A customer of Gina's in the pool, with talks, a need and a quote."""
    customer = make_customer(owner=team.gina, status="opportunity")
    light_business(customer)
    return release_customer(customer, actor=team.gina, reason="No budget")


LIGHT = ("sales_opportunity", "sales_requirement", "sales_quote")


def light(owner, place):
    return {table: [(owner, place)] for table in LIGHT}


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda customer: make_contract(customer), "It has a running contract."),
        (lambda customer: make_contract(customer, state="approved"), "A contract with it waits to be signed."),
        (lambda customer: make_quote(customer, state="pending"), "A quote for it waits for approval."),
        (lambda customer: make_requirement(customer, state="blocked", number="N-1"),
         "A requirement of it waits for approval."),
        (lambda customer: make_payment(customer), "A payment of it waits to be confirmed."),
        (lambda customer: make_invoice(make_contract(customer, state="closed"), state="pending"),
         "An invoice for it waits for approval."),
        (lambda customer: make_reissue(make_invoice(make_contract(customer, state="closed")), state="pending"),
         "A reissue for it waits for approval."),
    ],
)  # fmt: skip
def test_a_customer_with_business_that_binds_is_not_released(team, pool, made, words):
    customer = make_customer(owner=team.gina)
    made(customer)
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        release_customer(customer, actor=team.gina, reason="No budget")
    assert words in refusal.value.messages
    assert fingerprint() == before


def test_recycling_leaves_what_waits_for_a_decision(team, admin, pool):
    long_ago = timezone.now() - timedelta(days=60)
    held = [make_customer(owner=team.gina, received_at=long_ago, last_followed_at=long_ago) for _ in range(3)]
    make_requirement(held[0], state="pending", number="N-1"), make_payment(held[1])
    run_job(start_recycling().pk)
    assert set(Customer.objects.filter(owner=team.gina)) == set(held[:2])


def test_what_goes_on_waits_in_the_pool_and_nobody_owns_it(team, pool, given_up):
    assert owners() == light(None, "East")
    seen = Opportunity.objects.visible_to
    assert (seen(fresh(team.gina)).count(), seen(fresh(team.ryan)).count(), seen(fresh(team.dora)).count()) == (0, 0, 1)


def test_nothing_but_the_owner_of_the_business_changes(team, pool):
    customer = make_customer(owner=team.gina, status="opportunity")
    light_business(customer)
    handed = {"owner_id", "department_id", "changed_at"}

    def content():
        return {
            table: {pk: {name: value for name, value in row.items() if name not in handed} for pk, row in kept.items()}
            for table, kept in whole_rows().items() if table.startswith("sales_")
        }  # fmt: skip

    before = content()
    release_customer(customer, actor=team.gina, reason="No budget")
    claim_customer(customer, actor=team.rita)
    assert content() == before


def test_whoever_claims_a_customer_takes_its_business_over(team, given_up):
    claim_customer(given_up, actor=team.rita)
    assert owners() == light("rita", "East")
    assert Customer.objects.get().status == "opportunity"


def test_a_customer_whose_business_has_ended_is_a_lead_for_whoever_claims_it(team, pool):
    customer = make_customer(owner=team.gina, status="opportunity")
    lose_opportunity(make_opportunity(customer), actor=team.gina, loss_reason=make_loss_reason("Price"))
    release_customer(customer, actor=team.gina, reason="No budget")
    claim_customer(customer, actor=team.rita)
    assert (Customer.objects.get().status, owners()) == ("lead", {"sales_opportunity": [("rita", "East")]})


def test_business_goes_to_whoever_a_customer_is_assigned_to(team, given_up):
    assign_customer(given_up, owner=team.ryan, actor=team.dora)
    assert owners() == light("ryan", "East")


def test_business_goes_to_whoever_a_customer_is_handed_out_to(team, given_up):
    run_allotment(make_rule("Out of the pool", {team.rita: 1}, pool=given_up.pool))
    assert owners() == light("rita", "East")


def test_business_moves_with_its_customer_from_pool_to_pool(team, given_up):
    north = make_pool("North pool", department=team.north)
    for pool in (north, given_up.pool):
        PoolMember.objects.create(pool=pool, user=team.dora, is_administrator=True)
    move_to_pool(Customer.objects.all(), actor=fresh(team.dora), pool=north)
    assert owners() == light(None, "North")


def test_a_recycled_customer_takes_its_business_to_the_pool(team, admin, pool):
    pool.spares_opportunities = False
    pool.save()
    long_ago = timezone.now() - timedelta(days=60)
    customer = make_customer(owner=team.gina, status="opportunity", received_at=long_ago, last_followed_at=long_ago)
    light_business(customer)
    run_job(start_recycling().pk)
    assert (Customer.objects.get().status, owners()) == ("pool", light(None, "East"))


def test_customers_with_open_opportunities_stay_where_the_pool_spares_them(team, admin, pool):
    long_ago = timezone.now() - timedelta(days=60)
    customer = make_customer(owner=team.gina, status="opportunity", received_at=long_ago, last_followed_at=long_ago)
    light_business(customer)
    run_job(start_recycling().pk)
    assert (Customer.objects.get().owner, owners()) == (team.gina, light("gina", "East"))


def test_an_approval_that_came_back_is_reached_by_whoever_takes_the_customer(team, pool):
    customer = make_customer(owner=team.gina)
    request = make_approval(make_quote(customer, state="returned"), "sales.quote", state="returned")
    release_customer(customer, actor=team.gina, reason="No budget")
    claim_customer(customer, actor=team.rita)
    request.refresh_from_db()
    assert (request.owner, request.submitted_by) == (team.rita, team.gina)
    assert ApprovalRequest.objects.visible_to(fresh(team.rita)).count() == 1


def test_every_page_shows_what_nobody_owns(team, given_up, api):
    browser = sign_in(team.dora)
    for name, path in (("Opportunity", "opportunities"), ("Requirement", "requirements"), ("Quote", "quotes")):
        row = next(kind.model for kind in KINDS if kind.model.__name__ == name).objects.get()
        assert browser.get(row.get_absolute_url()).status_code == 200
        assert browser.get(f"/sales/{path}/").status_code == 200
        told = api(team.dora).get(f"/api/v1/{path}/{row.pk}/")
        assert (told.status_code, told.json().get("owner")) == (200, None)


def test_a_customer_without_business_costs_one_question_more_to_claim(team, pool):
    plain = make_pooled_customer(pool)
    rich = make_customer(owner=team.gina)
    light_business(rich)
    release_customer(rich, actor=team.gina, reason="No budget")
    counts = []
    for customer in (plain, rich):
        with CaptureQueriesContext(connection) as queries:
            claim_customer(customer, actor=fresh(team.rita))
        counts.append(len([one for one in queries if "sales_" in one["sql"] and "UPDATE" in one["sql"]]))
    assert counts[1] - counts[0] == 3 + 1  # each kind there is, and their approvals


# ── at the same moment ──


def recycle_while(customer, change):
    """Run the recycling while somebody holds the customer, changes something and commits only once the run waits."""
    is_locked = threading.Event()

    def work():
        with transaction.atomic():
            hold_customer(customer)
            change()
            is_locked.set()
            with connection.cursor() as cursor:
                for _ in range(200):
                    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                    if cursor.fetchone()[0]:
                        break
                    time.sleep(0.1)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    is_locked.wait()
    run_job(start_recycling().pk)
    thread.join()


@pytest.fixture
def forgotten(team, admin, pool):
    """A customer due for the pool tonight, with a requirement about to be put up for approval."""
    long_ago = timezone.now() - timedelta(days=60)
    customer = make_customer(owner=team.gina, received_at=long_ago, last_followed_at=long_ago)
    make_requirement(customer)
    return customer


def submit_requirement():
    Requirement.objects.update(state="pending", number="N-1")


def test_what_is_put_up_for_approval_while_the_run_waits_keeps_the_customer(team, forgotten):
    recycle_while(forgotten, submit_requirement)
    assert (Customer.objects.get().owner, Requirement.objects.get().owner) == (team.gina, team.gina)


def test_the_race_is_seen_without_the_second_look(team, forgotten, monkeypatch):
    monkeypatch.setattr(recycling, "held", lambda: Q(pk__in=[]))
    recycle_while(forgotten, submit_requirement)
    assert Customer.objects.get().owner is None


def test_of_many_who_claim_at_once_one_gets_the_customer_and_its_business(team, pool, given_up):
    claimers = [make_user(f"rep{place}", role="rep", department=team.east) for place in range(4)]
    refusals = []

    def claim(person):
        try:
            claim_customer(Customer.objects.get(pk=given_up.pk), actor=fresh(person))
        except (ValidationError, OperationalError) as refusal:
            refusals.append(refusal)
        connection.close()

    threads = [threading.Thread(target=claim, args=[person]) for person in claimers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = Customer.objects.get().owner
    assert (winner in claimers, len(refusals)) == (True, 3)
    assert owners() == light(winner.username, "East")


# ── every night ──


def test_who_lost_sight_of_a_customer_keeps_nothing_of_it(team, pool):
    customer = make_customer(owner=team.gina)
    of_ryan, of_dora = make_opportunity(customer, owner=team.ryan), make_opportunity(customer, owner=team.dora)
    assert gather_strays() == 1
    of_ryan.refresh_from_db(), of_dora.refresh_from_db()
    assert (of_ryan.owner, of_dora.owner) == (team.gina, team.dora)
    before = fingerprint()
    assert gather_strays() == 0
    assert fingerprint() == before


def test_what_nobody_owns_of_an_owned_customer_goes_to_its_owner(team):
    left = make_opportunity(make_customer(owner=team.gina))
    Opportunity.objects.update(owner=None)
    gather_strays()
    left.refresh_from_db()
    assert left.owner == team.gina


def test_somebody_of_another_department_sees_nothing_of_what_was_given_up(team, given_up):
    outsider = make_user("olga", role="director", department=team.north)
    assert Opportunity.objects.visible_to(outsider).count() == 0
