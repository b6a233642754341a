"""Instalments: when a contract is to be paid, in which parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DateField, ExpressionWrapper, F, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.identity import clean_line
from sales.contracts.holding import hold_editable, touch
from sales.contracts.models import Contract, Instalment
from sales.money import ZERO, cents

AT_MOST = 60
LONGEST_WAIT = 3650
USUAL_DAYS = 30


def plan_instalments(contract: Contract, *, actor: User, rows: Sequence[Mapping[str, Any]]) -> Contract:
    """Replace the plan of a contract that may still be changed.

    Each row has `name`, `basis`, `amount`, `due_on` (on a day) or `days_after` (after a milestone), and `id` where it
    is one of the plan already. ValidationError by row, and where the parts are more than the whole.
    """
    with operation(actor, "contract_planned", contract, anchor_id=contract.customer_id):
        locked = hold_editable(contract)
        if locked.main_id and locked.direction == Contract.Direction.TAKES:
            raise ValidationError(_("What takes away from a contract has no instalments of its own."), code="takes")
        parts = _checked(locked, rows)
        kept = {part.pk for part in parts if part.pk}
        locked.instalments.exclude(pk__in=kept).delete()
        for part in parts:
            part.save(force_insert=part.pk is None)
        touch(locked, actor)
    return locked


def usual_plan(contract: Contract) -> None:
    """One part for the whole amount, thirty days after signing: a plan to start from."""
    if contract.gross > 0 and contract.direction == Contract.Direction.ADDS:
        Instalment.objects.create(
            contract=contract, position=1, name=_("Full amount"), basis=Instalment.Basis.SIGNING,
            days_after=USUAL_DAYS, amount=contract.gross,
        )  # fmt: skip


def follow_total(contract: Contract) -> None:
    """Let a plan of one part follow the amount of its contract."""
    parts = list(contract.instalments.all()[:2])
    if not parts:
        usual_plan(contract)
    elif len(parts) == 1 and contract.gross > 0:
        Instalment.objects.filter(pk=parts[0].pk).update(amount=contract.gross)


def planned(contract: Contract) -> Decimal:
    """What the parts of a contract add up to, void ones left out."""
    return sum((part.amount for part in contract.instalments.all() if part.voided_at is None), ZERO)


def refuse_unequal_plan(contract: Contract) -> None:
    """ValidationError where the parts are not exactly the whole (invariant 16)."""
    if contract.main_id and contract.direction == Contract.Direction.TAKES:
        return
    parts = planned(contract)
    if parts != contract.gross:
        raise ValidationError(
            _("The instalments add up to %(parts)s, the contract to %(whole)s. Make them equal first.")
            % {"parts": f"{parts:,.2f}", "whole": f"{contract.gross:,.2f}"},
            code="plan",
        )


def reach_milestone(contract_id: int, basis: str, day: date) -> int:
    """Give the waiting parts of a milestone their day; how many got one. The contract is locked by the caller."""
    waiting = Instalment.objects.filter(contract_id=contract_id, basis=basis, reached_on=None, voided_at=None)
    due = ExpressionWrapper(Value(day, DateField()) + F("days_after"), output_field=DateField())
    return waiting.update(reached_on=day, due_on=due)


def unreach_milestone(contract_id: int, basis: str) -> int:
    """Take the day from parts of a milestone that is not reached after all; what was paid of stays."""
    reached = Instalment.objects.filter(contract_id=contract_id, basis=basis, reached_on__isnull=False, received=0)
    return reached.filter(voided_at=None).update(reached_on=None, due_on=None)


def refuse_unreachable_plan(contract: Contract, has_deliveries: bool) -> None:
    """ValidationError for parts that wait for a delivery where nothing is delivered."""
    waits = (Instalment.Basis.DELIVERY, Instalment.Basis.ACCEPTANCE)
    if not has_deliveries and any(part.basis in waits for part in contract.instalments.all()):
        raise ValidationError(
            _("Nothing of this contract is delivered: let its instalments be due on a day or after signing."),
            code="plan",
        )


def void_open_parts(contract: Contract) -> int:
    """Void what nobody paid anything of, and cut parts paid in part to what was paid; how many changed."""
    now = timezone.now()
    changed = 0
    for part in contract.instalments.filter(voided_at=None).select_for_update(no_key=True).order_by("pk"):
        if part.received == part.amount:
            continue
        if part.received:
            part.amount = part.received
        else:
            part.voided_at = now
        part.save(update_fields=["amount", "voided_at"])
        changed += 1
    return changed


def _checked(contract: Contract, rows: Sequence[Mapping[str, Any]]) -> list[Instalment]:
    if len(rows) > AT_MOST:
        raise ValidationError(_("A contract has at most %(count)s instalments.") % {"count": AT_MOST}, code="too_many")
    known = {part.pk: part for part in contract.instalments.select_for_update()}
    parts, wrong = [], []
    for place, row in enumerate(rows, 1):
        try:
            parts.append(_part(contract, known, place, row))
        except ValidationError as refusal:
            wrong += [_("Instalment %(place)s: %(reason)s") % {"place": place, "reason": text} for text in
                      refusal.messages]  # fmt: skip
    if wrong:
        raise ValidationError(wrong, code="rows")
    whole = sum((part.amount for part in parts), ZERO)
    if whole > contract.gross:
        raise ValidationError(
            _("The instalments add up to %(parts)s; the contract is about %(whole)s only.")
            % {"parts": f"{whole:,.2f}", "whole": f"{contract.gross:,.2f}"},
            code="plan",
        )
    return parts


def _part(contract: Contract, known: dict[int, Instalment], place: int, row: Mapping[str, Any]) -> Instalment:
    given = row.get("id")
    if given and given not in known:
        raise ValidationError(_("This instalment is not one of this contract."), code="foreign")
    part = known.pop(given) if given else Instalment(contract=contract)
    part.position = place
    part.name = clean_line(str(row.get("name") or ""))[:80]
    part.basis = str(row.get("basis") or Instalment.Basis.DATE)
    part.amount = _amount(row.get("amount"))
    if not part.name:
        raise ValidationError(_("Write a name."))
    if part.basis not in Instalment.Basis.values:
        raise ValidationError(_("Choose one of the values offered."))
    if part.basis == Instalment.Basis.DATE:
        part.days_after, part.due_on = 0, row.get("due_on")
        if part.due_on is None:
            raise ValidationError(_("Write the day it is due."))
    else:
        part.days_after, part.due_on = int(row.get("days_after") or 0), None
        if not 0 <= part.days_after <= LONGEST_WAIT:
            raise ValidationError(_("Between 0 and %(days)s days.") % {"days": LONGEST_WAIT})
    return part


def _amount(given: Any) -> Decimal:
    if not isinstance(given, Decimal) or not given.is_finite():
        raise ValidationError(_("Write an amount."))
    if given <= 0 or given != cents(given):
        raise ValidationError(_("Write an amount above 0 with at most two decimals."))
    return given
