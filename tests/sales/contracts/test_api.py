"""Contracts and orders for other systems."""

import pytest
from django.utils import timezone

from crm.approvals.flows import install_standard_flows
from sales.contracts.models import Contract
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user
from tests.factories.sales import make_contract, make_contract_type, make_order
from tests.sales.contracts.stories import approved, draft, make_quote, people

pytestmark = pytest.mark.django_db
BOTH = ["contracts:read", "contracts:write"]


def test_a_contract_is_made_planned_and_submitted(api):
    rep, _director, _finance = people()
    install_standard_flows("en")
    quote = make_quote(make_customer(owner=rep))
    make_contract_type("Sale")
    client = api(rep, scopes=BOTH)
    made = client.post("contracts/", {"quotes": [quote.pk], "type": "Sale", "title": "Presses"})
    assert made.status_code == 201, made.body
    assert (made.body["state"], made.body["gross"], made.body["quotes"]) == ("draft", "10000.00", [quote.pk])
    assert [line["net"] for line in made.body["lines"]] == ["8849.56"]
    pk = made.body["id"]
    parts = [{"name": "All", "basis": "date", "due_on": "2030-01-31", "amount": "10000.00"}]
    planned = client.post(f"contracts/{pk}/plan/", {"instalments": parts})
    assert [(one["name"], one["amount"], one["state"]) for one in planned.body["instalments"]] == [
        ("All", "10000.00", "open")
    ]
    assert client.patch(f"contracts/{pk}/", {"delivery_terms": "90 days"}).body["delivery_terms"] == "90 days"
    submitted = client.post(f"contracts/{pk}/submit/", {"comment": "Please"})
    assert (submitted.status_code, submitted.body["state"]) == (200, "pending"), submitted.body
    assert client.post(f"contracts/{pk}/withdraw/").body["state"] == "withdrawn"


def test_signing_needs_what_the_page_needs(api):
    rep, director, finance = people()
    contract = approved(draft(rep), rep, director, finance)
    today = timezone.localdate().isoformat()
    before = fingerprint()
    refused = api(rep, scopes=BOTH).post(f"contracts/{contract.pk}/sign/", {"signed_on": today})
    assert (refused.status_code, refused.body["error"]["code"]) == (422, "no_file")
    ended = api(rep, scopes=BOTH).post(f"contracts/{contract.pk}/terminate/", {"reason": "No"})
    assert ended.status_code == 403
    assert {name: value for name, value in fingerprint().items() if name.startswith("sales_")} == {
        name: value for name, value in before.items() if name.startswith("sales_")
    }
    body = {"signed_on": today, "waiver_reason": "Known for years"}
    signed = api(director, scopes=BOTH).post(f"contracts/{contract.pk}/sign/", body)
    assert (signed.body["state"], signed.body["total"]) == ("signed", "10000.00")


def test_contracts_of_others_are_not_there_and_foreign_quotes_are_refused(api):
    rep, other = make_user("rep", "rep"), make_user("other", "rep")
    contract, quote = make_contract(owner=other), make_quote(make_customer(owner=other))
    make_contract_type("Sale")
    client = api(rep, scopes=["contracts:read", "contracts:write", "orders:read"])
    order = make_order(contract)
    count = Contract.objects.count()
    assert client.get("contracts/").body["results"] == []
    assert client.get(f"contracts/{contract.pk}/").status_code == 404
    assert client.get(f"orders/{order.pk}/").status_code == 404
    assert client.post("contracts/", {"quotes": [quote.pk], "type": "Sale"}).status_code in (400, 422)
    assert Contract.objects.count() == count


def test_an_order_is_delivered_and_accepted(api):
    rep = make_user("rep", "rep")
    order = make_order(make_contract(owner=rep))
    line, today = order.lines.get(), timezone.localdate().isoformat()
    client = api(rep, scopes=["orders:read", "orders:write"])
    lines = [{"line": line.pk, "quantity": "1"}]
    planned = client.post(f"orders/{order.pk}/deliver/", {"planned_on": today, "lines": lines})
    assert planned.status_code == 201, planned.body
    delivery = planned.body["deliveries"][0]["id"]
    gone = client.post(f"orders/{order.pk}/delivered/", {"delivery": delivery, "delivered_on": today})
    assert (gone.body["state"], gone.body["lines"][0]["delivered"]) == ("delivered", "1.0000")
    done = client.post(f"orders/{order.pk}/accept/", {"delivery": delivery, "name": "Ms Li"})
    assert (done.body["state"], done.body["deliveries"][0]["answered_by"]) == ("accepted", "Ms Li")
    foreign = make_order().pk
    assert client.post(f"orders/{foreign}/accept/", {"delivery": delivery, "name": "Li"}).status_code == 404
