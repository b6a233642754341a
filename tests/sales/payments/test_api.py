"""Payments and bank lines for other systems."""

from decimal import Decimal

import pytest
from django.utils import timezone

from sales.payments.models import BankLine, Payment
from tests.factories import make_user
from tests.factories.api import ApiClient, error, unchanged
from tests.factories.sales import make_contract
from tests.sales.payments.steps import confirmed, decide, sums

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate().isoformat()
D = Decimal
SCOPES = ["payments:read", "payments:write"]


def body(company, **more):
    return {"customer": company.customer.pk, "contract": company.contract.pk, "amount": "3000.00", "paid_on": TODAY,
            **more}  # fmt: skip


def test_a_claim_is_made_submitted_and_confirmed(company):
    rep = ApiClient(company.rep, SCOPES)
    part = company.contract.instalments.get(position=2)
    made = rep.post("payments/", body(company, wanted=[{"instalment": part.pk, "amount": "2000.00"}]))
    assert made.status_code == 201
    told = made.json()
    assert (told["amount"], told["state"], told["number"], told["wanted"]) == (
        "3000.00", "draft", "", [{"instalment": part.pk, "amount": "2000.00"}])  # fmt: skip
    assert rep.post(f"payments/{told['id']}/submit/", {}).json()["state"] == "pending"
    payment = Payment.objects.get()
    decide(payment, company.head)
    decide(payment, company.finance)
    told = rep.get(f"payments/{payment.pk}/").json()
    assert (told["state"], told["allocated"], told["prepaid"], told["confirmed_by"]) == (
        "approved", "3000.00", "0.00", "finance")  # fmt: skip
    assert [one["amount"] for one in told["allocations"]] == ["1000.00", "2000.00"]


def test_finance_takes_back_allocates_and_reverses(company):
    payment = confirmed(company)
    finance = ApiClient(company.finance, SCOPES)
    allocation = payment.allocations.get()
    told = finance.post(f"payments/{payment.pk}/release/", {"allocation": allocation.pk, "reason": "Elsewhere"}).json()
    assert told["prepaid"] == "3000.00"
    part = company.contract.instalments.get(position=2)
    parts = {"parts": [{"instalment": part.pk, "amount": "500.00"}]}
    assert finance.post(f"payments/{payment.pk}/allocate/", parts).json()["allocated"] == "500.00"
    counter = finance.post(f"payments/{payment.pk}/reverse/", {"reason": "Bounced"})
    assert (counter.status_code, counter.json()["reverses"]) == (201, payment.pk)
    assert sums(company.contract)[0] == D("0.00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "-1.00"},
        {"amount": "1e30"},
        {"amount": "0.005"},
        {"paid_on": "2999-01-01"},
        {"state": "approved"},
        {"contract": 0},
        {"wanted": [{"instalment": 1, "amount": "0"}]},
        {"wanted": [{"instalment": 2**62, "amount": "1.00"}]},
        {"customer": 2**70},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(company, wrong):
    rep = ApiClient(company.rep, SCOPES)
    before = unchanged(rep)
    assert rep.post("payments/", body(company, **wrong)).status_code in (400, 404, 422)
    assert unchanged(rep) == before


def test_what_is_out_of_reach_is_not_there_and_a_rep_confirms_nothing(company):
    payment = confirmed(company)
    stranger = ApiClient(make_user("stranger", "rep"), SCOPES)
    rep = ApiClient(company.rep, SCOPES)
    foreign = make_contract()
    assert stranger.get(f"payments/{payment.pk}/").status_code == 404
    assert stranger.post("payments/", body(company)).status_code == 404
    assert rep.post("payments/", body(company, contract=foreign.pk)).status_code == 404
    for verb in ("allocate", "release", "reverse"):
        assert rep.post(f"payments/{payment.pk}/{verb}/", {"reason": "No"}).status_code == 403
    payment.refresh_from_db()
    assert (payment.state, payment.allocated) == ("approved", D("3000.00"))


def test_a_bank_line_is_noted_once_by_a_key_of_finance(company):
    finance, rep = ApiClient(company.finance, ["bank-lines:write"]), ApiClient(company.rep, ["bank-lines:write"])
    given = {"booked_on": TODAY, "amount": "88.00", "payer_name": "Yunling", "reference": "A1"}
    assert rep.post("bank-lines/", given).status_code == 403
    assert [finance.post("bank-lines/", given).status_code for _turn in range(2)] == [201, 200]
    assert BankLine.objects.get().amount == D("88.00")
    assert finance.post("bank-lines/", {**given, "amount": "0"}).status_code == 400
    assert error(finance.post("bank-lines/", {"amount": "1.00"}))[0] == 400


def test_lists_cost_the_same_for_one_and_many(company, django_assert_max_num_queries):
    finance = ApiClient(company.finance, ["payments:read"])
    confirmed(company, "10.00")
    finance.get("payments/")
    with django_assert_max_num_queries(12) as few:
        finance.get("payments/")
    for _turn in range(3):
        confirmed(company, "10.00")
    with django_assert_max_num_queries(12) as many:
        assert len(finance.get("payments/").json()["results"]) == 4
    assert len(many) == len(few)
