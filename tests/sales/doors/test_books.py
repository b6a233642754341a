"""Ways around closed books: nothing that changes an amount is dated in them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from sales.contracts.ending import terminate_contract
from sales.contracts.signing import sign_contract
from sales.payments.reversing import reverse_payment
from sales.periods.actions import close_books
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user
from tests.factories.sales import make_contract, make_payment
from tests.sales.contracts import stories

pytestmark = pytest.mark.django_db


def refused_field(work):
    """The field that was refused; nothing changed."""
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        work()
    assert fingerprint() == before
    return list(caught.value.error_dict)


def test_a_contract_is_not_signed_on_a_day_of_closed_books():
    rep, director, finance = stories.people()
    contract = stories.approved(stories.draft(rep), rep, director, finance)
    last = timezone.localdate() - timedelta(days=5)
    close_books(actor=finance, until=last)

    def sign(day):
        return sign_contract(contract, actor=director, signed_on=day, waiver_reason="Known")

    assert refused_field(lambda: sign(last)) == ["signed_on"]
    assert sign(last + timedelta(days=1)).state == "signed"


def test_a_contract_is_not_terminated_on_a_day_of_closed_books():
    _rep, director, finance = stories.people()
    last = timezone.localdate() - timedelta(days=5)
    contract = make_contract(owner=make_user("seller", "rep"), signed_on=last - timedelta(days=1))
    close_books(actor=finance, until=last)

    def end(day):
        return terminate_contract(contract, actor=director, reason="Gone", ended_on=day)

    assert refused_field(lambda: end(last)) == ["ended_on"]
    assert end(last + timedelta(days=1)).state == "terminated"


def test_a_payment_is_not_reversed_before_the_day_it_came():
    rep, _director, finance = stories.people()
    payment = make_payment(make_customer(owner=rep), state="approved", confirmed_by=finance)
    second = make_user("second", "finance")

    def reverse(day):
        return reverse_payment(payment, actor=second, reason="Bounced", day=day)

    assert refused_field(lambda: reverse(payment.paid_on - timedelta(days=1))) == ["day"]
    assert reverse(payment.paid_on).state == "approved"
