"""Money that goes back after it was invoiced: the contract says so, its owner has a task, finance is told."""

from decimal import Decimal

import pytest
from django.utils import translation

from crm.notifications.models import Notice
from crm.operations.invariants import broken
from customers.tasks.models import Task
from sales.contracts.models import Contract
from sales.invoices.invariants import RULES
from sales.payments.reversing import reverse_payment
from tests.factories import sign_in
from tests.factories.sales import make_contract_type, make_invoice
from tests.sales.payments.steps import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def invoiced(company, *, may_come_first):
    """A contract of which 3,000 are paid and invoiced."""
    company.contract.type = make_contract_type(f"Early {may_come_first}", may_invoice_before_payment=may_come_first)
    company.contract.save(update_fields=["type"])
    payment = confirmed(company)
    make_invoice(company.contract, gross="3000.00")
    return payment


def unpaid(contract):
    return Contract.objects.select_related("type").get(pk=contract.pk).invoiced_unpaid


def test_a_reversal_of_what_was_invoiced_leaves_a_named_state_and_work(company):
    payment = invoiced(company, may_come_first=False)

    reverse_payment(payment, actor=company.finance, reason="Returned by the bank")

    task = Task.objects.get()
    assert unpaid(company.contract) == Decimal("3000.00")
    assert (task.owner, task.priority, task.customer) == (company.contract.owner, "high", company.customer)
    assert "¥3,000.00" in task.note
    notice = Notice.objects.get(kind="invoiced_unpaid")
    assert (notice.recipient, notice.subject_id) == (company.second, company.contract.pk)
    page = sign_in(company.rep).get(company.contract.get_absolute_url()).content.decode()
    assert "Invoiced beyond what was paid" in page
    assert [rule.sentence for rule in RULES if rule.number == 22 and broken(rule)] == []


def test_where_invoices_may_come_first_nothing_is_short(company):
    payment = invoiced(company, may_come_first=True)

    reverse_payment(payment, actor=company.finance, reason="Returned by the bank")

    assert unpaid(company.contract) == Decimal("0.00")
    assert not Task.objects.exists()
    assert not Notice.objects.filter(kind="invoiced_unpaid").exists()


def test_a_reversal_of_what_was_not_invoiced_asks_for_nothing(company):
    payment = invoiced(company, may_come_first=False)
    other = confirmed(company, "2000.00")

    reverse_payment(other, actor=company.finance, reason="Wrong contract")

    assert unpaid(company.contract) == Decimal("0.00")
    assert not Task.objects.exists()
    assert payment.state == "approved"


def test_being_invoiced_beyond_what_was_paid_without_a_reversal_breaks_the_rule(company):
    invoiced(company, may_come_first=False)
    Contract.objects.filter(pk=company.contract.pk).update(received=Decimal("100.00"))

    sentences = [rule.sentence for rule in RULES if rule.number == 22 and broken(rule)]

    assert sentences == [next(rule.sentence for rule in RULES if "was reversed" in rule.sentence)]
