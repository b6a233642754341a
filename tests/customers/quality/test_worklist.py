"""The worklist: one fault after the other, put right through the same actions as anywhere, masks and reach kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.access.models import Grant
from crm.history.models import Operation
from customers.customers.models import Customer
from customers.quality.models import CustomerQuality
from customers.quality.scoring import score_quality
from tests.factories import (
    make_contact,
    make_customer,
    make_department,
    make_pooled_customer,
    make_user,
    role_named,
    sign_in,
)

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def rep():
    return make_user("rep", "rep", make_department("East"))


def listed(client, problem):
    page = client.get(f"/customers/quality/worklist/?problem={problem}")
    assert page.status_code == 200
    return [line["customer"].name for line in page.context["lines"]]


def test_each_fault_lists_the_customers_in_reach_that_have_it(rep):
    bad = make_customer(rep, name="Bad phone", phone="call us")
    make_contact(make_customer(rep, name="No main"), is_primary=False)
    make_contact(make_customer(rep, name="With main"), is_primary=True)
    make_customer(make_user("far", "rep", make_department("North")), name="Far", phone="call us")
    make_pooled_customer(name="Pooled", phone="call us")
    score_quality()
    client = sign_in(rep)

    assert listed(client, "bad_phone") == ["Bad phone"]
    assert listed(client, "no_primary") == ["No main"]
    assert sorted(listed(client, "no_contact")) == ["Bad phone"]
    assert client.get("/customers/quality/worklist/?problem=nonsense").status_code == 404
    assert client.get("/customers/quality/worklist/?problem=bad_phone&cursor=%3F").status_code == 400
    assert CustomerQuality.objects.get(pk=bad.pk).problems[0] == "bad_phone"


def test_potential_customers_nobody_took_for_a_month_are_orphans():
    sales = make_department("Sales")
    old = make_customer(name="Old", department=sales, created_at=timezone.now() - timedelta(days=31))
    make_customer(name="New", department=sales)
    score_quality()

    assert listed(sign_in(make_user("director", "director", sales)), "orphan") == [old.name]


def test_a_field_is_put_right_in_its_row_and_scored_at_once(rep):
    customer = make_customer(rep, name="Bad", phone="call us")
    score_quality()
    client = sign_in(rep)
    place = f"/customers/{customer.pk}/repair/?problem=bad_phone"

    form = client.get(place, **HTMX).context["form"]
    assert sorted(form.fields) == ["duplicate_reason", "phone", "seen"]
    done = client.post(place, {"phone": "13812345678", "seen": form.initial["seen"]}, **HTMX)

    customer.refresh_from_db()
    assert (done.status_code, "put right" in done.text, customer.phone) == (200, True, "+8613812345678")
    assert "bad_phone" not in CustomerQuality.objects.get(pk=customer.pk).problems
    assert Operation.objects.get(verb="customer_changed").actor == rep


def test_a_refusal_is_said_in_the_row_and_changes_nothing(rep):
    customer = make_customer(rep, name="Bad", phone="call us")
    score_quality()
    client = sign_in(rep)
    place = f"/customers/{customer.pk}/repair/?problem=bad_phone"

    part = client.post(place, {"phone": "12"}, **HTMX)
    page = client.post(place, {"phone": "12"})

    assert (part.status_code, page.status_code, "has 2 digits" in part.text) == (200, 422, True)
    customer.refresh_from_db()
    assert customer.phone == "call us"


def test_the_form_of_one_field_sets_no_other(rep):
    customer = make_customer(rep, name="Bad", phone="call us")
    score_quality()

    sign_in(rep).post(
        f"/customers/{customer.pk}/repair/?problem=bad_phone", {"phone": "13812345678", "name": "Changed"}
    )

    customer.refresh_from_db()
    assert (customer.name, customer.phone) == ("Bad", "+8613812345678")


def test_wrong_values_are_shown_masked(rep):
    make_customer(rep, name="Bad", phone="138123456789")
    score_quality()

    text = sign_in(rep).get("/customers/quality/worklist/?problem=bad_phone").text

    assert ("138123456789" in text, "1381****6789" in text) == (False, True)


def test_who_may_not_know_contact_details_sees_no_faults_and_repairs_none(rep):
    Grant.objects.filter(role=role_named("rep"), right="customers.reveal_contact_details").delete()
    customer = make_customer(rep, name="Bad", phone="call us")
    score_quality()
    client = sign_in(rep)

    assert listed(client, "bad_phone") == []
    assert client.get("/customers/quality/").context["overview"].total == 0
    answer = client.post(f"/customers/{customer.pk}/repair/?problem=bad_phone", {"phone": "13812345678"})
    customer.refresh_from_db()
    assert (answer.status_code, customer.phone) == (302, "call us")


def test_nobody_repairs_out_of_reach(rep):
    far = make_customer(make_user("far", "rep", make_department("North")), phone="call us")

    answer = sign_in(rep).post(f"/customers/{far.pk}/repair/?problem=bad_phone", {"phone": "13812345678"})

    assert (answer.status_code, Customer.objects.get(pk=far.pk).phone) == (404, "call us")
    assert not Operation.objects.exists()


def test_what_has_no_field_has_no_repair(rep):
    customer = make_customer(rep)

    for problem in ("stale", "no_contact", "nonsense", ""):
        assert sign_in(rep).get(f"/customers/{customer.pk}/repair/?problem={problem}").status_code == 404
