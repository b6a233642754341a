"""Two people of finance at once, with real connections; the same without the locks shows that races would be seen."""

import threading
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

import crm.celery  # noqa: F401 - the doorbell of what is started here
from crm.operations.invariants import broken
from sales.payments import holding, matching, settling
from sales.payments.holding import Account, seen_account
from sales.payments.invariants import RULES
from sales.payments.models import BankLine, Payment
from sales.payments.settling import allocate_payment
from sales.payments.statements import record_line
from tests.factories.sales import make_contract
from tests.sales.payments.steps import claimed, confirmed, decide, sums

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6
D = Decimal


def together(*works):
    """Run these at once, each with its own connection; how each ended: done, refused or failed."""
    gate, ends = threading.Barrier(len(works)), []

    def run(work):
        try:
            gate.wait(10)
            work()
            ends.append("done")
        except ValidationError:
            ends.append("refused")
        except DatabaseError:
            ends.append("failed")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return sorted(ends)


class Meeting:
    """Lets two threads read before either writes: what a lock would have kept apart."""

    def __init__(self):
        self.gate = threading.Barrier(2)

    def wait(self):
        try:
            self.gate.wait(2)
        except threading.BrokenBarrierError:
            pass


def unlocked(monkeypatch, module):
    """Take the locks of a payment, its customer and its contracts away."""
    meeting = Meeting()

    def hold(pk):
        payment = Payment.objects.select_related("customer", "contract", "department").get(pk=pk)
        account: Account = seen_account(payment.customer_id, payment.currency)
        payment.__dict__["account_held"] = account
        meeting.wait()
        return payment, account

    monkeypatch.setattr(module, "hold_payment", hold)
    monkeypatch.setattr(holding, "lock_customer", lambda documents: documents.get().customer)


def is_sound():
    return {rule.sentence: ids for rule in RULES if (ids := broken(rule))} == {}


def two_claims(company):
    contract = make_contract(company.customer)
    claims = [claimed(company, "6000.00", contract=contract) for _turn in range(2)]
    for claim in claims:
        decide(claim, company.head)
    return contract, claims


def confirm_both(company, claims):
    return together(
        lambda: decide(claims[0], company.finance),
        lambda: decide(claims[1], company.second),
    )


def test_of_two_claims_that_together_are_too_much_one_is_confirmed(company):
    for _round in range(ROUNDS):
        contract, claims = two_claims(company)
        assert confirm_both(company, claims) == ["done", "refused"]
        assert sums(contract)[0] == D("6000.00")
    assert is_sound()


def test_without_the_lock_both_pass(company, monkeypatch):
    _contract, claims = two_claims(company)
    unlocked(monkeypatch, holding)
    assert "refused" not in confirm_both(company, claims)


def prepaid(company):
    """A payment of which 3,000 is left, and a contract it may be used for."""
    payment = confirmed(company, "13000.00", overpayment_reason="Deposit")
    other = make_contract(company.customer, amount="8000.00", instalments=("8000.00",))
    return payment, other.instalments.get()


def allocate_both(company, payment, part):
    def work(person):
        return lambda: allocate_payment(payment, actor=person, parts=[(part.pk, D("2000.00"))])

    return together(work(company.finance), work(company.second))


def test_what_is_left_of_a_payment_is_allocated_once(company):
    payment, part = prepaid(company)
    assert allocate_both(company, payment, part) == ["done", "refused"]
    payment.refresh_from_db()
    assert payment.prepaid == D("1000.00")
    assert is_sound()


def test_without_the_lock_it_is_allocated_twice(company, monkeypatch):
    payment, part = prepaid(company)
    unlocked(monkeypatch, settling)
    ends = allocate_both(company, payment, part)
    assert "refused" not in ends
    assert "failed" in ends or not is_sound()


def line_and_claims(company):
    given = {"booked_on": timezone.localdate(), "amount": D("3000.00"), "payer_name": "Yunling"}
    return record_line(actor=company.finance, values=given)[0], claimed(company), claimed(company)


def match_both(company, line, first, second):
    return together(
        lambda: matching.match_line(line, first, actor=company.finance),
        lambda: matching.match_line(line, second, actor=company.second),
    )


def test_a_bank_line_is_claimed_by_one_of_two(company):
    line, first, second = line_and_claims(company)
    assert match_both(company, line, first, second) == ["done", "refused"]
    assert BankLine.objects.get().payment in (first, second)


def test_without_the_lock_both_claim_the_line(company, monkeypatch):
    line, first, second = line_and_claims(company)
    meeting = Meeting()

    def look(pk):
        found = BankLine.objects.get(pk=pk)
        meeting.wait()
        return found

    monkeypatch.setattr(matching, "lock_line", look)
    assert match_both(company, line, first, second) == ["done", "done"]


def test_locks_are_taken_in_the_order_of_the_house(company, django_assert_max_num_queries):
    payment = claimed(company)
    with django_assert_max_num_queries(6) as told, transaction.atomic():
        holding.hold_payment(payment.pk)
    locked = [one["sql"].split('FROM "')[1].split('"')[0] for one in told if "FOR NO KEY UPDATE" in one["sql"]]
    assert locked == ["sales_contract", "sales_instalment", "sales_payment"]


def claim_with_line(company):
    """A claim finance may confirm, and the line of the bank it is matched with."""
    given = {"booked_on": timezone.localdate(), "amount": D("3000.00"), "payer_name": "Yunling"}
    line, claim = record_line(actor=company.finance, values=given)[0], claimed(company, overpayment_reason="Deposit")
    matching.match_line(line, claim, actor=company.finance)
    decide(claim, company.head)
    return line, claim


def confirm_and_book_again(company, line, claim):
    def untie_and_book():
        matching.release_line(line, actor=company.second, reason="Elsewhere")
        more = {"contract": company.contract, "overpayment_reason": "Deposit"}
        matching.book_line(line, company.customer, actor=company.second, values=more)

    return together(lambda: decide(claim, company.finance), untie_and_book)


def test_a_line_untied_while_its_payment_is_confirmed_is_not_booked_again(company):
    for _round in range(ROUNDS):
        line, claim = claim_with_line(company)
        assert confirm_and_book_again(company, line, claim) == ["done", "refused"]
        claim.refresh_from_db()
        line.refresh_from_db()
        assert (claim.state, line.state, line.released_from) == ("approved", "open", claim)
        BankLine.objects.all().delete()
    assert is_sound()


def test_without_the_guard_it_is_booked_again(company, monkeypatch):
    line, claim = claim_with_line(company)
    monkeypatch.setattr(matching, "refuse_counted", lambda line, payment: None)
    assert confirm_and_book_again(company, line, claim) == ["done", "done"]
    line.refresh_from_db()
    assert (line.state, line.payment != claim) == ("matched", True)
