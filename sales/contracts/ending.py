"""What happens to signed contracts: they rest, go on, are terminated, or are fulfilled."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.identity import clean_line
from sales.contracts.holding import hold_in, touch
from sales.contracts.models import Contract
from sales.contracts.planning import void_open_parts
from sales.orders.following import cancel_orders, hold_orders, release_orders
from sales.orders.models import Order
from sales.periods.closing import refuse_closed_day


def suspend_contract(contract: Contract, *, actor: User, reason: str) -> Contract:
    """Let a signed contract rest: nothing is delivered until it goes on."""
    with operation(actor, "contract_suspended", contract, anchor_id=contract.customer_id, reason=reason):
        locked = hold_in(contract, Contract.State.SIGNED)
        _refuse_supplement(locked)
        locked.state, locked.end_reason = Contract.State.SUSPENDED, _reason(reason)
        touch(locked, actor, is_content=False)
        hold_orders(locked, actor=actor)
    return locked


def resume_contract(contract: Contract, *, actor: User, reason: str = "") -> Contract:
    """Let a resting contract go on."""
    with operation(actor, "contract_resumed", contract, anchor_id=contract.customer_id, reason=reason):
        locked = hold_in(contract, Contract.State.SUSPENDED)
        locked.state, locked.end_reason = Contract.State.SIGNED, ""
        touch(locked, actor, is_content=False)
        release_orders(locked, actor=actor)
    return locked


def terminate_contract(contract: Contract, *, actor: User, reason: str, ended_on: date | None = None) -> Contract:
    """End a signed contract early: open instalments become void, its orders are cancelled.

    ValidationError while an invoice is applied for or a supplement is under way.
    """
    day = ended_on or timezone.localdate()
    with operation(actor, "contract_terminated", contract, anchor_id=contract.customer_id, reason=reason):
        locked = hold_in(contract, *Contract.RUNNING)
        _refuse_supplement(locked)
        _refuse_unsettled(locked)
        if day > timezone.localdate() or (locked.signed_on and day < locked.signed_on):
            raise ValidationError({"ended_on": _("Choose a day between signing and today.")})
        refuse_closed_day("ended_on", day)
        locked.state, locked.ended_on, locked.end_reason = Contract.State.TERMINATED, day, _reason(reason)
        touch(locked, actor, is_content=False)
        void_open_parts(locked)
        cancel_orders(locked, actor=actor)
        _end_supplements(locked, actor)
    return locked


def close_contract(contract: Contract, *, actor: User) -> Contract:
    """Put a contract aside as fulfilled: everything is paid and delivered."""
    with operation(actor, "contract_closed", contract, anchor_id=contract.customer_id):
        locked = hold_in(contract, Contract.State.SIGNED)
        _refuse_supplement(locked)
        _refuse_unsettled(locked)
        if locked.instalments.open().exists() or locked.received < locked.total:
            raise ValidationError(
                _("%(amount)s is still to be paid.") % {"amount": f"{locked.outstanding:,.2f}"}, code="unpaid"
            )
        if locked.orders.exclude(state__in=(Order.State.ACCEPTED, Order.State.DELIVERED, Order.State.CANCELLED)):
            raise ValidationError(_("Not everything is delivered yet."), code="undelivered")
        locked.state, locked.ended_on = Contract.State.CLOSED, timezone.localdate()
        touch(locked, actor, is_content=False)
        _end_supplements(locked, actor)
    return locked


def _reason(reason: str) -> str:
    text = clean_line(reason)[:300]
    if not text:
        raise ValidationError({"reason": _("Write a reason.")})
    return text


def _refuse_supplement(contract: Contract) -> None:
    if contract.main_id:
        raise ValidationError(_("A supplement follows its main contract."), code="supplement")


def _refuse_unsettled(contract: Contract) -> None:
    if contract.applied > 0:
        raise ValidationError(_("An invoice is applied for. Issue or withdraw it first."), code="applied")
    waiting = contract.supplements.filter(state__in=("pending", "blocked", "approved"), archived_at=None).first()
    if waiting is not None:
        raise ValidationError(
            _("The supplement %(number)s is under way. Decide on it first.") % {"number": waiting}, code="supplement"
        )


def _end_supplements(main: Contract, actor: User) -> None:
    """Signed supplements end with their main contract, in its state."""
    running = main.supplements.filter(state__in=Contract.RUNNING)
    running.update(
        state=main.state, ended_on=main.ended_on, end_reason=main.end_reason, changed_at=timezone.now(),
        changed_by=actor,
    )  # fmt: skip
