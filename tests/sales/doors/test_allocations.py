"""Money settles no more of a contract than is still owed for it, whichever way it comes."""

from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError

from crm.operations.invariants import broken
from sales.payments.invariants import RULES
from sales.payments.settling import allocate_payment, release_allocation
from tests.contract.fingerprints import fingerprint
from tests.factories.sales import make_contract
from tests.sales.payments.conftest import company as company
from tests.sales.payments.steps import confirmed, sums


def freed(company):
    """A payment of the whole contract whose allocations were taken back: the money stays with the contract."""
    payment = confirmed(company, "10000.00")
    for allocation in payment.allocations.all():
        release_allocation(allocation, actor=company.finance, reason="Wrong instalment")
    assert sums(company.contract) == (D(10000), D(0), [D(0), D(0)])
    return payment


def test_money_without_a_contract_passes_by_what_is_paid_already_though_its_instalments_are_open(company):
    freed(company)
    other = make_contract(company.customer, amount="5000.00", instalments=("5000.00",))
    confirmed(company, "5000.00", contract=None)
    assert sums(company.contract) == (D(10000), D(0), [D(0), D(0)])
    assert sums(other) == (D(5000), D(0), [D(5000)])
    assert [rule.sentence for rule in RULES if broken(rule)] == []


def test_a_prepayment_is_not_allocated_to_what_is_paid_already(company):
    own = freed(company)
    loose = confirmed(company, "7000.00", contract=None, overpayment_reason="Deposit")
    assert loose.prepaid == D(7000)
    part = company.contract.instalments.first()
    before = fingerprint()
    for parts in ([(part.pk, D("0.01"))], []):
        with pytest.raises(ValidationError):
            allocate_payment(loose, actor=company.finance, parts=parts)
    assert fingerprint() == before
    allocate_payment(own, actor=company.finance)
    assert sums(company.contract) == (D(10000), D(0), [D(3000), D(7000)])
    assert [rule.sentence for rule in RULES if broken(rule)] == []


def test_of_a_contract_paid_in_part_a_prepayment_settles_what_is_owed(company):
    payment = confirmed(company, "4000.00")
    for allocation in payment.allocations.all():
        release_allocation(allocation, actor=company.finance, reason="Wrong instalment")
    loose = confirmed(company, "8000.00", contract=None, overpayment_reason="Deposit")
    assert sums(company.contract) == (D(10000), D(0), [D(3000), D(3000)])
    assert loose.prepaid == D(2000)
    allocate_payment(payment, actor=company.finance)
    assert sums(company.contract) == (D(10000), D(0), [D(3000), D(7000)])
    assert [rule.sentence for rule in RULES if broken(rule)] == []
