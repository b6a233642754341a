"""The rules of a pool: who may take what, how much of it, and when."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from crm.history.models import Operation
from customers.customers.models import Customer
from customers.pool.actions import (
    assign_customer,
    claim_customer,
    claim_customers,
    release_customer,
    release_customers,
)
from customers.pool.models import ClaimRecord
from tests.factories import make_customer, make_customers, make_department, make_pool, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def refused(act, code):
    """The words of a refusal that changed nothing at all."""
    before = list(Customer.objects.order_by("pk").values()), ClaimRecord.objects.count(), Operation.objects.count()
    with pytest.raises(ValidationError) as refusal:
        act()
    after = list(Customer.objects.order_by("pk").values()), ClaimRecord.objects.count(), Operation.objects.count()
    assert after == before
    errors = (
        refusal.value.error_list
        if not hasattr(refusal.value, "error_dict")
        else [error for errors in refusal.value.error_dict.values() for error in errors]
    )
    assert errors[0].code == code
    return " ".join(refusal.value.messages)


def test_claiming_makes_the_customer_a_lead_of_the_claimer_and_writes_the_ledger(pool, rita):
    customer = claim_customer(make_pooled_customer(pool), actor=rita)
    assert (customer.owner, customer.department, customer.status) == (rita, rita.department, "lead")
    assert (customer.pool, customer.pooled_at) == (None, None)
    assert customer.received_at is not None
    assert ClaimRecord.objects.values_list("customer", "pool", "claimed_by", "claimed_on", "is_assigned").get() == (
        customer.pk, pool.pk, rita.pk, timezone.localdate(), False,
    )  # fmt: skip
    assert Operation.objects.values_list("verb", "anchor_id", "actor").get() == (
        "customer_claimed", customer.pk, rita.pk,
    )  # fmt: skip


def test_nobody_claims_from_the_pool_of_another_department(pool):
    nora = make_user("nora", role="rep", department=make_department("North", parent=make_department("Sales")))
    customer = make_pooled_customer(pool)
    assert "East pool" in refused(lambda: claim_customer(customer, actor=nora), "not_member")


def test_claiming_can_be_switched_off(pool, rita):
    pool.can_claim = False
    pool.save()
    customer = make_pooled_customer(pool)
    refused(lambda: claim_customer(customer, actor=rita), "claiming_off")


def test_the_daily_limit_counts_the_ledger_so_releasing_frees_no_quota(pool, rita):
    pool.claims_per_day, pool.cool_down_days = 2, 0
    pool.save()
    for _ in range(2):
        release_customer(claim_customer(make_pooled_customer(pool), actor=rita), actor=rita, reason="no interest")
    third = make_pooled_customer(pool)
    words = refused(lambda: claim_customer(third, actor=rita), "daily_limit")
    assert "2 customers" in words and "00:00" in words
    ClaimRecord.objects.update(claimed_on=timezone.localdate() - timedelta(days=1))
    assert claim_customer(third, actor=rita).owner == rita


def test_the_rule_applied_is_that_of_the_pool_the_customer_lies_in(east, pool, rita):
    other = make_pool("Head office", department=east.parent, claims_per_day=1)
    claim_customer(make_pooled_customer(other), actor=rita)
    second = make_pooled_customer(other)
    refused(lambda: claim_customer(second, actor=rita), "daily_limit")
    assert claim_customer(make_pooled_customer(pool), actor=rita).owner == rita


@pytest.mark.parametrize(("pool_limit", "own_limit"), [(3, 200), (200, 3), (0, 3)])
def test_nobody_takes_more_than_they_may_hold_and_existing_customers_do_not_count(pool, rita, pool_limit, own_limit):
    pool.held_at_most, rita.customer_capacity = pool_limit, own_limit
    pool.save(), rita.save()
    make_customers(2, owner=rita)
    make_customers(5, owner=rita, status="existing")
    claim_customer(make_pooled_customer(pool), actor=rita)
    fourth = make_pooled_customer(pool)
    assert "limit is 3" in refused(lambda: claim_customer(fourth, actor=rita), "held_limit")


def test_the_previous_owner_may_not_take_it_back_before_the_cool_down_is_over(pool, rita, dora):
    customer = release_customer(make_customer(owner=rita), actor=rita, reason="no interest", pool=pool)
    assert "30 days" in refused(lambda: claim_customer(customer, actor=rita), "cool_down")
    refused(lambda: assign_customer(customer, owner=rita, actor=dora), "cool_down")
    Customer.objects.update(pooled_at=timezone.now() - timedelta(days=31))
    assert claim_customer(customer, actor=rita).owner == rita


def test_a_colleague_claiming_it_in_between_does_not_end_the_cool_down(pool, rita, east):
    ryan = make_user("ryan", role="rep", department=east)
    customer = release_customer(make_customer(owner=rita), actor=rita, reason="no interest", pool=pool)
    release_customer(claim_customer(customer, actor=ryan), actor=ryan, reason="for Rita", pool=pool)
    refused(lambda: claim_customer(customer, actor=rita), "cool_down")


def test_a_new_arrival_is_frozen_for_the_hours_of_its_pool(pool, rita):
    pool.frozen_hours = 24
    pool.save()
    customer = make_pooled_customer(pool)
    assert "24 hours" in refused(lambda: claim_customer(customer, actor=rita), "frozen")
    Customer.objects.update(pooled_at=timezone.now() - timedelta(hours=25))
    assert claim_customer(customer, actor=rita).owner == rita


def test_an_owned_customer_is_claimed_by_nobody(pool, rita, east):
    ryan = make_user("ryan", role="rep", department=east)
    customer = make_customer(owner=ryan)
    refused(lambda: claim_customer(customer, actor=rita), "taken")


def test_a_batch_reports_each_record(pool, rita):
    pool.claims_per_day = 2
    pool.save()
    customers = [make_pooled_customer(pool) for _ in range(3)]
    outcomes = claim_customers(customers, actor=rita)
    assert [bool(outcome.refusal) for outcome in outcomes] == [False, False, True]
    assert Customer.objects.filter(owner=rita).count() == 2


def test_releasing_clears_what_would_point_to_nowhere(pool, rita):
    owned = make_customer(owner=rita, next_follow_on=timezone.localdate(), protected_until=timezone.localdate())
    customer = release_customer(owned, actor=rita, reason="no interest")
    assert (customer.owner, customer.pool, customer.status, customer.previous_owner) == (None, pool, "pool", rita)
    assert (customer.next_follow_on, customer.protected_until) == (None, None)
    assert customer.pooled_at is not None


def test_releasing_asks_for_a_reason_and_a_pool_of_the_owners_departments(pool, rita):
    customer = make_customer(owner=rita)
    north = make_pool("North pool", department=make_department("North", parent=make_department("Sales")))
    refused(lambda: release_customer(customer, actor=rita, reason="  "), "required")
    refused(lambda: release_customer(customer, actor=rita, reason="x", pool=north), "bad_pool")


def test_the_nearest_pool_above_is_the_default(rita, east):
    head_office = make_pool("Head office", department=east.parent)
    assert release_customer(make_customer(owner=rita), actor=rita, reason="x").pool == head_office


def test_nobody_releases_the_customer_of_a_colleague(pool, rita, east):
    ryan = make_user("ryan", role="rep", department=east)
    mine, theirs = make_customer(owner=rita), make_customer(owner=ryan)
    outcomes = release_customers([mine, theirs], actor=rita, reason="x")
    assert [bool(outcome.refusal) for outcome in outcomes] == [False, True]
    theirs.refresh_from_db()
    assert theirs.owner == ryan


def test_a_director_assigns_out_of_the_pool_and_potential_customers_too(pool, dora, rita, east):
    pooled = assign_customer(make_pooled_customer(pool), owner=rita, actor=dora, reason="her region")
    potential = assign_customer(make_customer(department=east), owner=rita, actor=dora)
    assert (pooled.owner, potential.owner) == (rita, rita)
    assert (pooled.status, potential.status) == ("lead", "lead")
    assert ClaimRecord.objects.values_list("claimed_by", "is_assigned").get() == (rita.pk, True)


def test_an_assignment_uses_up_no_claim_of_the_day(pool, dora, rita):
    pool.claims_per_day = 1
    pool.save()
    assign_customer(make_pooled_customer(pool), owner=rita, actor=dora)
    assert claim_customer(make_pooled_customer(pool), actor=rita).owner == rita


def test_assigning_is_refused_outside_ones_departments_and_above_the_limit(pool, dora, rita):
    nora = make_user("nora", role="rep", department=make_department("North", parent=make_department("Sales")))
    customer = make_pooled_customer(pool)
    refused(lambda: assign_customer(customer, owner=nora, actor=dora), "bad_owner")
    refused(lambda: assign_customer(customer, owner=dora, actor=rita), "bad_owner")
    rita.customer_capacity = 0
    rita.save()
    refused(lambda: assign_customer(customer, owner=rita, actor=dora), "held_limit")


def test_assigning_an_owned_customer_points_to_the_transfer(pool, dora, rita):
    customer = make_customer(owner=rita)
    assert "transfer" in refused(lambda: assign_customer(customer, owner=dora, actor=dora), "owned")


def test_what_lies_in_the_recycle_bin_is_neither_assigned_nor_given_up(pool, rita, dora):
    waiting, owned = make_customer(department=rita.department), make_customer(rita)
    Customer.objects.update(archived_at=timezone.now())
    before = list(Customer.objects.order_by("pk").values())
    for act in (
        lambda: assign_customer(waiting, owner=rita, actor=dora),
        lambda: release_customer(owned, actor=rita, reason="x"),
    ):  # fmt: skip
        with pytest.raises(ValidationError) as refusal:
            act()
        assert refusal.value.code == "archived"
    assert list(Customer.objects.order_by("pk").values()) == before
