"""Signing: the one moment from which a contract counts, and all that follows from it in the same transaction."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.gate import may
from crm.approvals.models import ApprovalRequest
from crm.attachments.models import Attachment
from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.actions import refuse_at_rest
from customers.customers.identity import clean_line
from customers.customers.standing import become_existing
from sales.contracts.actions import PURPOSE, refuse_below_paid
from sales.contracts.content import content_hash
from sales.contracts.holding import hold_whole, refuse_unless, touch
from sales.contracts.models import Contract, ContractQuote, Instalment
from sales.contracts.planning import reach_milestone, refuse_unequal_plan
from sales.contracts.signals import contract_signed
from sales.documents.submitting import end_approval
from sales.money import ZERO
from sales.opportunities.actions import win_by_contract
from sales.orders.making import open_order
from sales.orders.taking import take_from_orders
from sales.periods.closing import refuse_closed_day
from sales.quotes.models import Quote

WAIVE_RIGHT = "sales.waive_contract_file"
# whether what stands in a contract was approved in this version
_APPROVED = Exists(
    ApprovalRequest.objects.filter(
        purpose=PURPOSE, subject_id=OuterRef("pk"), state=ApprovalRequest.State.APPROVED,
        document_version=OuterRef("version"), content_hash=OuterRef("content_hash"),
    )
)  # fmt: skip


def sign_contract(
    contract: Contract,
    *,
    actor: User,
    signed_on: date,
    file: Attachment | None = None,
    waiver_reason: str = "",
) -> Contract:
    """Record that both sides signed an approved contract, with the signed file or a director's word why there is none.

    In one transaction: the opportunity is won and its other quotes end, the customer becomes an existing one, an order
    opens, parts due on signing get their day; a supplement changes the total of its main contract instead.
    ValidationError where what was approved is not what would be signed (invariant 10).
    """
    with transaction.atomic():
        locked = hold_whole(contract.pk, was_approved=_APPROVED, has_rest=Exists(_rest(OuterRef("opportunity_id"))))
        refuse_at_rest(locked.customer)
        refuse_unless(locked, Contract.State.APPROVED)
        _refuse_day(locked, signed_on)
        _refuse_other_content(locked)
        refuse_unequal_plan(locked)
        _take_proof(locked, actor, file, clean_line(waiver_reason))
        services = proposed_services(locked)
        facts = {"signed_on": signed_on.isoformat(), "waived": file is None, "services": services}
        with operation(actor, "contract_signed", locked, anchor_id=locked.customer_id, facts=facts,
                       reason=waiver_reason, is_part=True) as entry:  # fmt: skip
            _sign(locked, actor, signed_on)
            contract_signed.send(sender=Contract, contract=locked, actor=actor, entry=entry)
    return locked


def _sign(locked: Contract, actor: User, signed_on: date) -> None:
    locked.state, locked.signed_on, locked.signed_at = Contract.State.SIGNED, signed_on, timezone.now()
    locked.signed_recorded_by, locked.total = actor, locked.gross
    touch(locked, actor, is_content=False)
    if locked.main_id:
        _change_main(locked, actor)
    else:
        reach_milestone(locked.pk, Instalment.Basis.SIGNING, signed_on)
    open_order(locked, actor=actor)
    _win(locked, actor)
    become_existing([locked.customer_id])


def proposed_services(contract: Contract) -> list[dict[str, Any]]:
    """The services that the lines of a contract propose to book, as facts for whoever plans them."""
    return [
        {"line": row.pk, "product": row.product_id, "service": row.product.service, "name": row.name,
         "quantity": f"{row.quantity.normalize():f}"}
        for row in contract.lines.all()
        if row.product is not None and row.product.service
    ]  # fmt: skip


def _refuse_day(contract: Contract, signed_on: date) -> None:
    if signed_on > timezone.localdate():
        raise ValidationError({"signed_on": _("This day is still to come.")})
    if (timezone.localdate() - signed_on).days > 365:
        raise ValidationError({"signed_on": _("This day is more than a year ago.")})
    refuse_closed_day("signed_on", signed_on)


def _refuse_other_content(contract: Contract) -> None:
    """ValidationError unless exactly this content of this version was approved."""
    was_approved = contract.was_approved  # type: ignore[attr-defined]
    if not was_approved or content_hash(contract) != contract.content_hash:
        raise ValidationError(_("What was approved is not what stands here now. Submit it again."), code="stale")


def _take_proof(contract: Contract, actor: User, file: Attachment | None, waiver_reason: str) -> None:
    if file is not None:
        if file.record != contract or file.archived_at is not None:
            raise ValidationError({"file": _("This file is not kept with this contract.")})
        contract.signed_file = file
        return
    if not may(actor, WAIVE_RIGHT, contract):
        words = _("Add the signed file. Only a manager may go without it.")
        raise ValidationError({"file": ValidationError(words, code="no_file")})
    if not waiver_reason:
        raise ValidationError({"waiver_reason": _("Write why there is no file.")})
    contract.waived_by, contract.waiver_reason = actor, waiver_reason[:200]


def _change_main(supplement: Contract, actor: User) -> None:
    """The total and the plan of the main contract, locked with its supplement, follow when that is signed."""
    main = supplement.main
    assert main is not None
    if not main.is_running:
        raise ValidationError(
            _("%(name)s is %(state)s: it takes no supplement.") % {"name": main, "state": main.get_state_display()},
            code="main",
        )
    refuse_below_paid(main, supplement)
    below = {"__all__": _("So much of the main contract is received or invoiced already.")}
    with promised("contract_received_within_total", below), promised("contract_invoiced_within_total", below):
        main.total += supplement.gross * supplement.direction
        main.overpaid = max(main.received - main.total, ZERO)
        touch(main, actor, is_content=False)
    if supplement.direction == Contract.Direction.ADDS:
        _append_plan(main, supplement)
    else:
        _shorten_plan(main, supplement)
        take_from_orders(supplement, actor=actor)


def _append_plan(main: Contract, supplement: Contract) -> None:
    """The parts of a supplement go on in the plan of its main contract; its own stay as what was agreed."""
    parts = list(supplement.instalments.all())
    last = max(main.instalments.values_list("position", flat=True), default=0)
    Instalment.objects.bulk_create(
        Instalment(
            contract=main, position=place, name=f"{supplement.number} {part.name}"[:80], basis=part.basis,
            days_after=part.days_after, due_on=part.due_on, amount=part.amount,
        )
        for place, part in enumerate(parts, last + 1)
    )  # fmt: skip
    supplement.instalments.update(voided_at=timezone.now())
    reach_milestone(main.pk, Instalment.Basis.SIGNING, supplement.signed_on or timezone.localdate())


def _shorten_plan(main: Contract, supplement: Contract) -> None:
    """What is taken away comes off the parts that are due last."""
    left, changed = supplement.gross, []
    for part in main.instalments.filter(voided_at=None).select_for_update(no_key=True).order_by("-position"):
        taken = min(left, part.amount - part.received)
        left -= taken
        if not taken:
            continue
        if taken == part.amount:
            part.voided_at = timezone.now()
        else:
            part.amount -= taken
        changed.append(part)
    Instalment.objects.bulk_update(changed, ["amount", "voided_at"])


def _win(contract: Contract, actor: User) -> None:
    """The opportunity of a main contract is won; quotes of it that feed no contract end."""
    if contract.main_id or contract.opportunity is None:
        return
    win_by_contract(contract.opportunity, actor=actor)
    if not contract.has_rest:  # type: ignore[attr-defined]  # nor will it have before the lock on its customer ends
        return
    reason = _("Another quote became the contract %(number)s.") % {"number": contract.number}
    for quote in _rest(contract.opportunity).select_for_update(of=("self",), no_key=True).order_by("pk"):
        _end_quote(quote, actor, reason)


def _rest(opportunity: Any) -> QuerySet[Any]:
    """The quotes of an opportunity that feed no contract and still count."""
    rows = Quote.objects.filter(opportunity=opportunity, archived_at=None)
    rows = rows.exclude(state__in=("void", "superseded", "rejected"))
    return rows.exclude(pk__in=ContractQuote.objects.filter(ended_at=None).values("quote_id"))


def _end_quote(quote: Quote, actor: User, reason: str) -> None:
    with operation(actor, "quote_closed", quote, anchor_id=quote.customer_id, reason=reason, is_part=True):
        end_approval(quote, actor=actor, kind="quote", reason=reason)
        quote.changed_at, quote.changed_by = timezone.now(), actor
        if quote.number:
            quote.state = Quote.State.VOID
        else:
            quote.archived_at = timezone.now()
        quote.save(update_fields=["state", "archived_at", "changed_at", "changed_by"])
