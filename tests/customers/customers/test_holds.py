"""Facts of other apps that keep a customer where it is."""

import pytest
from django.core.exceptions import ValidationError

from customers.customers.holds import Hold, held, hold_code, hold_sentence, holds_of, refuse_held
from customers.customers.models import Customer
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db

LEASED = Hold("leased", "A lease is running.", lambda: Customer.objects.filter(remark="leased").values("pk"))
AUDITED = Hold("audited", "An audit is open.", lambda: Customer.objects.filter(website="audited").values("pk"))


@pytest.fixture
def holds(settings):
    settings.HARBOUR_CUSTOMER_HOLDS = [f"{__name__}.LEASED", f"{__name__}.AUDITED"]


@pytest.fixture
def customers(holds):
    rita = make_user("rita", role="rep")
    return {
        "free": make_customer(rita, name="Free"),
        "leased": make_customer(rita, name="Leased", remark="leased"),
        "both": make_customer(rita, name="Both", remark="leased", website="audited"),
    }


def test_only_customers_with_a_fact_are_held(customers):
    assert set(Customer.objects.filter(held())) == {customers["leased"], customers["both"]}
    assert set(Customer.objects.exclude(held())) == {customers["free"]}


def test_the_first_hold_of_the_settings_gives_its_code(customers):
    codes = dict(Customer.objects.annotate(code=hold_code()).values_list("name", "code"))

    assert codes == {"Free": "", "Leased": "leased", "Both": "leased"}
    assert hold_sentence("leased") == "A lease is running."
    assert hold_sentence("gone") == "gone"


def test_all_holds_of_a_customer_are_told(customers, django_assert_num_queries):
    ids = [customer.pk for customer in customers.values()]
    with django_assert_num_queries(2):
        found = holds_of(ids)

    assert found == {customers["leased"].pk: [LEASED], customers["both"].pk: [LEASED, AUDITED]}


def test_a_held_customer_is_refused_with_every_sentence(customers):
    with pytest.raises(ValidationError) as refusal:
        refuse_held([customers["both"].pk])

    assert refusal.value.messages == ["A lease is running.", "An audit is open."]
    refuse_held([customers["free"].pk])


def test_nothing_is_held_where_no_app_declares_a_fact():
    customer = make_customer(make_user("rita", role="rep"), name="Free")

    assert list(Customer.objects.exclude(held()).annotate(code=hold_code()).values_list("code", flat=True)) == [""]
    assert holds_of([customer.pk]) == {}
