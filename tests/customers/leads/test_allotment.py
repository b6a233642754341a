"""Handing out: by rule, by hand, out of a pool; who is left out, what is recorded."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.history.models import Operation
from crm.notifications.models import Notice
from customers.customers.models import Customer
from customers.leads.actions import hand_out_by_rule, hand_out_evenly, run_allotment
from customers.leads.automatic import hand_out_new_leads, hand_out_of_pools
from customers.leads.keeping import delete_allotment, save_allotment
from customers.leads.models import Allotment, AllotmentRecord
from customers.pool.models import ClaimRecord
from tests.contract.fingerprints import fingerprint
from tests.customers.leads.conftest import make_leads, make_rule, owners_of, send_away
from tests.factories import (
    make_customers,
    make_department,
    make_industry,
    make_pool,
    make_pooled_customer,
    make_region,
    make_source,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db


def test_a_rule_gives_waiting_leads_in_turns_and_goes_on_with_the_next_turn(sales, rita, ryan):
    rule = make_rule(shares={rita: 1, ryan: 1})
    first = make_leads(3, sales)
    assert run_allotment(rule).given == {rita: 2, ryan: 1}
    second = make_leads(3, sales)
    assert run_allotment(rule).given == {rita: 1, ryan: 2}
    assert owners_of(first + second) == ["rita", "ryan", "rita", "ryan", "rita", "ryan"]
    lead = first[0]
    assert (lead.status, lead.department, lead.pool, lead.received_at is not None) == (
        "lead",
        rita.department,
        None,
        True,
    )


def test_each_hand_out_is_recorded_named_and_told_once_with_its_count(sales, rita, ryan):
    rule = make_rule("East in turns", shares={rita: 1, ryan: 1})
    leads = make_leads(3, sales)
    run_allotment(rule)
    records = list(AllotmentRecord.objects.order_by("customer").values_list("customer", "user", "allotment", "method"))
    assert records == [
        (leads[0].pk, rita.pk, rule.pk, "turns"), (leads[1].pk, ryan.pk, rule.pk, "turns"),
        (leads[2].pk, rita.pk, rule.pk, "turns"),
    ]  # fmt: skip
    entry = Operation.objects.get(verb="customers_allotted")
    assert (entry.subject_label, entry.row_count, entry.actor) == ("East in turns", 3, None)
    assert entry.facts == {"given": {str(rita.pk): 2, str(ryan.pk): 1}}
    texts = dict(Notice.objects.values_list("recipient__username", "text"))
    assert texts == {
        "rita": "2 new customers are yours now.",
        "ryan": f"“{leads[1].name}” is yours now: get in touch soon.",
    }


def test_the_away_the_disabled_and_the_full_are_passed_over(sales, rita, ryan, vera):
    full = make_user("full", role="rep", department=sales, customer_capacity=2)
    make_customers(2, owner=full)
    gone = make_user("gone", role="rep", department=sales, is_active=False)
    send_away(ryan, rita)
    rule = make_rule(shares={rita: 1, ryan: 1, full: 1, gone: 1})
    make_leads(4, sales)
    assert run_allotment(rule).given == {rita: 4}


def test_a_rule_stops_at_the_limits_and_says_what_is_left(sales, rita, ryan):
    for person, limit in ((rita, 3), (ryan, 1)):
        person.customer_capacity = limit
        person.save()
    outcome = run_allotment(make_rule(shares={rita: 1, ryan: 1}, method="load"))
    make_leads(10, sales)
    outcome = run_allotment(Allotment.objects.get())
    assert (outcome.given, outcome.left) == ({rita: 3, ryan: 1}, 6)
    assert Customer.objects.waiting().count() == 6


def test_conditions_include_what_lies_below_a_region_and_an_industry(sales, rita):
    province, section, fair = make_region("Jiangsu"), make_industry("Manufacturing"), make_source("Fair")
    district = make_region("Huqiu", parent=make_region("Suzhou", parent=province))
    division = make_industry("Machines", parent=section)
    fits = make_leads(1, sales, region=district, industry=division, source=fair)
    others = make_leads(1, sales, region=district, industry=division, source=make_source("Web"))
    others += make_leads(1, sales, region=make_region("Zhejiang"), industry=division, source=fair)
    others += make_leads(1, sales, region=district, source=fair)
    rule = make_rule(shares={rita: 1}, region_ids=[province.pk], industry_ids=[section.pk], source_ids=[fair.pk])
    run_allotment(rule)
    assert (owners_of(fits), owners_of(others)) == (["rita"], [None, None, None])


def test_what_the_first_rule_cannot_place_falls_to_the_next(sales, rita, ryan):
    rita.customer_capacity = 1
    rita.save()
    make_rule("First", shares={rita: 1}, is_automatic=True, position=1)
    make_rule("Second", shares={ryan: 1}, is_automatic=True, position=2)
    make_rule("By hand only", shares={rita: 1, ryan: 1}, position=0)
    make_leads(3, sales)
    assert hand_out_new_leads() == 3
    assert Counter(AllotmentRecord.objects.values_list("allotment__name", "user__username")) == {
        ("First", "rita"): 1, ("Second", "ryan"): 2,
    }  # fmt: skip


def test_out_of_a_pool_goes_into_the_ledger_and_never_back_to_who_gave_it_up(sales, rita, ryan):
    pool = make_pool("Sales pool", department=sales, cool_down_days=30)
    lately, long_ago = timezone.now() - timedelta(days=2), timezone.now() - timedelta(days=40)
    customers = [
        make_pooled_customer(pool, previous_owner=rita, pooled_at=lately),
        make_pooled_customer(pool, previous_owner=rita, pooled_at=long_ago),
    ]
    make_rule(shares={rita: 1, ryan: 1}, pool=pool, is_automatic=True)
    assert (hand_out_new_leads(), hand_out_of_pools()) == (0, 2)
    assert owners_of(customers) == ["ryan", "rita"]
    ledger = ClaimRecord.objects.order_by("customer").values_list("claimed_by", "is_assigned", "previous_owner")
    assert list(ledger) == [(ryan.pk, True, rita.pk), (rita.pk, True, rita.pk)]


def test_a_cool_down_outlives_the_next_owner(sales, rita, ryan):
    pool = make_pool("Sales pool", department=sales, cool_down_days=30)
    customer = make_pooled_customer(pool, previous_owner=ryan, pooled_at=timezone.now())
    lately = timezone.now() - timedelta(days=5)
    ClaimRecord.objects.create(
        customer=customer, pool=pool, claimed_by=ryan, claimed_on=lately.date(), previous_owner=rita, pooled_at=lately
    )
    outcome = run_allotment(make_rule(shares={rita: 1, ryan: 1}, pool=pool))
    assert (outcome.given, outcome.left, owners_of([customer])) == ({}, 1, [None])


def test_by_hand_leads_go_evenly_first_to_whoever_holds_least(sales, rita, ryan, vera):
    make_customers(5, owner=rita)
    leads = make_leads(3, sales)
    outcome = hand_out_evenly(Customer.objects.filter(pk__in=[lead.pk for lead in leads]), [rita, ryan], actor=vera)
    assert outcome.given == {ryan: 2, rita: 1}
    entry = Operation.objects.get(verb="customers_handed_out")
    assert (entry.actor, entry.row_count) == (vera, 3)


def test_a_director_hands_out_by_a_rule_only_to_people_of_ones_departments(sales, east, rita, ryan):
    west = make_user("wes", role="rep", department=make_department("West", parent=sales))
    dora = make_user("dora", role="director", department=east)
    leads = make_leads(4, east)
    rule = make_rule(shares={rita: 1, west: 1})
    chosen = Customer.objects.filter(pk__in=[lead.pk for lead in leads])
    assert hand_out_by_rule(chosen, rule, actor=dora).given == {rita: 4}


def test_handing_out_to_somebody_elses_people_is_refused_and_changes_nothing(sales, east, rita):
    wes = make_user("wes", role="rep", department=make_department("West", parent=sales))
    dora = make_user("dora", role="director", department=east)
    make_leads(2, east)
    before = fingerprint()
    for people in ([rita, wes], []):
        with pytest.raises(ValidationError):
            hand_out_evenly(Customer.objects.waiting(), people, actor=dora)
    assert fingerprint() == before


def test_only_waiting_leads_are_handed_out_by_hand(sales, rita, ryan, vera):
    taken, archived = make_customers(1, owner=ryan), make_leads(1, sales, archived_at=timezone.now())
    outcome = hand_out_evenly(Customer.objects.all(), [rita], actor=vera)
    assert (outcome.count, owners_of(taken + archived)) == (0, ["ryan", None])


def test_other_receivers_or_weights_begin_the_turns_anew(sales, rita, ryan, vera):
    rule = save_allotment(Allotment(name="Turns"), {rita.pk: 1}, actor=vera)
    make_leads(7, sales)
    run_allotment(rule)
    save_allotment(rule, {rita.pk: 1, ryan.pk: 1}, actor=vera)
    make_leads(2, sales)
    assert run_allotment(rule).given == {rita: 1, ryan: 1}
    save_allotment(rule, {rita.pk: 1, ryan.pk: 1}, actor=vera)
    assert list(rule.shares.values_list("taken", flat=True)) == [1, 1]


@pytest.mark.parametrize("weights", [{}, {"rita": 0}, {"rita": 1001}, {"admin": 1}])
def test_a_rule_without_fitting_receivers_is_refused_and_nothing_is_kept(weights, sales, rita, vera):
    people = {"rita": rita, "admin": make_user("ada", role="admin", department=sales)}
    before = fingerprint()
    with pytest.raises(ValidationError):
        save_allotment(Allotment(name="Bad"), {people[name].pk: weight for name, weight in weights.items()}, actor=vera)
    assert fingerprint() == before


def test_a_deleted_rule_leaves_what_it_handed_out_on_record(sales, rita, vera):
    rule = make_rule(shares={rita: 1})
    make_leads(1, sales)
    run_allotment(rule)
    delete_allotment(rule, actor=vera)
    assert list(AllotmentRecord.objects.values_list("allotment", "user")) == [(None, rita.pk)]


def test_a_run_costs_the_same_statements_for_three_leads_and_for_a_hundred(
    sales, rita, ryan, django_assert_num_queries
):
    rule = make_rule(shares={rita: 1, ryan: 1})
    for count in (3, 150):
        make_leads(count, sales)
        with django_assert_num_queries(25):
            assert run_allotment(rule).count == count


# ── whose rules these are ──


@pytest.fixture
def elsewhere(sales):
    """A director beside the department that takes new leads in, and a pool of hers."""
    west = make_department("West")
    return make_user("wanda", role="director", department=west), make_pool("West pool", department=west)


def test_a_directors_rules_give_only_what_that_director_could_assign(sales, rita, vera, elsewhere):
    wanda, hers = elsewhere
    own = make_user("wes", role="rep", department=wanda.department)
    for rule, weights in (
        (Allotment(name="All new leads"), {own.pk: 1}),
        (Allotment(name="Out of theirs", pool=make_pool("Theirs", department=sales)), {own.pk: 1}),
        (Allotment(name="To theirs", pool=hers), {rita.pk: 1}),
    ):
        with pytest.raises(ValidationError) as caught:
            save_allotment(rule, weights, actor=wanda)
        assert caught.value.code == "beyond_reach"
    assert Allotment.objects.count() == 0
    assert save_allotment(Allotment(name="Own", pool=hers), {own.pk: 1}, actor=wanda).pk
    assert save_allotment(Allotment(name="Company"), {own.pk: 1, rita.pk: 1}, actor=make_user(role="admin")).pk


def test_nobody_changes_drops_or_starts_a_rule_beyond_their_departments(sales, rita, vera, elsewhere):
    wanda, hers = elsewhere
    own = make_user("wes", role="rep", department=wanda.department)
    rule, leads = make_rule("New leads", {rita: 1}), make_leads(2, sales)
    works = [
        lambda: save_allotment(Allotment(pk=rule.pk, name="Mine now", pool=hers), {own.pk: 1}, actor=wanda),
        lambda: delete_allotment(rule, actor=wanda), lambda: run_allotment(rule, actor=wanda),
    ]  # fmt: skip
    for work in works:
        with pytest.raises(ValidationError) as caught:
            work()
        assert caught.value.code == "beyond_reach"
    assert Allotment.objects.get().name == "New leads"
    assert owners_of(leads) == [None, None]
    browser = sign_in(wanda)
    for verb in ("try", "delete"):
        assert browser.post(f"/settings/allotments/{rule.pk}/{verb}/").status_code == 302
    assert owners_of(leads) == [None, None]
    assert Allotment.objects.get().shares.get().user == rita
