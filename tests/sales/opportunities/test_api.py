"""Opportunities and products for other systems."""

from decimal import Decimal

import pytest

from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user
from tests.factories.api import api, error, unchanged, wrong  # noqa: F401
from tests.factories.sales import (
    make_loss_reason,
    make_opportunity,
    make_opportunity_stage,
    make_product,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def test_an_opportunity_is_opened_and_told_with_money_as_text(api, rep):  # noqa: F811
    make_opportunity_stage("Talks", probability=30)
    customer = make_customer(rep)
    body = {"customer": customer.pk, "name": "MES", "stage": "Talks", "amount": "680000.5"}
    answer = api(rep).post("opportunities/", body)
    assert answer.status_code == 201
    told = {
        name: answer.body[name] for name in ("customer", "name", "stage", "amount", "probability", "owner", "state")
    }
    assert told == {"customer": customer.pk, "name": "MES", "stage": "Talks", "amount": "680000.50", "probability": 30,
                    "owner": "rep", "state": "open"}  # fmt: skip


def test_winning_is_refused_in_words_while_no_contract_is_signed(api, rep):  # noqa: F811
    opportunity, client = make_opportunity(owner=rep), api(rep)
    before = unchanged(client)
    answer = client.post(f"opportunities/{opportunity.pk}/win/")
    assert answer.status_code in (400, 409, 422)
    assert answer.body["error"]["message"]
    assert fingerprint() == before


def test_losing_needs_a_reason_of_the_list(api, rep):  # noqa: F811
    opportunity, client = make_opportunity(owner=rep), api(rep)
    make_loss_reason("Price")
    before = unchanged(client)
    assert wrong(client.post(f"opportunities/{opportunity.pk}/lose/", {"reason": "Nothing"})) == (422, ["reason"])
    assert wrong(client.post(f"opportunities/{opportunity.pk}/lose/")) == (400, ["reason"])
    assert fingerprint() == before
    assert client.post(f"opportunities/{opportunity.pk}/lose/", {"reason": "Price"}).body["state"] == "lost"


def test_others_opportunities_and_customers_are_not_there(api, rep):  # noqa: F811
    peer = make_user("peer", "rep")
    foreign, stage = make_opportunity(owner=peer), make_opportunity_stage("Talks")
    client = api(rep)
    before = unchanged(client)
    body = {"customer": foreign.customer_id, "name": "MES", "stage": stage.name}
    assert error(client.get(f"opportunities/{foreign.pk}/")) == (404, "not_found")
    assert error(client.post("opportunities/", body)) == (404, "not_found")
    assert client.get("opportunities/").body["results"] == []
    assert fingerprint() == before


def test_secret_prices_are_null_for_those_who_do_not_see_them(api, rep):  # noqa: F811
    product = make_product(minimum_price=Decimal("712.34"), cost_price=Decimal("345.67"))
    told = {
        role: {name: api(user).get(f"products/{product.pk}/").body[name] for name in ("minimum_price", "cost_price")}
        for role, user in (
            ("rep", rep),
            ("director", make_user("d", "director")),
            ("finance", make_user("f", "finance")),
        )
    }
    assert told == {
        "rep": {"minimum_price": None, "cost_price": None},
        "director": {"minimum_price": "712.34", "cost_price": None},
        "finance": {"minimum_price": "712.34", "cost_price": "345.67"},
    }
    assert "712.34" not in str(api(rep).get("products/").body)


def test_prices_are_not_set_through_the_api(api):  # noqa: F811
    make_tax_rate("0.13")
    client = api(make_user("admin", "admin"))
    body = {"code": "A-1", "name": "Pump", "unit": "set", "tax_rate": "0.13"}
    assert wrong(client.post("products/", {**body, "list_price": "5"})) == (400, ["list_price"])
    made = client.post("products/", body)
    assert (made.status_code, made.body["list_price"], made.body["is_on_sale"]) == (201, "0.00", False)
    assert client.post(f"products/{made.body['id']}/on-sale/").status_code >= 400
    assert client.patch(f"products/{made.body['id']}/", {"name": "Pump 2"}).body["name"] == "Pump 2"


def test_a_rep_keeps_no_products(api, rep):  # noqa: F811
    product, client = make_product(), api(rep)
    before = unchanged(client)
    assert error(client.patch(f"products/{product.pk}/", {"name": "Mine"}))[0] == 403
    assert fingerprint() == before
