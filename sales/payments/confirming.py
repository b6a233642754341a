"""What follows from the approval of a claim: confirmed money settles instalments, refused money settles nothing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from sales.documents.submitting import move
from sales.money import ZERO
from sales.payments.actions import forget_released, free_line
from sales.payments.allocations import count_again, settle, spread
from sales.payments.holding import Account, account_of_payment
from sales.payments.models import Payment
from sales.payments.values import refuse_unexplained, wanted_of
from sales.periods.closing import refuse_closed


def put_up(payment: Payment, actor: User | None, request: Any) -> None:
    """The claim waits for those who decide; whoever put it up stays who did, also where it was blocked meanwhile."""
    _waits(payment, "pending", actor)


def put_up_in_vain(payment: Payment, actor: User | None, request: Any) -> None:
    """The claim waits for somebody who may decide."""
    _waits(payment, "blocked", actor)


def confirm(payment: Payment, actor: User | None, request: Any) -> None:
    """The money is there: it settles instalments as wanted, then the oldest due; the rest is a prepayment.

    ValidationError: nobody to name as the one who confirmed, or whoever claimed it; a closed period; more than is
    owed without a reason.
    """
    if actor is None or actor.pk == payment.submitted_by_id:
        raise ValidationError(_("Somebody else than who claimed it confirms a payment."), code="own")
    with operation(actor, "payment_confirmed", payment, anchor_id=payment.customer_id, is_part=True):
        refuse_closed(payment.paid_on)
        account = account_of_payment(payment)
        refuse_unexplained(payment, account)
        parts = confirmed_parts(payment, account)
        settle(payment, parts, actor=actor)
        move(
            payment, "approved", actor=actor, approved_at=timezone.now(), confirmed_by=actor,
            allocated=sum((share for _pk, share in parts), ZERO),
        )  # fmt: skip
        count_again(account, [pk for pk, _share in parts], [payment.contract_id])


def confirmed_parts(payment: Payment, account: Account) -> list[tuple[int, Any]]:
    """What of a payment would settle which instalments if it were confirmed now."""
    parts, rooms = account.open_parts(payment.contract_id), account.rooms(payment.contract_id)
    return spread(payment.amount, wanted_of(payment), parts, rooms)


def refuse_claim(payment: Payment, actor: User | None, request: Any) -> None:
    """The money is not there; a bank line that was taken for it is free again."""
    free_line(payment)
    move(payment, "rejected", actor=actor)


def give_back(payment: Payment, actor: User | None, request: Any) -> None:
    """Whoever claimed it has something to correct."""
    forget_released(payment)
    move(payment, "returned", actor=actor)


def take_back_claim(payment: Payment, actor: User | None, request: Any) -> None:
    """Whoever claimed it took it back."""
    forget_released(payment)
    move(payment, "withdrawn", actor=actor)


def _waits(payment: Payment, state: str, actor: User | None) -> None:
    if payment.state != state:
        move(payment, state, actor=actor)
