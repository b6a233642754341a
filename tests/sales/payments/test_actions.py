"""Claiming, confirming, allocating and reversing payments, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.approvals import actions as approvals
from crm.company.actions import change_settings
from crm.operations.invariants import broken
from sales.payments.actions import change_payment, claim_payment, submit_payment, void_payment, withdraw_payment
from sales.payments.invariants import RULES
from sales.payments.models import Allocation, Payment
from sales.payments.reversing import confirm_reversal, refuse_reversal, reverse_payment
from sales.payments.settling import allocate_payment, release_allocation
from sales.periods.models import PeriodClose
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_pooled_customer, make_user
from tests.factories.sales import make_contract
from tests.sales.payments.steps import claimed, confirmed, decide, sums, values

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture(autouse=True)
def invariants():
    yield
    assert {rule.sentence: ids for rule in RULES if (ids := broken(rule))} == {}


def refused(work, code="", field=""):
    """What the refusal says; nothing was changed."""
    before = fingerprint()
    with pytest.raises(ValidationError) as told:
        work()
    assert fingerprint() == before
    found = told.value
    if field:
        assert list(found.message_dict) == [field]
    if code:
        gathered = found.error_dict.values() if hasattr(found, "error_dict") else [found.error_list]
        assert [error.code for errors in gathered for error in errors] == [code]
    return " ".join(found.messages)


def test_a_claim_belongs_to_the_owner_of_the_customer_and_gets_its_number_when_it_is_put_up(company):
    payment = claim_payment(company.customer, actor=company.finance, values=values(company.contract))
    assert (payment.owner, payment.department) == (company.rep, company.rep.department)
    assert (payment.number, payment.state, payment.currency) == ("", "draft", "CNY")
    submit_payment(payment, actor=company.finance)
    payment.refresh_from_db()
    assert (payment.state, payment.submitted_by) == ("pending", company.finance)
    number = payment.number
    assert number.endswith("000001")
    withdraw_payment(payment, actor=company.finance)
    submit_payment(payment, actor=company.rep)
    payment.refresh_from_db()
    assert (payment.number, payment.state) == (number, "pending")


def test_confirmed_money_settles_the_oldest_due_first(company):
    payment = confirmed(company, "4000.00")
    assert (payment.state, payment.confirmed_by, payment.allocated) == ("approved", company.finance, D("4000.00"))
    assert sums(company.contract) == (D("4000.00"), D("0.00"), [D("3000.00"), D("1000.00")])


def test_confirmed_money_settles_what_was_wished_for_first(company):
    second = company.contract.instalments.get(position=2)
    confirmed(company, "4000.00", wanted=[(second.pk, D("2500.00"))])
    assert sums(company.contract) == (D("4000.00"), D("0.00"), [D("1500.00"), D("2500.00")])


def test_nothing_is_received_before_finance_confirms(company):
    payment = claimed(company)
    decide(payment, company.head)
    payment.refresh_from_db()
    assert (payment.state, payment.confirmed_by, payment.allocated) == ("pending", None, D("0.00"))
    assert sums(company.contract) == (D("0.00"), D("0.00"), [D("0.00"), D("0.00")])


def test_money_that_did_not_come_settles_nothing(company):
    payment = claimed(company)
    decide(payment, company.head)
    decide(payment, company.finance, approvals.reject, comment="Not on the account")
    payment.refresh_from_db()
    assert payment.state == "rejected"
    assert sums(company.contract)[0] == D("0.00")


def test_more_than_is_owed_needs_a_reason_and_becomes_a_prepayment(company):
    payment = claim_payment(company.customer, actor=company.rep, values=values(company.contract, "12000.00"))
    words = refused(lambda: submit_payment(payment, actor=company.rep), "overpaid", "overpayment_reason")
    assert "¥10,000.00" in words
    change_payment(payment, actor=company.rep, values={"overpayment_reason": "For the next order"})
    submit_payment(payment, actor=company.rep)
    decide(payment, company.head)
    decide(payment, company.finance)
    payment.refresh_from_db()
    assert (payment.allocated, payment.prepaid) == (D("10000.00"), D("2000.00"))
    assert sums(company.contract) == (D("12000.00"), D("2000.00"), [D("3000.00"), D("7000.00")])


def test_two_claims_that_together_are_too_much_are_not_both_confirmed(company):
    first, second = claimed(company, "6000.00"), claimed(company, "6000.00")
    for payment in (first, second):
        decide(payment, company.head)
    decide(first, company.finance)
    refused(lambda: decide(second, company.finance), "overpaid", "overpayment_reason")
    assert sums(company.contract)[0] == D("6000.00")


def test_a_prepayment_settles_instalments_of_another_contract_of_the_customer(company):
    payment = confirmed(company, "12000.00", overpayment_reason="For the next order")
    other = make_contract(company.customer, amount="5000.00", instalments=("5000.00",))
    allocate_payment(payment, actor=company.finance)
    assert sums(company.contract)[:2] == (D("10000.00"), D("0.00"))
    assert sums(other) == (D("2000.00"), D("0.00"), [D("2000.00")])


def test_what_is_invoiced_of_a_contract_paid_first_stays_paid(company):
    contract = make_contract(company.customer, amount="1000.00", instalments=("1000.00",))
    type(contract.type).objects.update(may_invoice_before_payment=False)
    payment = confirmed(company, "1500.00", contract=contract, overpayment_reason="Deposit")
    type(contract).objects.filter(pk=contract.pk).update(invoiced="1000.00")
    allocation = payment.allocations.get()
    release_allocation(allocation, actor=company.finance, reason="Wrong contract")
    first = company.contract.instalments.get(position=1)
    refused(lambda: allocate_payment(payment, actor=company.finance, parts=[(first.pk, D("600.00"))]), "invoiced")
    allocate_payment(payment, actor=company.finance, parts=[(first.pk, D("500.00"))])
    assert sums(contract)[0] == D("1000.00")


def test_a_payment_without_a_contract_settles_all_contracts_of_the_customer(company):
    other = make_contract(company.customer, amount="5000.00", instalments=("5000.00",))
    payment = confirmed(company, "15000.00", contract=None)
    assert payment.prepaid == D("0.00")
    assert (sums(company.contract)[0], sums(other)[0]) == (D("10000.00"), D("5000.00"))


def test_an_allocation_is_taken_back_with_a_reason_once(company):
    payment = confirmed(company)
    allocation = payment.allocations.get()
    refused(lambda: release_allocation(allocation, actor=company.finance, reason=" "), field="reason")
    release_allocation(allocation, actor=company.finance, reason="Meant for another")
    payment.refresh_from_db()
    assert (payment.allocated, payment.prepaid) == (D("0.00"), D("3000.00"))
    assert sums(company.contract) == (D("3000.00"), D("0.00"), [D("0.00"), D("0.00")])
    refused(lambda: release_allocation(allocation, actor=company.finance, reason="Again"), "taken_back")


@pytest.mark.parametrize("amount", ["3000.01", "0.001", "-1.00", "1e30"])
def test_an_instalment_takes_no_more_than_is_open(company, amount):
    payment = confirmed(company, "3500.00")
    release_allocation(payment.allocations.first(), actor=company.finance, reason="Elsewhere")
    part = company.contract.instalments.get(position=1)
    refused(lambda: allocate_payment(payment, actor=company.finance, parts=[(part.pk, D(amount))]), field="parts")


def test_foreign_instalments_are_refused(company):
    payment = confirmed(company)
    release_allocation(payment.allocations.get(), actor=company.finance, reason="Elsewhere")
    foreign = make_contract(make_customer(company.rep)).instalments.first()
    dollars = make_contract(company.customer, currency="USD").instalments.first()
    for part in (foreign, dollars):
        refused(lambda part=part: allocate_payment(payment, actor=company.finance, parts=[(part.pk, D(1))]),
                field="parts")  # fmt: skip
        refused(lambda part=part: claim_payment(company.customer, actor=company.rep, values=values(
            company.contract, wanted=[(part.pk, D(1))])), field="wanted")  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", D(0)), ("amount", D("-5")), ("amount", D("0.005")), ("amount", D("1e30")), ("amount", D("NaN")),
     ("currency", "USD"), ("currency", "XXX"), ("method", "magic"), ("paid_on", timezone.localdate() + timedelta(2)),
     ("paid_on", None)],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_field(company, field, value):
    given = values(company.contract, **({} if field == "amount" else {field: value}))
    given[field] = value
    refused(lambda: claim_payment(company.customer, actor=company.rep, values=given), field=field)


def test_none_is_claimed_of_a_customer_in_the_pool_or_without_an_owner(company):
    for customer in (make_pooled_customer(), make_customer()):
        refused(lambda customer=customer: claim_payment(customer, actor=company.rep, values=values()))


def test_none_is_claimed_for_a_contract_of_another_customer_or_one_that_ended(company):
    foreign = make_contract(make_customer(company.rep))
    ended = make_contract(company.customer, state="terminated")
    for contract in (foreign, ended):
        refused(lambda contract=contract: claim_payment(company.customer, actor=company.rep, values=values(contract)),
                field="contract")  # fmt: skip


def test_what_waits_or_is_confirmed_is_not_changed(company):
    payment = claimed(company)
    refused(lambda: change_payment(payment, actor=company.rep, values={"amount": D("1.00")}), "state")
    refused(lambda: void_payment(payment, actor=company.rep), "state")
    decide(payment, company.head)
    decide(payment, company.finance)
    refused(lambda: change_payment(payment, actor=company.rep, values={"amount": D("1.00")}), "state")
    refused(lambda: submit_payment(payment, actor=company.rep), "state")


def test_a_draft_is_discarded_and_a_returned_claim_made_void(company):
    draft = claim_payment(company.customer, actor=company.rep, values=values(company.contract))
    assert void_payment(draft, actor=company.rep).archived_at is not None
    refused(lambda: submit_payment(draft, actor=company.rep))
    payment = claimed(company)
    decide(payment, company.head, approvals.return_request, comment="Which account?")
    assert void_payment(payment, actor=company.rep, reason="A mistake").state == "void"


def test_finance_does_not_confirm_its_own_claim(company):
    payment = claim_payment(company.customer, actor=company.finance, values=values(company.contract))
    request = submit_payment(payment, actor=company.finance)
    assert company.finance.pk not in request.tasks.values_list("approver", flat=True)


def test_a_reversal_takes_everything_back_and_is_not_reversed(company):
    payment = confirmed(company)
    counter = reverse_payment(payment, actor=company.finance, reason="The cheque bounced")
    payment.refresh_from_db()
    assert (payment.state, payment.allocated) == ("reversed", D("0.00"))
    assert (counter.state, counter.reverses, counter.amount) == ("approved", payment, D("3000.00"))
    assert sums(company.contract) == (D("0.00"), D("0.00"), [D("0.00"), D("0.00")])
    assert Allocation.objects.living().count() == 0
    refused(lambda: reverse_payment(counter, actor=company.finance, reason="No"), "reversal")
    refused(lambda: reverse_payment(payment, actor=company.finance, reason="No"), "reversed")
    refused(lambda: allocate_payment(counter, actor=company.finance), "reversal")


def test_a_large_reversal_needs_a_second_person(company):
    change_settings({"payments.second_reverser_from": 3000}, actor=make_user("admin", "admin"))
    payment = confirmed(company)
    counter = reverse_payment(payment, actor=company.finance, reason="The cheque bounced")
    payment.refresh_from_db()
    assert (payment.state, counter.state) == ("approved", "pending")
    assert sums(company.contract)[0] == D("3000.00")
    refused(lambda: reverse_payment(payment, actor=company.second, reason="Again"), "waiting")
    refused(lambda: confirm_reversal(counter, actor=company.finance), "own")
    confirm_reversal(counter, actor=company.second)
    counter.refresh_from_db()
    assert (counter.state, counter.submitted_by, counter.confirmed_by) == ("approved", company.finance, company.second)
    assert sums(company.contract)[0] == D("0.00")
    refused(lambda: confirm_reversal(counter, actor=company.second))


def test_a_refused_reversal_may_be_asked_for_again(company):
    change_settings({"payments.second_reverser_from": 0}, actor=make_user("admin", "admin"))
    payment = confirmed(company)
    counter = reverse_payment(payment, actor=company.finance, reason="The cheque bounced")
    refuse_reversal(counter, actor=company.second, reason="It did not")
    assert reverse_payment(payment, actor=company.finance, reason="It did").pk == counter.pk
    assert Payment.objects.filter(reverses=payment).count() == 1


def test_nothing_is_dated_in_a_closed_period(company):
    payment = claimed(company)
    decide(payment, company.head)
    draft = claim_payment(company.customer, actor=company.rep, values=values(company.contract, "10.00"))
    older = confirmed(company)
    today = timezone.localdate()
    PeriodClose.objects.create(until=today, closed_by=company.finance)
    refused(lambda: decide(payment, company.finance), "closed")
    refused(lambda: claim_payment(company.customer, actor=company.rep, values=values(company.contract)), "closed")
    refused(lambda: submit_payment(draft, actor=company.rep), "closed")
    refused(lambda: reverse_payment(older, actor=company.finance, reason="No"), "closed")


def test_a_form_seen_before_another_changed_it_is_refused(company):
    draft = claim_payment(company.customer, actor=company.rep, values=values(company.contract))
    refused(lambda: change_payment(draft, actor=company.rep, values={"remark": "A"}, seen="0" * 64), "stale")
