"""What documents without a number are called: in words, never by an id."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.history.models import Operation
from sales.payments.actions import claim_payment, void_payment
from sales.payments.models import Payment
from sales.payments.search import palette_results
from tests.factories import make_customer, make_user, sign_in
from tests.factories.sales import (
    make_bank_line,
    make_contract,
    make_invoice,
    make_payment,
    make_quote,
    make_reissue,
    make_requirement,
)

pytestmark = pytest.mark.django_db
BY_ID = re.compile(r"#\d+(?![\w;-])")


@pytest.fixture
def customer():
    return make_customer(make_user("rep", "rep"), name="Hengyao")


def drafts(customer):
    contract = make_contract(customer, owner=customer.owner)
    invoice = make_invoice(contract, gross="339.00", state="draft")
    issued = make_invoice(contract, gross="226.00")
    return {
        "quote": make_quote(customer, owner=customer.owner, title="Line four"),
        "requirement": make_requirement(customer, owner=customer.owner, title="Bar codes"),
        "payment": make_payment(customer, state="draft", amount=Decimal("1250.50")),
        "invoice": invoice,
        "reissue": make_reissue(issued),
    }


def test_a_document_without_a_number_is_called_by_its_title_or_by_customer_and_amount(customer):
    named = {kind: str(document) for kind, document in drafts(customer).items()}
    assert named == {
        "quote": "Line four", "requirement": "Bar codes", "payment": "Draft · Hengyao · ¥1,250.50",
        "invoice": "Draft · Hengyao · ¥339.00", "reissue": "Draft · Hengyao · ¥226.00",
    }  # fmt: skip


def test_no_page_of_a_draft_calls_it_by_its_id(customer):
    rep = sign_in(customer.owner)
    for kind, document in drafts(customer).items():
        place = document.get_absolute_url()
        for verb in ("", "edit/", "submit/", "void/"):
            answer = rep.get(f"{place}{verb}")
            assert answer.status_code in (200, 403), (kind, verb)
            shown = re.sub(r"<[^>]*>", " ", answer.text)
            assert BY_ID.findall(shown) == [], (kind, verb)
        listed = re.sub(r"<[^>]*>", " ", rep.get(re.sub(r"\d+/$", "", place)).text)
        assert BY_ID.findall(listed) == [], kind


def test_what_is_done_with_a_draft_names_it_whole_and_its_list_reads_no_more_than_before(
    customer, django_assert_num_queries
):
    payment = make_payment(customer, state="draft")
    client = sign_in(customer.owner)
    assert client.get(f"{payment.get_absolute_url()}void/").context["parent"] == "Draft · Hengyao · ¥1,000.00"
    with django_assert_num_queries(1):
        rows = list(Payment.objects.only("id", "number", "amount", "currency").order_by("pk"))
        assert [str(row) for row in rows] == ["Draft · ¥1,000.00"]


def test_the_history_names_a_draft_by_whom_it_is_for(customer):
    values = {"amount": "800.00", "paid_on": timezone.localdate(), "method": "transfer", "payer_name": "Hengyao"}
    payment = claim_payment(customer, actor=customer.owner, values=values)
    void_payment(payment, actor=customer.owner, reason="Twice")
    told = Operation.objects.filter(subject_type="sales.payment").order_by("pk")
    assert [(one.verb, one.subject_label) for one in told] == [
        ("payment_claimed", "Draft · Hengyao"), ("payment_voided", "Draft · Hengyao · ¥800.00"),
    ]  # fmt: skip


def test_search_finds_a_draft_by_its_payer_and_only_within_reach(customer):
    payment = make_payment(customer, state="draft", payer_name="Ningbo Trading")
    found = palette_results("ningbo", customer.owner)
    assert [(one["label"], one["url"]) for one in found] == [
        ("Draft · Hengyao · ¥1,000.00", payment.get_absolute_url())
    ]
    assert palette_results("ningbo", make_user("other", "rep")) == []


def test_a_bank_line_matched_with_a_draft_leads_to_it_in_words(customer):
    payment = make_payment(customer, state="draft")
    make_bank_line(state="matched", payment=payment)
    listed = sign_in(make_user("till", "finance")).get("/sales/payments/bank-lines/?state=matched").text
    assert f'<a class="num" href="{payment.get_absolute_url()}">Draft · Hengyao · ¥1,000.00</a>' in listed
