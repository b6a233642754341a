"""Two at once: each pair runs on its own connections; what both want, one of them gets."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from crm.history.models import Operation
from sales.contracts.holding import hold_contract
from sales.contracts.models import Contract
from sales.invoices import actions, issuing, quotas
from sales.invoices.limits import refuse_beyond
from sales.invoices.models import Invoice
from sales.reissues import actions as asking
from sales.reissues import confirmation, red_letters
from tests.sales.invoices.stories import approved, contradictions, decide, draft, issued, paid_contract, people, sums

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 200


class Pair:
    """Two people on two connections that last; each round begins for both at the same moment."""

    def __enter__(self):
        self.pool, self.gate = ThreadPoolExecutor(2), Barrier(2)
        return self

    def __exit__(self, *trouble):
        self.run(lambda: connection.close(), lambda: connection.close())
        self.pool.shutdown()

    def run(self, first, second):
        """What each of two acts ended in: None, or what was raised."""
        return [one.result() for one in [self.pool.submit(self._act, act) for act in (first, second)]]

    def _act(self, act):
        try:
            self.gate.wait(10)
            with translation.override("en"):
                act()
        except (ValidationError, DatabaseError) as refusal:
            return refusal
        return None


def test_of_two_submitted_at_once_only_what_the_contract_has_is_held():
    rep, _director, _finance = people()
    with Pair() as pair:
        for _round in range(4):
            contract = paid_contract(rep)
            first, second = draft(contract, rep), draft(contract, rep)
            outcomes = pair.run(
                lambda first=first: actions.submit_invoice(first, actor=rep),
                lambda second=second: actions.submit_invoice(second, actor=rep),
            )
            assert sum(outcome is None for outcome in outcomes) == 1
            assert sums(contract) == (Decimal("0.00"), Decimal("6000.00"))
    assert contradictions() == []


def _hold(contract, *, is_locked):
    """Ask for 60 of 100 and hold it, as submitting does: under the lock on the contract, or like its twin without."""
    with transaction.atomic():
        row = hold_contract(contract.pk) if is_locked else Contract.objects.select_related("type").get(pk=contract.pk)
        refuse_beyond(row, Decimal("6000.00"))
        Invoice.objects.create(
            contract=row, customer_id=row.customer_id, owner_id=row.owner_id, department_id=row.department_id,
            state="pending", number=f"R-{row.pk}-{Invoice.objects.count()}", gross=Decimal("6000.00"),
            net=Decimal("6000.00"), submitted_at=timezone.now(),
        )  # fmt: skip
        if is_locked:
            Contract.objects.filter(pk=row.pk).update(applied=row.applied + Decimal("6000.00"))


def _over_held(rep, *, is_locked):
    """In how many of 200 rounds both got their 60 of 100."""
    contract, both = paid_contract(rep), 0
    with Pair() as pair:
        for _round in range(ROUNDS):
            Invoice.objects.filter(contract=contract).delete()
            Contract.objects.filter(pk=contract.pk).update(applied=0)
            pair.run(*[lambda: _hold(contract, is_locked=is_locked)] * 2)
            both += Invoice.objects.filter(contract=contract).count() > 1
    return both


def test_in_200_rounds_the_lock_lets_nobody_over_invoice_and_its_twin_without_does():
    rep, _director, _finance = people()
    assert _over_held(rep, is_locked=True) == 0
    assert _over_held(rep, is_locked=False) > 0


def test_an_invoice_is_issued_once_however_often_it_is_pressed():
    rep, director, finance = people()
    today = timezone.localdate()
    with Pair() as pair:
        for place in range(4):
            invoice = approved(paid_contract(rep), rep, director, finance)
            outcomes = pair.run(*[
                lambda invoice=invoice, number=number: issuing.issue_invoice(
                    invoice, actor=finance, number=number, issued_on=today)
                for number in (f"{place:019d}1", f"{place:019d}2")
            ])  # fmt: skip
            assert sum(outcome is None for outcome in outcomes) == 1
            assert Operation.objects.filter(verb="invoice_issued", subject_id=invoice.pk).count() == 1
    assert contradictions() == []


def test_the_last_quota_of_a_month_goes_to_one_of_two():
    rep, director, finance = people()
    today = timezone.localdate()
    first, second = (approved(paid_contract(rep), rep, director, finance) for _one in range(2))
    quotas.set_quota(today, actor=finance, amount=Decimal("6000.00"))
    with Pair() as pair:
        pair.run(*[
            lambda invoice=invoice, number=number: issuing.issue_invoice(
                invoice, actor=finance, number=number * 20, issued_on=today)
            for invoice, number in ((first, "1"), (second, "2"))
        ])  # fmt: skip
    assert sorted(Invoice.objects.values_list("state", flat=True)) == ["issued", "waiting_quota"]
    assert contradictions() == []


def test_a_red_letter_is_issued_once():
    rep, director, finance = people()
    blue = issued(paid_contract(rep), rep, director, finance)
    values = {"reason": "title", "explanation": "Wrong", "is_full": True, "wants_new": True, "profile": blue.profile}
    reissue = asking.submit_reissue(asking.ask_for_reissue(blue, actor=rep, values=values), actor=rep)
    decide("sales.reissue", reissue, director, finance)
    confirmation.begin_confirmation(reissue, actor=finance, confirmation="01")
    with Pair() as pair:
        outcomes = pair.run(*[
            lambda number=number: red_letters.issue_red_letter(
                reissue, actor=finance, number=number * 20, issued_on=timezone.localdate())
            for number in "89"
        ])  # fmt: skip
    assert sum(outcome is None for outcome in outcomes) == 1
    assert Invoice.objects.filter(kind="red").count() == 1
    assert contradictions() == []
