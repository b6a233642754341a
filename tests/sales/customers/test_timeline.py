"""Sales in the story of a customer: which deeds it tells, to whom, with what, and at what cost."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.approvals import actions as approvals
from crm.history.operations import operation
from customers.customers.models import Customer
from customers.duplicates.merging import merge_customers
from sales.invoices.issuing import issue_invoice
from sales.invoices.models import Invoice
from sales.links.models import CustomerLink
from sales.opportunities.actions import lose_opportunity
from sales.orders import acceptance
from sales.orders import actions as orders
from sales.quotes.actions import send_quote
from sales.quotes.answering import answer_quote
from sales.reissues import confirmation
from tests.factories import make_customer, make_department, make_pool, make_user, sign_in
from tests.factories.sales import make_billing, make_loss_reason, make_opportunity, make_order, make_quote
from tests.sales.contracts import stories as contracts
from tests.sales.customers.conftest import entries
from tests.sales.invoices import stories as invoices
from tests.sales.payments import steps as payments
from tests.sales.quotes import stories as quotes
from tests.sales.reissues.test_life import agreed, redden

pytestmark = pytest.mark.django_db


def test_a_quote_is_told_from_its_submission_to_the_answer_of_the_customer():
    people = quotes.company()
    quote = quotes.submitted(people)
    quotes.decide(quote, people.director, action=approvals.return_request, comment="Too dear")
    quotes.submit_quote(quote, actor=people.rep)
    quotes.decide(quote, people.director)
    _link, token = send_quote(quote, actor=people.rep)
    assert token
    answer_quote(CustomerLink.objects.get(), name="Xu Jianping", is_accepted=True)
    told = entries(people.rep, people.customer, "sales")
    record, title = (quote.get_absolute_url(), f"{quote.number} MES", "¥1,000.00"), quotes.request_of(quote).title
    decided = (quote.get_absolute_url(), title, "¥1,000.00")
    assert told == [
        ("Xu Jianping", f"accepted the quote {quote.number} (the customer)", *record, ""),
        (people.rep.name, f"made the quote {quote.number} ready for the customer", *record, ""),
        (people.director.name, f"approved {title}", *decided, ""),
        (people.rep.name, f"put the quote {quote.number} up for approval", *record, ""),
        (people.director.name, f"returned {title}", *decided, "Too dear"),
        (people.rep.name, f"put the quote {quote.number} up for approval", *record, ""),
    ]


def test_signing_is_told_with_its_contract_and_what_became_of_the_customer_beside_it():
    rep, director, finance = contracts.people()
    contract = contracts.signed(rep, director, finance)
    customer = contract.customer
    texts = [text for _who, text, *_rest in entries(rep, customer, "sales")]
    assert f"recorded that the contract {contract.number} is signed" in texts
    assert f"put the contract {contract.number} up for approval" in texts
    assert len([text for text in texts if text.startswith(f"approved {contract.number}")]) == 2
    customer.refresh_from_db()
    assert customer.status == Customer.Status.EXISTING
    changes = sign_in(rep).get(f"/customers/{customer.pk}/?show=changes").text
    assert changes.count("changed the details") == 1
    assert "<del>lead</del>" in changes and ">existing</ins>" in changes
    assert contract.number not in changes and "Known for years" not in changes


def test_money_invoices_and_reissues_are_told():
    rep, director, finance = invoices.people()
    contract = invoices.paid_contract(rep)
    blue = invoices.issued(contract, rep, director, finance)
    make_billing(contract.customer, title="The right title Ltd")
    reissue = agreed(blue, rep, director, finance)
    confirmation.begin_confirmation(reissue, actor=finance, confirmation="01")
    redden(reissue, finance)
    issue_invoice(
        Invoice.objects.get(reissue=reissue, kind="blue"), actor=finance, number="8" * 20,
        issued_on=timezone.localdate(),
    )  # fmt: skip
    told = entries(rep, contract.customer, "sales")
    texts = [text for _who, text, *_rest in told if not text.startswith("approved")]
    new = Invoice.objects.get(reissue=reissue, kind="blue")
    assert texts == [
        f"closed the reissue {reissue.number}",
        f"issued the invoice {new.number}",
        f"issued the red letter of {reissue.number}",
        f"asked for the reissue {reissue.number}",
        f"issued the invoice {blue.number}",
        f"applied for the invoice {blue.number}",
    ]
    assert told[0][2:5] == (f"/sales/reissues/{reissue.pk}/", f"{reissue.number} {blue.invoice_number}", "¥6,000.00")


def test_a_confirmed_payment_and_its_claim_are_told(company):
    payment = payments.confirmed(company, "3000.00", payer_name="Yunling")
    told = entries(company.rep, company.customer, "sales")
    payment_url = f"/sales/payments/{payment.pk}/"
    assert told[0][:2] == (company.finance.name, f"confirmed the payment {payment.number}")
    assert told[-1][:5] == (
        company.rep.name, f"claimed the payment {payment.number}", payment_url, f"{payment.number} Yunling",
        "¥3,000.00",
    )  # fmt: skip


def test_a_delivery_is_told_and_who_of_the_customer_accepted_it(company):
    order = make_order(company.contract)
    line = order.lines.get()
    delivery = orders.plan_delivery(
        order, actor=company.rep, quantities={line.pk: Decimal(1)}, values={"planned_on": timezone.localdate()}
    )
    orders.record_delivered(delivery, actor=company.rep, delivered_on=timezone.localdate())
    acceptance.accept_delivery(delivery, actor=None, name="Chen Ziang", note="All there")
    told = entries(company.rep, company.customer, "sales")
    url, title = f"/sales/deliveries/{delivery.pk}/", f"{delivery.number} {order.number}"
    assert told == [
        ("Chen Ziang", f"recorded that {delivery.number} was accepted", url, title, "", "All there"),
        (company.rep.name, f"recorded that {delivery.number} was delivered", url, title, "", ""),
    ]


def test_everything_together_tells_each_deed_once(company):
    payments.confirmed(company)
    text = sign_in(company.rep).get(f"/customers/{company.customer.pk}/").text
    assert text.count("claimed the payment") == 1
    assert text.count("confirmed the payment") == 1


def test_deeds_are_told_to_those_who_see_their_records_only(company):
    payments.confirmed(company)
    north = make_user("north", "rep", make_department("North"))
    hidden = make_quote(company.customer, owner=north, state="approved", title="Secret machines")
    with operation(north, "quote_submitted", hidden, anchor_id=company.customer.pk, reason="Whispered"):
        pass
    stranger = make_user("stranger", "director", make_department("South"))
    assert sign_in(stranger).get(f"/customers/{company.customer.pk}/?show=sales").status_code == 404
    assert len(entries(company.rep, company.customer, "sales")) == 5
    assert "Secret machines" in str(entries(company.rep, company.customer, "sales"))
    told = sign_in(company.head).get(f"/customers/{company.customer.pk}/").text
    assert "claimed the payment" in told
    assert "Secret machines" not in told and "Whispered" not in told and hidden.number not in told


def test_a_reader_without_a_right_to_payments_reads_nothing_of_them(company):
    payment = payments.confirmed(company)
    company.rep.roles.get().grants.filter(right="sales.view_payment").delete()
    for tab in ("", "sales", "changes"):
        told = sign_in(company.rep).get(f"/customers/{company.customer.pk}/?show={tab}").text
        assert payment.number not in told, tab


def test_who_sees_no_sales_has_no_such_tab(company):
    company.rep.roles.get().grants.filter(right__startswith="sales.").delete()
    client = sign_in(company.rep)
    assert client.get(f"/customers/{company.customer.pk}/?show=sales").status_code == 400
    assert "?show=sales" not in client.get(f"/customers/{company.customer.pk}/").text


def test_a_lost_opportunity_says_why_and_for_how_much(company):
    talks = make_opportunity(company.customer, name="Line two", amount="680000.00")
    lose_opportunity(talks, actor=company.rep, loss_reason=make_loss_reason("Price"))
    assert entries(company.rep, company.customer, "sales")[0] == (
        company.rep.name, "lost the opportunity Line two", talks.get_absolute_url(), f"{talks.number} Line two",
        "¥680,000.00", "Price",
    )  # fmt: skip


def test_what_was_done_with_a_merged_customer_stays_in_the_story(company):
    survivor, loser = make_customer(company.rep), make_customer(company.rep)
    talks = make_opportunity(loser, name="Line two")
    lose_opportunity(talks, actor=company.rep, loss_reason=make_loss_reason("Price"))
    merge_customers(survivor, loser, actor=company.head)
    assert [text for _who, text, *_rest in entries(company.rep, survivor, "sales")] == ["lost the opportunity Line two"]


def test_in_the_pool_the_story_is_cut_as_all_of_it(company):
    pool = make_pool(department=company.rep.department, history_days=30)
    quote = make_quote(company.customer, state="approved", title="Old")
    with operation(company.rep, "quote_submitted", quote, anchor_id=company.customer.pk):
        pass
    Customer.objects.filter(pk=company.customer.pk).update(owner=None, status="pool", pool=pool)
    member = make_user("member", "rep", company.rep.department)
    assert entries(member, company.customer, "sales") == []
    assert len(entries(company.rep, company.customer, "sales")) == 1
    later = timezone.now() + timedelta(days=60)
    pool.history_days = 0
    pool.save()
    assert later and entries(company.rep, company.customer, "sales") == []


def test_a_long_story_costs_as_many_queries_as_a_short_one(company):
    client, found = sign_in(company.rep), []
    for _ in range(3):
        for number in range(40):
            quote = make_quote(company.customer, state="approved", title=f"Quote {number}")
            with operation(company.rep, "quote_submitted", quote, anchor_id=company.customer.pk):
                pass
        for address in (f"/customers/{company.customer.pk}/", f"/customers/{company.customer.pk}/?show=sales"):
            client.get(address)
            with CaptureQueriesContext(connection) as caught:
                answer = client.get(address)
            found.append(len(caught))
    assert len(set(found)) == 1 and found[0] <= 12
    older = unescape(re.search(r'href="([^"]*before=[^"]*)"', answer.text).group(1))
    assert "put the quote" in client.get(older).text


def test_the_api_tells_no_reasons_of_records_out_of_reach(company, api):
    north = make_user("north", "rep", make_department("North"))
    hidden, seen = (make_quote(company.customer, owner=owner, state="approved") for owner in (north, company.rep))
    for quote, reason in ((hidden, "Whispered"), (seen, "Said aloud")):
        with operation(company.rep, "quote_voided", quote, anchor_id=company.customer.pk, reason=reason):
            pass
    address = f"/api/v1/customers/{company.customer.pk}/history/"
    assert [row["reason"] for row in api(company.head).get(address).json()["results"]][:2] == ["Said aloud", ""]
    assert [row["reason"] for row in api(company.rep).get(address).json()["results"]][:2] == ["Said aloud", "Whispered"]
