"""Scores say how complete, valid and fresh details are, with the reasons, to those who may put them right."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.customers.models import Customer
from customers.quality.models import CustomerQuality
from customers.quality.scoring import score_one, score_quality
from tests.factories import (
    make_contact,
    make_customer,
    make_department,
    make_industry,
    make_region,
    make_source,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep", make_department("East"))


def full(rep, **fields):
    ready = {
        "credit_code": "91320594MA1MXK1239", "industry": make_industry("Machines", code="C34"),
        "region": make_region("Jiangsu"), "source": make_source("Fair"), "size": "large", "phone": "+8651288886666",
        "email": "office@example.com", "last_followed_at": timezone.now(),
    }  # fmt: skip
    customer = make_customer(rep, **(ready | fields))
    make_contact(customer, phone="+8613812345678", is_primary=True)
    return customer


def scored(customer):
    score_quality()
    found = CustomerQuality.objects.get(pk=customer.pk)
    return found.score, found.completeness, found.validity, found.freshness, found.problems


def test_a_customer_with_everything_scores_full(rep):
    assert scored(full(rep)) == (100, 100, 100, 100, [])


def test_what_is_missing_costs_points_and_is_named(rep):
    customer = make_customer(rep, name="Bare", last_followed_at=timezone.now())

    assert scored(customer) == (
        50, 0, 100, 100,
        ["no_contact", "no_phone", "no_credit_code", "no_industry", "no_region", "no_source", "no_size"],
    )  # fmt: skip


def test_the_phone_of_a_contact_counts_as_a_phone(rep):
    assert scored(full(rep, phone="")) == (100, 100, 100, 100, [])


@pytest.mark.parametrize(
    ("field", "value", "validity", "problem"),
    [
        ("credit_code", "123", 60, "bad_credit_code"),
        ("credit_code", "91320594MA1MXK1230", 60, "bad_credit_code"),
        ("phone", "call us", 70, "bad_phone"),
        ("email", "nobody@", 70, "bad_email"),
    ],
)
def test_what_cannot_be_right_is_named(rep, field, value, validity, problem):
    customer = full(rep)
    Customer.objects.filter(pk=customer.pk).update(**{field: value})

    _score, _completeness, found, _freshness, problems = scored(customer)
    assert (found, problems) == (validity, [problem])


@pytest.mark.parametrize(("days", "freshness"), [(10, 100), (60, 75), (120, 50), (300, 25), (400, 0)])
def test_details_grow_old(rep, days, freshness):
    customer = full(rep)
    past = timezone.now() - timedelta(days=days)
    Customer.objects.filter(pk=customer.pk).update(last_followed_at=past, changed_at=past)

    result = scored(customer)
    assert (result[3], "stale" in result[4]) == (freshness, days > 365)


def test_scoring_twice_writes_nothing_and_forgets_archived_customers(rep):
    customer = full(rep)

    assert (score_quality(), score_quality()) == (1, 0)
    Customer.objects.update(archived_at=timezone.now())
    score_quality()
    assert not CustomerQuality.objects.filter(pk=customer.pk).exists()


def test_one_customer_is_scored_at_once(rep):
    first, _second = make_customer(rep), make_customer(rep)

    score_one(first)

    assert list(CustomerQuality.objects.values_list("pk", flat=True)) == [first.pk]


def test_the_page_counts_faults_in_reach_and_leads_to_their_list(rep):
    make_customer(rep, name="Bare")
    make_customer(make_user("far", "rep", make_department("North")), name="Theirs")
    score_quality()
    client = sign_in(rep)

    overview = client.get("/customers/quality/").context["overview"]
    assert (overview.total, {line.finding.code: line.count for line in overview.lines}["no_phone"]) == (1, 1)
    rows = client.get(next(line.url for line in overview.lines if line.finding.code == "no_phone"))
    assert ("Bare" in rows.text, "Theirs" in rows.text) == (True, False)


def test_the_reasons_stand_on_the_record_with_the_way_to_the_field(rep):
    customer = make_customer(rep)
    score_quality()

    page = sign_in(rep).get(f"/customers/{customer.pk}/")

    assert f'/customers/{customer.pk}/edit/#id_credit_code">No credit code' in page.text


@pytest.mark.parametrize("query", ["problem=bad_phone", "quality_until=50"])
def test_who_may_not_know_contact_details_learns_nothing_from_quality(rep, query):
    customer = make_customer(rep, phone="call us")
    score_quality()
    marketing = sign_in(make_user("marketing", "marketing", make_department("Office")))

    assert marketing.get(f"/customers/?{query}").status_code == 400
    assert marketing.get("/customers/quality/").status_code == 403
    assert 'id="quality"' not in marketing.get(f"/customers/{customer.pk}/").text
