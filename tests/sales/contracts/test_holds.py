"""What contracts keep their customers from, and what they make of them."""

import pytest
from django.core.exceptions import ValidationError

from customers.customers.bought import has_bought
from customers.customers.holds import holds_of, refuse_held
from customers.customers.models import Customer
from tests.contract.fingerprints import fingerprint
from tests.factories.sales import make_contract

pytestmark = pytest.mark.django_db


def codes(customer):
    return [hold.code for hold in holds_of([customer.pk]).get(customer.pk, [])]


@pytest.mark.parametrize(
    ("state", "held"),
    [
        ("draft", []),
        ("pending", ["contract_waiting"]),
        ("approved", ["contract_to_sign"]),
        ("signed", ["contract", "instalment"]),
        ("suspended", ["contract", "instalment"]),
        ("terminated", []),
        ("void", []),
    ],
)
def test_a_customer_stays_where_it_is_as_long_as_a_contract_goes_on(state, held):
    contract = make_contract(state=state)
    assert codes(contract.customer) == held


def test_whoever_wants_to_move_such_a_customer_hears_why():
    contract = make_contract()
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        refuse_held([contract.customer_id])
    assert refusal.value.messages == ["It has a running contract.", "An instalment of it is still to be paid."]
    assert fingerprint() == before


def test_only_a_signed_contract_makes_an_existing_customer():
    bought = [make_contract(state=state).customer_id for state in ("signed", "closed", "terminated")]
    others = [make_contract(state=state).customer_id for state in ("draft", "approved", "void")]
    found = set(Customer.objects.filter(has_bought()).values_list("pk", flat=True))
    assert found & {*bought, *others} == set(bought)
