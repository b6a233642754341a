"""What is weighty costs at most 25 statements in one transaction, however much hangs on it."""

import pytest
from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalRequest
from sales.contracts.signing import sign_contract
from sales.invoices.issuing import issue_invoice
from sales.payments.actions import claim_payment
from sales.payments.reversing import reverse_payment
from sales.payments.settling import allocate_payment, release_allocation
from tests.sales.costs import KINDS, SUBMIT, Company, actor, cost_of, fresh, request_of

pytestmark = pytest.mark.django_db(transaction=True)
AT_MOST = 25
SIZES = (1, 7)


def companies():
    return [Company(size) for size in SIZES]


def cheap(act_of):
    """What an action costs in a small and in a large company: the same, in one transaction, and little."""
    costs = [cost_of(act_of(company)) for company in companies()]
    assert [cost.transactions for cost in costs] == [1, 1]
    small, large = (cost.count for cost in costs)
    assert large <= AT_MOST, [*costs[1].statements]
    return small, large


@pytest.mark.parametrize("kind", KINDS)
def test_submitting_costs_the_same_whatever_is_submitted(kind):
    def submitting(company):
        document, rep = fresh(getattr(company, kind)()), actor(company.rep)
        return lambda: SUBMIT[kind](document, actor=rep)

    small, large = cheap(submitting)

    assert small == large


@pytest.mark.parametrize("kind", KINDS)
def test_submitting_again_what_was_returned_costs_no_more(kind):
    def submitting(company):
        document, rep = company.submitted(kind), actor(company.rep)
        request = request_of(kind, document)
        approvals.return_request(request, actor=company.head, seen=request.content_hash, comment="Again.")
        document = fresh(document)
        return lambda: SUBMIT[kind](document, actor=rep)

    small, large = cheap(submitting)

    assert small == large


@pytest.mark.parametrize("kind", KINDS)
def test_approving_in_between_costs_the_same_whoever_comes_next(kind):
    def approving(company):
        document, head = company.submitted(kind), actor(company.head)
        request = request_of(kind, document)
        return lambda: approvals.approve(request, actor=head, seen=request.content_hash)

    small, large = cheap(approving)

    assert small == large


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_approval_costs_the_same_whatever_follows_from_it(kind):
    def approving(company):
        document, last = company.decided(company.submitted(kind), kind, but=1), actor(company.finance[0])
        request = request_of(kind, document)
        assert request.state == ApprovalRequest.State.PENDING
        return lambda: approvals.approve(request, actor=last, seen=request.content_hash)

    small, large = cheap(approving)

    assert small == large


def test_signing_a_contract_costs_the_same_whatever_it_is_about():
    def signing(company):
        contract, head = company.approved("contract"), actor(company.head)
        return lambda: sign_contract(contract, actor=head, signed_on=timezone.localdate(), waiver_reason="Known")

    small, large = cheap(signing)

    assert small == large


def test_claiming_a_payment_costs_the_same_however_many_instalments_it_is_for():
    def claiming(company):
        contract, customer, rep = fresh(company.signed()), fresh(company.customer), actor(company.rep)
        parts = [(part.pk, part.amount) for part in contract.instalments.all()]
        values = {"contract": contract, "amount": contract.total, "paid_on": timezone.localdate(), "wanted": parts}
        return lambda: claim_payment(customer, actor=rep, values=values)

    small, large = cheap(claiming)

    assert small == large


def test_allocating_what_was_released_costs_the_same_however_many_instalments_are_open():
    def allocating(company):
        payment, one = company.approved("payment"), actor(company.finance[0])
        for allocation in payment.allocations.living():
            release_allocation(allocation, actor=one, reason="For another.")
        payment = fresh(payment)
        return lambda: allocate_payment(payment, actor=one)

    small, large = cheap(allocating)

    assert small == large


def test_releasing_costs_the_same_however_many_instalments_were_settled():
    def releasing(company):
        payment, one = company.approved("payment"), actor(company.finance[0])
        allocation = fresh(payment.allocations.living().first())
        return lambda: release_allocation(allocation, actor=one, reason="For another.")

    small, large = cheap(releasing)

    assert small == large


def test_reversing_costs_the_same_however_many_instalments_were_settled():
    def reversing(company):
        payment, one = company.approved("payment"), actor(company.finance[0])
        return lambda: reverse_payment(payment, actor=one, reason="Returned by the bank.")

    small, large = cheap(reversing)

    assert small == large


def test_issuing_an_invoice_costs_the_same_however_many_lines_it_has():
    def issuing(company):
        invoice, one = company.approved("invoice"), actor(company.finance[0])
        number = f"{company.size:020d}"
        return lambda: issue_invoice(invoice, actor=one, number=number, issued_on=timezone.localdate())

    small, large = cheap(issuing)

    assert small == large


def test_a_write_outside_of_the_transaction_is_seen():
    company = Company(1)

    def careless():
        company.customer.save()
        company.customer.save()

    assert cost_of(careless).transactions == -1
