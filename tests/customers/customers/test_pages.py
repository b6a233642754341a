"""The pages of customers."""

import pytest

from tests.factories import make_contact, make_customer, make_customers, make_user, sign_in

pytestmark = pytest.mark.django_db


def test_the_list_shows_own_customers():
    rep = make_user("rep", "rep")
    customer = make_customer(rep, name="Harbour Works", phone="+8613812345678")
    make_contact(customer, name="Xu", is_primary=True)

    answer = sign_in(rep).get("/customers/")

    assert answer.status_code == 200
    assert "Harbour Works" in answer.text
    assert "138 1234 5678" in answer.text


def test_the_page_of_a_customer_opens():
    rep = make_user("rep", "rep")
    customer = make_customer(rep, name="Harbour Works")

    answer = sign_in(rep).get(f"/customers/{customer.pk}/")

    assert answer.status_code == 200
