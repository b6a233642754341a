"""The life of an invoice: applied for, decided on, issued, sent; and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.approvals import actions as approvals
from crm.history.models import Operation
from crm.notifications.models import Notice
from sales.contracts.models import Contract
from sales.invoices import actions, billing, issuing, quotas
from sales.invoices.models import Invoice, InvoiceQuota
from sales.periods.models import PeriodClose
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user
from tests.factories.sales import make_billing, make_contract
from tests.sales.invoices.stories import (
    applied,
    approved,
    contradictions,
    decide,
    draft,
    issued,
    paid_contract,
    part,
    people,
    sums,
)

pytestmark = pytest.mark.django_db
ZERO, SIX, TEN = Decimal("0.00"), Decimal("6000.00"), Decimal("10000.00")


def refused(act, *words):
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        act()
    text = " ".join(refusal.value.messages)
    for word in words:
        assert word in text
    assert fingerprint() == before


def test_an_application_copies_buyer_and_lines_and_holds_nothing_yet():
    rep, _director, _finance = people()
    contract = paid_contract(rep)
    profile = make_billing(contract.customer, title="Harbour Works Ltd")
    invoice = actions.apply_for_invoice(
        contract, actor=rep, values={"profile": profile, "type": "special", "remark": " as  agreed "},
        parts=[part(contract, "10000.00")],
    )  # fmt: skip
    invoice.refresh_from_db()
    line = invoice.lines.get()
    assert (invoice.state, invoice.number, invoice.buyer["title"]) == ("draft", "", "Harbour Works Ltd")
    assert (invoice.net, invoice.tax, invoice.gross) == (Decimal("8849.56"), Decimal("1150.44"), TEN)
    assert (line.name, line.quantity, line.price, line.tax_rate) == (
        "Machine", Decimal("1.0000"), Decimal("8849.5600"), Decimal("0.130000"),
    )  # fmt: skip
    assert (invoice.remark, invoice.is_before_payment, sums(contract)) == ("as agreed", False, (ZERO, ZERO))
    billing.change_billing(profile, actor=rep, values={"title": "Another"})
    invoice.refresh_from_db()
    assert invoice.buyer["title"] == "Harbour Works Ltd"
    assert contradictions() == []


def test_submitting_holds_the_amount_and_issuing_turns_it_into_invoiced():
    rep, director, finance = people()
    contract = paid_contract(rep)
    invoice = applied(contract, rep)
    assert (invoice.state, invoice.number[:2], sums(contract)) == ("pending", "IN", (ZERO, SIX))
    decide("sales.invoice", invoice, director)
    assert invoice.state == "pending"
    decide("sales.invoice", invoice, finance)
    assert (invoice.state, sums(contract)) == ("approved", (ZERO, SIX))
    done = issuing.issue_invoice(
        invoice, actor=finance, number=" 1234 5678901234567890", issued_on=timezone.localdate()
    )
    assert (done.state, done.invoice_number, done.seller["name"]) == ("issued", "12345678901234567890", "Harbour")
    assert sums(contract) == (SIX, ZERO)
    assert Notice.objects.filter(recipient=rep, kind="invoice_issued").count() == 1
    assert Operation.objects.filter(verb="invoice_issued", anchor_id=contract.customer_id).count() == 1
    assert issuing.mark_sent(done, actor=finance).sent_at is not None
    refused(lambda: issuing.mark_sent(done, actor=finance), "already")
    assert contradictions() == []


def test_withdrawing_rejecting_and_giving_up_set_the_amount_free_and_returning_keeps_it():
    rep, director, finance = people()
    contract = paid_contract(rep)
    invoice = applied(contract, rep)
    decide("sales.invoice", invoice, director, act=approvals.return_request, comment="Another title")
    assert (invoice.state, sums(contract)) == ("returned", (ZERO, SIX))
    actions.change_invoice(invoice, actor=rep, values={}, parts=[part(contract, "5000.00")])
    assert sums(contract) == (ZERO, Decimal("5000.00"))
    invoice.refresh_from_db()
    invoice = actions.submit_invoice(invoice, actor=rep)
    assert actions.withdraw_invoice(invoice, actor=rep).state == "withdrawn"
    assert sums(contract) == (ZERO, ZERO)
    invoice = actions.submit_invoice(invoice, actor=rep)
    decide("sales.invoice", invoice, director, act=approvals.reject, comment="No")
    assert (invoice.state, sums(contract)) == ("rejected", (ZERO, ZERO))
    other = approved(contract, rep, director, finance)
    assert actions.void_invoice(other, actor=rep, reason="Not wanted").state == "void"
    assert sums(contract) == (ZERO, ZERO)
    assert contradictions() == []


def test_no_more_is_applied_for_than_was_received_unless_the_type_allows_it():
    rep, _director, _finance = people()
    late = paid_contract(rep, received="5000.00")
    refused(lambda: draft(late, rep, "5000.01"), "5,000.00")
    invoice = draft(late, rep, "5000.00")
    Contract.objects.filter(pk=late.pk).update(received=Decimal("4999.99"))
    refused(lambda: actions.submit_invoice(invoice, actor=rep), "4,999.99")
    early = paid_contract(rep, received="5000.00", is_early=True)
    assert (draft(early, rep, "5000.00").is_before_payment, draft(early, rep, "5000.01").is_before_payment) == (
        False, True,
    )  # fmt: skip
    refused(lambda: draft(early, rep, "10000.01"), "10,000.00")


def test_two_applications_share_what_a_contract_is_about():
    rep, _director, _finance = people()
    contract = paid_contract(rep, is_early=True)
    first, second = draft(contract, rep), draft(contract, rep)
    actions.submit_invoice(first, actor=rep)
    refused(lambda: actions.submit_invoice(second, actor=rep), "4,000.00")
    assert sums(contract) == (ZERO, SIX)


def test_lines_that_make_no_sense_are_refused():
    rep, _director, _finance = people()
    contract, other = paid_contract(rep), paid_contract(rep)
    profile = make_billing(contract.customer)

    def apply(*parts, **values):
        return lambda: actions.apply_for_invoice(
            contract, actor=rep, values={"profile": profile, **values}, parts=parts
        )

    for gross in ("0", "-1", "0.005", "1e30", "NaN", "10000.01"):
        refused(apply(part(contract, gross)))
    refused(apply(part(other, "1.00")), "not a line of this contract")
    refused(apply(part(contract, "1.00"), part(contract, "1.00")), "twice")
    refused(apply(), "at least one line")
    refused(apply(part(contract, "1.00", quantity=Decimal("1.5"))), "Between 0 and 1")
    refused(apply(part(contract, "1.00"), profile=make_billing(other.customer)), "somebody else")
    refused(apply(part(contract, "1.00"), profile=None), "billing data")
    refused(apply(part(contract, "1.00"), type="gold"))
    refused(apply(part(contract, "1.00"), gross="1.00"), "cannot be set")
    unsigned = make_contract(contract.customer, state="approved")
    refused(lambda: draft(unsigned, rep, "1.00"), "signed")


def test_an_issue_is_refused_with_a_wrong_number_a_wrong_day_or_a_second_time():
    rep, director, finance = people()
    contract = paid_contract(rep)
    today = timezone.localdate()
    invoice = approved(contract, rep, director, finance, "1000.00")

    def issue(number="2" * 20, day=today):
        return lambda: issuing.issue_invoice(invoice, actor=finance, number=number, issued_on=day)

    refused(issue("123"), "20 digits")
    refused(issue("x" * 20), "20 digits")
    refused(issue(day=today + timedelta(days=1)), "still to come")
    refused(issue(day=today - timedelta(days=400)), "not signed")
    close = PeriodClose.objects.create(until=today, closed_by=finance)
    refused(issue(), "closed")
    close.delete()
    issue()()
    refused(issue("3" * 20), "cannot be done now")
    refused(lambda: actions.void_invoice(invoice, actor=finance, reason="x"), "never made void")
    refused(lambda: actions.change_invoice(invoice, actor=rep, values={}), "cannot be done now")
    second = approved(contract, rep, director, finance, "2000.00")
    refused(lambda: issuing.issue_invoice(second, actor=finance, number="2" * 20, issued_on=today), "another invoice")
    pending = applied(contract, rep, "500.00")
    refused(lambda: issuing.issue_invoice(pending, actor=finance, number="4" * 20, issued_on=today), "in approval")
    assert contradictions() == []


def test_money_that_went_back_stops_an_invoice_that_was_to_come_after_payment():
    rep, director, finance = people()
    contract = paid_contract(rep)
    invoice = approved(contract, rep, director, finance)
    Contract.objects.filter(pk=contract.pk).update(received=Decimal("1000.00"))
    refused(
        lambda: issuing.issue_invoice(invoice, actor=finance, number="2" * 20, issued_on=timezone.localdate()),
        "not invoiced yet",
    )


def test_the_quota_of_a_month_lets_invoices_wait_until_it_is_raised():
    rep, director, finance = people()
    today = timezone.localdate()
    contract = paid_contract(rep)
    quotas.set_quota(today, actor=finance, amount=Decimal("5000.00"))
    first = issued(contract, rep, director, finance, "5000.00")
    assert first.state == "issued"
    second = approved(contract, rep, director, finance, "5000.00")
    second = issuing.issue_invoice(second, actor=finance, number="5" * 20, issued_on=today)
    assert (second.state, second.invoice_number, sums(contract)) == (
        "waiting_quota", "", (Decimal("5000.00"), Decimal("5000.00")),
    )  # fmt: skip
    assert quotas.release_waiting() == 0
    refused(lambda: quotas.set_quota(today, actor=finance, amount=Decimal("4000.00")), "4,424.78")
    quotas.set_quota(today, actor=finance, amount=Decimal("9000.00"))
    second.refresh_from_db()
    assert (second.state, InvoiceQuota.objects.get().amount) == ("approved", Decimal("9000.00"))
    assert issuing.issue_invoice(second, actor=finance, number="5" * 20, issued_on=today).state == "issued"
    assert contradictions() == []


def test_billing_data_is_checked_and_only_one_is_proposed_first():
    rep = make_user("rep", "rep")
    customer = make_customer(owner=rep)
    given = {"title": " Harbour  Works ", "tax_number": "310115 123456789"}
    first = billing.add_billing(customer, actor=rep, values=given)
    assert (first.title, first.is_default, billing.is_old_tax_number(first.tax_number)) == ("Harbour Works", True, True)
    second = billing.add_billing(customer, actor=rep, values={"title": "B", "is_default": True})
    first.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)
    refused(lambda: billing.add_billing(customer, actor=rep, values={"title": ""}), "title")
    refused(lambda: billing.add_billing(customer, actor=rep, values={"title": "C", "tax_number": "913"}), "18")
    refused(
        lambda: billing.add_billing(customer, actor=rep, values={"title": "C", "tax_number": "91310000MA1FL00000"}),
        "check digit",
    )
    billing.archive_billing(second, actor=rep)
    refused(lambda: billing.change_billing(second, actor=rep, values={"title": "D"}), "archived")


def test_a_special_invoice_needs_the_tax_number_of_its_buyer():
    rep, _director, _finance = people()
    contract = paid_contract(rep)
    bare = make_billing(contract.customer, tax_number="")
    refused(lambda: draft(contract, rep, "1.00", profile=bare, type="digital_special"), "tax number")
    assert draft(contract, rep, "1.00", profile=bare, type="digital_ordinary").pk
    paper = make_billing(contract.customer, bank="")
    refused(lambda: draft(contract, rep, "1.00", profile=paper, type="special"), "bank")


def test_the_last_invoice_of_a_line_takes_the_cents_that_rounding_left():
    rep, director, finance = people()
    contract = paid_contract(rep, received="100.00", amount="100.00", instalments=("100.00",))
    total = {"net": ZERO, "tax": ZERO}
    for place, gross in enumerate(("33.33", "33.33", "33.34")):
        invoice = issued(contract, rep, director, finance, gross, str(place) * 20)
        total = {name: total[name] + getattr(invoice, name) for name in total}
    assert total == {"net": contract.net, "tax": contract.tax}
    assert Invoice.objects.filter(state="issued").count() == 3
    assert contradictions() == []
