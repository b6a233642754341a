"""Claims of payments: made and changed by whoever is responsible, put up to finance, taken back, made void."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.models import ApprovalRequest
from crm.history.operations import operation
from crm.people.models import User
from crm.records.stale import fingerprint
from customers.customers.actions import hold_customer
from customers.customers.identity import clean_line
from customers.customers.models import Customer
from sales.documents.holding import next_id
from sales.documents.models import EDITABLE_STATES
from sales.documents.submitting import end_approval, submit_document, withdraw_document
from sales.payments.holding import account_of_payment, lock_payment, refuse_unless
from sales.payments.models import BankLine, Payment
from sales.payments.values import refuse_unexplained, take_values
from sales.periods.closing import refuse_closed

# what a form watches for changes by others
WATCHED = (
    "contract_id", "currency", "amount", "method", "paid_on", "payer_name", "reference", "remark", "wanted",
    "overpayment_reason", "state",
)  # fmt: skip


def claim_payment(customer: Customer, *, actor: User, values: Mapping[str, Any]) -> Payment:
    """Note that a customer paid, as a draft; whoever owns the customer owns it. ValidationError by field."""
    payment = Payment(pk=next_id(Payment), customer=customer, created_by=actor, changed_by=actor, edited_by=actor)
    with operation(actor, "payment_claimed", payment, anchor_id=customer.pk):
        held = hold_customer(customer)
        if held.owner_id is None:
            raise ValidationError(_("Nobody owns “%(name)s” yet. Assign it first.") % {"name": held}, code="no_owner")
        payment.customer, payment.owner_id, payment.department_id = held, held.owner_id, held.department_id
        take_values(payment, values)
        refuse_closed(payment.paid_on)
        payment.save(force_insert=True)
    return payment


def change_payment(payment: Payment, *, actor: User, values: Mapping[str, Any], seen: str = "") -> Payment:
    """Change a claim that was not put up or came back; `seen` is the fingerprint of what the form showed."""
    with operation(actor, "payment_changed", payment, anchor_id=payment.customer_id):
        locked = _editable(payment)
        if seen and seen != fingerprint(locked, WATCHED):
            raise ValidationError(_("This payment has changed since you opened the form."), code="stale")
        _refuse_other_amount(locked, values)
        take_values(locked, values)
        refuse_closed(locked.paid_on)
        locked.edited_by = locked.changed_by = actor
        locked.changed_at = timezone.now()
        locked.save()
    return locked


def submit_payment(
    payment: Payment, *, actor: User, chosen: Mapping[str, Sequence[int]] | None = None, comment: str = ""
) -> ApprovalRequest:
    """Put a claim up: finance confirms it at the end. ValidationError where more is paid than owed without a reason."""

    def check(locked: Payment) -> dict[str, Any]:
        _refuse_unready(locked)
        return {"submitted_by": actor}

    return submit_document(payment, actor=actor, kind="payment", chosen=chosen, comment=comment, check=check)


def withdraw_payment(payment: Payment, *, actor: User, comment: str = "") -> None:
    """Take a claim back before it is confirmed."""
    withdraw_document(payment, actor=actor, kind="payment", comment=comment)


def void_payment(payment: Payment, *, actor: User, reason: str = "") -> Payment:
    """Give up a claim that waits for nobody; one without a number is discarded. Its bank line is free again."""
    with operation(actor, "payment_voided", payment, anchor_id=payment.customer_id, reason=clean_line(reason)):
        end_approval(payment, actor=actor, kind="payment", reason=clean_line(reason))
        locked = _editable(payment)
        free_line(locked)
        if locked.number:
            locked.state = Payment.State.VOID
        else:
            locked.archived_at = timezone.now()
        locked.changed_at, locked.changed_by = timezone.now(), actor
        locked.save(update_fields=["state", "archived_at", "changed_at", "changed_by"])
    return locked


def free_line(payment: Payment) -> None:
    """Let the bank line of a payment that does not count be matched anew."""
    BankLine.objects.filter(payment=payment).update(
        payment=None, state=BankLine.State.OPEN, matched_by=None, matched_at=None
    )
    forget_released(payment)


def forget_released(payment: Payment) -> None:
    """Let the line that was untied from a payment count for others: this one has another, or counts no more."""
    BankLine.objects.filter(released_from=payment).update(released_from=None)


def _refuse_unready(payment: Payment) -> None:
    """What a claim must not be put up with, under the locks of the submission."""
    refuse_unless(payment, *EDITABLE_STATES)
    refuse_closed(payment.paid_on)
    refuse_unexplained(payment, account_of_payment(payment))


def _editable(payment: Payment) -> Payment:
    locked = lock_payment(payment.pk)
    refuse_unless(locked, *EDITABLE_STATES)
    return locked


def _refuse_other_amount(payment: Payment, values: Mapping[str, Any]) -> None:
    """What the bank told of a payment is not changed by people."""
    line = BankLine.objects.filter(payment=payment).first()
    told = {"amount": line.amount, "currency": line.currency, "paid_on": line.booked_on} if line else {}
    if changed := [name for name in told if name in values and values[name] != told[name]]:
        raise ValidationError({name: _("The bank statement says otherwise.") for name in changed})
