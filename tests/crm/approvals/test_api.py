"""Approvals by the API: what one sees, decides and is refused."""

import pytest

from crm.approvals.models import ApprovalRequest
from tests.crm.approvals.purpose import make_document, make_flow, manager, put_up, role, state_of
from tests.factories.api import api, error, unchanged

__all__ = ["api"]
pytestmark = pytest.mark.django_db


def test_whose_turn_it_is_stands_in_the_list(company, api):
    make_flow(role("finance"))
    request = put_up(make_document(company.rep, amount="706580.00"), company.rep)
    answer = api(company.rep).get("approvals/?state=pending")
    assert answer.status_code == 200
    (row,) = answer.body["results"]
    assert (row["id"], row["subject"]["purpose"], row["subject"]["title"]) == (request.pk, "tests.task", "Quote")
    assert (row["state"], row["step"], row["amount"]) == ("pending", "step1", "706580.00")
    assert (row["submitted_by"], row["waiting_for"]) == ("rep", ["finance", "finance2"])
    assert api(company.rep).get("approvals/?purpose=tests.money").body["results"] == []


def test_the_one_whose_turn_it_is_decides(company, api):
    make_flow(manager())
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    answer = api(company.director).post(f"approvals/{request.pk}/approve/", {"comment": "Fine"})
    assert (answer.status_code, answer.body["state"], answer.body["waiting_for"]) == (200, "approved", [])
    assert state_of(document) == "approved"
    again = api(company.director).post(f"approvals/{request.pk}/approve/")
    assert error(again) == (409, "decided")


def test_what_was_not_seen_is_not_decided(company, api):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    client = api(company.director)
    before = unchanged(client)
    assert error(client.post(f"approvals/{request.pk}/approve/", {"seen": "0" * 64})) == (409, "stale")
    assert client.post(f"approvals/{request.pk}/reject/", {"comment": ""}).status_code in (400, 422)
    assert client.post(f"approvals/{request.pk}/approve/", {"state": "approved"}).status_code == 400
    assert unchanged(client) == before


def test_others_neither_see_nor_decide(company, api):
    make_flow(manager())
    request = (
        put_up(make_document(company.vp), company.vp) if False else put_up(make_document(company.rep), company.rep)
    )
    other = api(company.admin)
    assert other.get("approvals/").status_code == 403
    finance = api(company.finance)  # sees all, but it is not their turn
    assert error(finance.post(f"approvals/{request.pk}/approve/")) == (403, "no_right")
    rep = api(company.rep)
    assert rep.post(f"approvals/{request.pk}/approve/").status_code == 403
    assert rep.post("approvals/999999/withdraw/").status_code == 404
    assert ApprovalRequest.objects.get().state == "pending"


def test_returned_handed_on_and_withdrawn(company, api):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    answer = api(company.director).post(f"approvals/{request.pk}/delegate/", {"to": "vp"})
    assert answer.body["waiting_for"] == ["vp"]
    assert api(company.vp).post(f"approvals/{request.pk}/return/", {"comment": "Terms"}).body["state"] == "returned"
    other = put_up(make_document(company.rep), company.rep)
    assert api(company.rep).post(f"approvals/{other.pk}/withdraw/").body["state"] == "withdrawn"


def test_a_list_costs_the_same_whatever_its_length(company, api, django_assert_max_num_queries):
    make_flow(role("finance"))
    client = api(company.rep)
    client.get("approvals/")
    for count in (1, 5):
        for _ in range(count):
            put_up(make_document(company.rep), company.rep)
        with django_assert_max_num_queries(10):
            assert client.get("approvals/").status_code == 200
