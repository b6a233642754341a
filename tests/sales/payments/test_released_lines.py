"""Money the bank tells of once counts once, whoever unties its line and books it again."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from crm.approvals import actions as approvals
from crm.operations.invariants import broken
from sales.payments import matching
from sales.payments.invariants import RULES
from sales.payments.matching import book_line, match_line, proposals, release_line
from sales.payments.models import BankLine, Payment
from sales.payments.reversing import reverse_payment
from sales.payments.statements import record_line
from tests.contract.fingerprints import fingerprint
from tests.factories import sign_in
from tests.factories.api import ApiClient
from tests.sales.payments.steps import claimed, confirmed, decide, sums

pytestmark = pytest.mark.django_db


def line(company, amount="3000.00", reference="A1"):
    given = {
        "booked_on": timezone.localdate(), "amount": Decimal(amount), "payer_name": "Yunling", "reference": reference,
    }  # fmt: skip
    return record_line(actor=company.finance, values=given)[0]


def released(company, payment):
    """A line that was untied from this payment."""
    found = line(company)
    match_line(found, payment, actor=company.finance)
    return release_line(found, actor=company.finance, reason="Wrong one")


def book(company, found):
    return book_line(found, company.customer, actor=company.finance, values={"contract": company.contract})


def refused(work, code="counted"):
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        work()
    assert refusal.value.code == code
    assert fingerprint() == before
    return refusal.value.messages


def is_sound():
    return [rule.sentence for rule in RULES if broken(rule)] == []


def test_the_line_of_a_confirmed_payment_is_not_booked_again(company):
    payment = confirmed(company)
    found = released(company, payment)
    assert (found.state, found.payment, found.released_from) == ("open", None, payment)
    with translation.override("en"):
        [words] = refused(lambda: book(company, found))
    assert words.startswith(f"This money still counts for {payment.number} (confirmed)")
    another = claimed(company)
    refused(lambda: match_line(found, another, actor=company.second))
    assert is_sound()


def test_without_the_guard_two_people_count_the_money_twice(company, monkeypatch):
    found = released(company, confirmed(company))
    monkeypatch.setattr(matching, "refuse_counted", lambda line, payment: None)
    twice = book(company, found)
    decide(twice, company.boss)
    decide(twice, company.second)
    assert sums(company.contract)[0] == Decimal("6000.00")
    assert BankLine.objects.count() == 1


def test_it_goes_back_to_the_payment_it_was_untied_from(company):
    payment = confirmed(company)
    found = released(company, payment)
    other = claimed(company)
    assert [row.pk for row in proposals([found], company.finance)[found.pk].payments] == [payment.pk]
    found = match_line(found, payment, actor=company.second)
    assert (found.payment, found.released_from) == (payment, None)
    assert Payment.objects.get(pk=other.pk).state == "pending"
    assert is_sound()


def test_it_is_free_once_that_payment_has_its_own_line(company):
    payment = confirmed(company)
    found = released(company, payment)
    match_line(line(company, reference="B2"), payment, actor=company.finance)
    booked = book(company, BankLine.objects.get(pk=found.pk))
    assert BankLine.objects.get(pk=found.pk).payment == booked
    assert is_sound()


def test_it_is_free_once_that_payment_is_reversed(company):
    payment = confirmed(company)
    found = released(company, payment)
    reverse_payment(payment, actor=company.finance, reason="Not ours")
    assert book(company, BankLine.objects.get(pk=found.pk)).state == "pending"
    assert is_sound()


@pytest.mark.parametrize("act", [approvals.return_request, approvals.reject])
def test_it_is_free_once_the_claim_is_given_back_or_refused(company, act):
    claim = claimed(company)
    found = released(company, claim)
    refused(lambda: book(company, found))
    decide(claim, company.head, act, comment="Another customer")
    assert book(company, BankLine.objects.get(pk=found.pk)).state == "pending"
    assert is_sound()


def test_the_line_of_a_returned_claim_is_free_at_once(company):
    claim = claimed(company)
    decide(claim, company.head, approvals.return_request, comment="Which customer?")
    found = released(company, claim)
    assert found.released_from is None
    assert book(company, found).state == "pending"


def test_pages_say_for_whom_the_money_counts(company):
    payment = confirmed(company)
    found = released(company, payment)
    company.finance.language = "en"
    company.finance.save(update_fields=["language"])
    finance = sign_in(company.finance)
    shown = finance.get(found.get_absolute_url()).content.decode()
    assert f"Untied from {payment.number} (confirmed)" in shown
    assert reverse("sales:bank_line_book", args=[found.pk]) not in shown
    assert "taken from it; match another" in finance.get(payment.get_absolute_url()).content.decode()
    before = fingerprint()
    sent = {"customer": company.customer.number, "contract": ""}
    answer = finance.post(reverse("sales:bank_line_book", args=[found.pk]), sent)
    assert answer.status_code == 422
    assert f"This money still counts for {payment.number}" in answer.content.decode()
    assert fingerprint() == before


def test_other_systems_read_for_which_payment_an_open_line_is_kept(company):
    payment = confirmed(company)
    found = released(company, payment)
    told = ApiClient(company.finance, ["bank-lines:read"]).get(f"bank-lines/{found.pk}/").json()
    assert (told["state"], told["payment"], told["released_from"]) == ("open", None, payment.pk)
