"""Using confirmed money: for further instalments of the same customer and currency, or not for one any more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.identity import clean_line
from sales.documents.shown import money
from sales.money import ZERO, cents
from sales.payments.allocations import (
    Parts,
    allocated_now,
    count_again,
    refuse_less_than_invoiced,
    settle,
    spread,
    take_back,
)
from sales.payments.holding import Account, hold_payment, refuse_unless
from sales.payments.models import Allocation, Payment


def allocate_payment(payment: Payment, *, actor: User, parts: Parts = ()) -> Payment:
    """Let what is left of a confirmed payment settle instalments: those named, or the oldest due of the customer.

    ValidationError: not confirmed, nothing left, foreign instalments, more than is left or open.
    """
    with operation(actor, "payment_allocated", payment, anchor_id=payment.customer_id):
        locked, account = hold_payment(payment.pk)
        _refuse_unless_money(locked)
        if locked.prepaid <= 0:
            raise ValidationError(_("Nothing of %(name)s is left to allocate.") % {"name": locked}, code="used")
        ready = _checked(locked, account, parts) if parts else _proposed(locked, account)
        if not ready:
            raise ValidationError(_("No instalment of this customer is open."), code="nothing_open")
        settle(locked, ready, actor=actor)
        _save(locked, actor)
        count_again(account, [pk for pk, _share in ready], [locked.contract_id])
        if locked.contract_id:
            refuse_less_than_invoiced(account)
    return locked


def release_allocation(allocation: Allocation, *, actor: User, reason: str) -> Payment:
    """Take back that a payment settles an instalment; the money is a prepayment again. A reason is needed."""
    payment, said = allocation.payment, clean_line(reason)
    if not said:
        raise ValidationError({"reason": _("Write why.")})
    with operation(actor, "payment_released", payment, anchor_id=payment.customer_id, reason=said):
        locked, account = hold_payment(payment.pk)
        _refuse_unless_money(locked)
        row = locked.allocations.living().filter(pk=allocation.pk).first()
        if row is None:
            raise ValidationError(_("This was taken back already."), code="taken_back")
        ids = take_back([row])
        _save(locked, actor)
        count_again(account, ids, [locked.contract_id])
        refuse_less_than_invoiced(account)
    return locked


def _refuse_unless_money(payment: Payment) -> None:
    refuse_unless(payment, "approved")
    if payment.reverses_id:
        raise ValidationError(_("A reversal settles nothing."), code="reversal")


def _proposed(payment: Payment, account: Account) -> list[tuple[int, Decimal]]:
    parts = account.open_parts(payment.contract_id) or account.open_parts(None)
    return spread(payment.prepaid, (), parts, account.rooms(payment.contract_id))


def _checked(payment: Payment, account: Account, parts: Parts) -> list[tuple[int, Decimal]]:
    known: dict[int, Any] = {part.pk: part for part in account.open_parts(None)}
    chosen = [(pk, share) for pk, share in parts if share]
    if not chosen or len({pk for pk, _share in chosen}) < len(chosen) or not {pk for pk, _share in chosen} <= {*known}:
        raise ValidationError({"parts": _("Choose open instalments of this customer, each once.")})
    for pk, share in chosen:
        part = known[pk]
        if not share.is_finite() or not 0 < share <= part.open_amount or share != cents(share):
            raise ValidationError(
                {
                    "parts": _("%(open)s of “%(name)s” is open; write an amount up to that.")
                    % {"open": money(part.open_amount, payment.currency), "name": part.name}
                }
            )
    _refuse_beyond_owed(payment, account, chosen)
    if sum((share for _pk, share in chosen), ZERO) > payment.prepaid:
        raise ValidationError(
            {"parts": _("Only %(left)s is left to allocate.") % {"left": money(payment.prepaid, payment.currency)}}
        )
    return chosen


def _refuse_beyond_owed(payment: Payment, account: Account, chosen: Parts) -> None:
    """ValidationError where a contract would get more than is still to be paid of it, though instalments are open."""
    rooms = account.rooms(payment.contract_id)
    for pk, share in chosen:
        contract_id = account.instalments[pk].contract_id
        if contract_id not in rooms:
            continue
        if share > rooms[contract_id]:
            words = {
                "open": money(account.contracts[contract_id].outstanding, payment.currency),
                "contract": account.contracts[contract_id],
            }
            raise ValidationError({"parts": _("Only %(open)s of %(contract)s is still to be paid.") % words})
        rooms[contract_id] -= share


def _save(payment: Payment, actor: User) -> None:
    payment.allocated, payment.changed_at, payment.changed_by = allocated_now(payment), timezone.now(), actor
    payment.save(update_fields=["allocated", "changed_at", "changed_by"])
