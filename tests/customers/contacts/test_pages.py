"""The pages of contacts and follow-ups."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_activity, make_contact, make_customer, make_department, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/contacts/", "/activities/"])
def test_the_lists_cost_the_same_queries_for_one_three_and_fifty_rows(address):
    rep = make_user("rep", "rep")
    client, counts, total = sign_in(rep), [], 0
    for wanted in (1, 3, 50):
        for _ in range(wanted - total):
            customer = make_customer(rep)
            make_activity(customer, contact=make_contact(customer))
        total = wanted
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        counts.append(len(captured))

    assert counts == [counts[0]] * 3
    assert counts[0] <= 12


def test_contacts_of_others_and_of_the_pool_are_not_listed():
    rep = make_user("rep", "rep")
    make_contact(make_customer(rep), name="Mine")
    make_contact(make_customer(make_user("far", "rep", make_department("North"))), name="Theirs")

    answer = sign_in(rep).get("/contacts/")

    assert "Mine" in answer.text
    assert "Theirs" not in answer.text


def test_a_contact_is_added_on_the_page_of_its_customer():
    rep = make_user("rep", "rep")
    customer = make_customer(rep)

    answer = sign_in(rep).post(f"/customers/{customer.pk}/contacts/new/", {"name": "Xu", "phone": "13812345678"})

    assert answer.status_code == 302
    assert [(c.name, c.phone, c.is_primary) for c in customer.contacts.all()] == [("Xu", "+8613812345678", True)]


def test_nobody_adds_a_contact_to_a_customer_of_another():
    foreign = make_customer(make_user("far", "rep", make_department("North")))

    answer = sign_in(make_user("rep", "rep")).post(f"/customers/{foreign.pk}/contacts/new/", {"name": "Xu"})

    assert answer.status_code == 404
    assert foreign.contacts.count() == 0
