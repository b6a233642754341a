"""Reversing a confirmed payment by a counter-entry; large ones need a second person of finance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.company.actions import company_setting
from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbers
from customers.customers.identity import clean_line
from sales.payments.actions import free_line
from sales.payments.allocations import count_again, take_back
from sales.payments.holding import Account, hold_payment, lock_payment, refuse_unless
from sales.payments.models import Payment
from sales.payments.shortfalls import follow_up
from sales.payments.values import why_no_day
from sales.periods.closing import refuse_closed

SECOND_FROM = "payments.second_reverser_from"


def reverse_payment(payment: Payment, *, actor: User, reason: str, day: date | None = None) -> Payment:
    """Write the counter-entry of a confirmed payment; it takes its allocations back and frees its bank line.

    From the amount the company settings name it waits until a second person confirms it. ValidationError: not
    confirmed, reversed already, itself a reversal, no reason, a closed period.
    """
    said, on = clean_line(reason)[:200], day or timezone.localdate()
    if not said:
        raise ValidationError({"reason": _("Write why.")})
    if why := why_no_day(on):
        raise ValidationError({"day": why})
    with operation(actor, "payment_reversal_asked", payment, anchor_id=payment.customer_id, reason=said):
        locked, account = hold_payment(payment.pk)
        _refuse_unless_reversible(locked)
        if on < locked.paid_on:
            raise ValidationError({"day": _("The payment itself came later.")})
        refuse_closed(on)
        counter = _counter_entry(locked, actor, said, on)
        if not needs_second(locked.amount):
            _take_effect(locked, counter, account, actor)
    return counter


def confirm_reversal(reversal: Payment, *, actor: User) -> Payment:
    """Let a large reversal take effect, as a second person."""
    with operation(actor, "payment_reversal_confirmed", reversal, anchor_id=reversal.customer_id):
        locked, account = hold_payment(_original_of(reversal))
        counter = _waiting(reversal)
        if counter.submitted_by_id == actor.pk:
            raise ValidationError(_("Somebody else than who asked for it confirms a reversal."), code="own")
        _refuse_unless_reversible(locked)
        refuse_closed(counter.paid_on)
        counter.confirmed_by = actor
        _take_effect(locked, counter, account, actor)
    return counter


def refuse_reversal(reversal: Payment, *, actor: User, reason: str) -> Payment:
    """Leave the payment as it is; the same counter-entry may be asked for again."""
    said = clean_line(reason)
    if not said:
        raise ValidationError({"reason": _("Write why.")})
    with operation(actor, "payment_reversal_refused", reversal, anchor_id=reversal.customer_id, reason=said):
        hold_payment(_original_of(reversal))
        counter = _waiting(reversal)
        _save(counter, actor, Payment.State.REJECTED)
    return counter


def needs_second(amount: Decimal) -> bool:
    """Whether two people reverse so much."""
    return bool(amount >= company_setting(SECOND_FROM))


def _refuse_unless_reversible(payment: Payment) -> None:
    if payment.reverses_id:
        raise ValidationError(_("A reversal is not reversed. Claim the payment again."), code="reversal")
    if payment.state == Payment.State.REVERSED:
        raise ValidationError(_("%(name)s is reversed already.") % {"name": payment}, code="reversed")
    refuse_unless(payment, "approved")


def _counter_entry(payment: Payment, actor: User, reason: str, day: date) -> Payment:
    """The counter-entry, waiting; a refused one is taken up again, so that there is one at most."""
    counter = Payment.objects.filter(reverses=payment).first()
    if counter is not None and counter.state == Payment.State.PENDING:
        raise ValidationError(_("%(name)s waits for a second person.") % {"name": counter}, code="waiting")
    if counter is None:
        counter = Payment(
            reverses=payment, number=next_numbers("payment")[0], created_by=actor, customer_id=payment.customer_id,
            contract_id=payment.contract_id, owner_id=payment.owner_id, department_id=payment.department_id,
            currency=payment.currency, amount=payment.amount, method=payment.method, payer_name=payment.payer_name,
        )  # fmt: skip
    counter.paid_on, counter.reversal_reason, counter.confirmed_by = day, reason, None
    counter.submitted_at, counter.submitted_by = timezone.now(), actor
    _save(counter, actor, Payment.State.PENDING)
    return counter


def _take_effect(payment: Payment, counter: Payment, account: Account, actor: User) -> None:
    ids = take_back(payment.allocations.living())
    free_line(payment)
    payment.allocated, payment.reversal_reason = Decimal("0.00"), counter.reversal_reason
    _save(payment, actor, Payment.State.REVERSED)
    counter.approved_at = timezone.now()
    _save(counter, actor, Payment.State.APPROVED)
    count_again(account, ids, [payment.contract_id])
    touched = {account.instalments[pk].contract_id for pk in ids if pk in account.instalments} | {payment.contract_id}
    follow_up([row for pk, row in account.contracts.items() if pk in touched], counter, actor=actor)


def _original_of(reversal: Payment) -> int:
    if reversal.reverses_id is None:
        raise ValidationError(_("%(name)s reverses nothing.") % {"name": reversal}, code="no_reversal")
    return reversal.reverses_id


def _waiting(reversal: Payment) -> Payment:
    counter = lock_payment(reversal.pk)
    if counter.state != Payment.State.PENDING:
        raise ValidationError(_("This reversal does not wait any more."), code="decided")
    return counter


def _save(payment: Payment, actor: User, state: str) -> None:
    payment.state, payment.changed_at, payment.changed_by = state, timezone.now(), actor
    payment.save()
