"""Applying for invoices: drafts, their lines, submitting, withdrawing, giving up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.actions import clean_text, hold_customer
from customers.customers.identity import clean_line
from sales.contracts.holding import hold_contract
from sales.contracts.models import Contract
from sales.documents.holding import next_id
from sales.documents.lines import PRICE_STEP
from sales.documents.models import EDITABLE_STATES
from sales.documents.stale import refuse_stale
from sales.documents.submitting import end_approval, submit_document, withdraw_document
from sales.invoices.billing import buyer_of, why_unfit
from sales.invoices.holding import hold_invoice, refuse_unless, touch
from sales.invoices.limits import Billable, agreed_lines, count_again, refuse_beyond, refuse_beyond_rates, share_of
from sales.invoices.models import Invoice, InvoiceLine
from sales.money import cents, total_of

KIND = "invoice"
PURPOSE = "sales.invoice"
EDITABLE = ("type", "profile", "remark", "note")
# what a form watches for changes by others
WATCHED = ("type", "profile_id", "remark", "note", "gross", "state", "changed_at")
LARGEST = Decimal("99999999999999.99")


@dataclass(frozen=True)
class Part:
    """What of a contract line is to be billed: the amount with tax, and on wish a quantity and another name."""

    contract_line: int
    gross: Decimal
    quantity: Decimal | None = None
    name: str = ""


def apply_for_invoice(contract: Contract, *, actor: User, values: Mapping[str, Any], parts: Sequence[Part]) -> Invoice:
    """A draft of an application for an invoice on a signed contract; it holds nothing until it is submitted."""
    made = Invoice(
        pk=next_id(Invoice), contract=contract, customer=contract.customer, opportunity_id=contract.opportunity_id,
        currency=contract.currency, owner=contract.owner, department=contract.department, created_by=actor,
    )  # fmt: skip
    with operation(actor, "invoice_applied", made, anchor_id=contract.customer_id):
        hold_customer(contract.customer)
        made.contract = hold_contract(contract.pk)
        _refuse_contract(made.contract)
        _set_values(made, values)
        lines = priced_parts(made, parts)
        _set_totals(made, lines)
        touch(made, actor, is_new=True)
        keep_lines(made, lines)
    return made


def change_invoice(
    invoice: Invoice, *, actor: User, values: Mapping[str, Any], parts: Sequence[Part] | None = None, seen: str = ""
) -> Invoice:
    """Change an application nobody decides on; `parts` replaces all its lines.

    `seen` is the fingerprint of what the form showed; ValidationError with code `stale` where it was changed since.
    """
    with operation(actor, "invoice_changed", invoice, anchor_id=invoice.customer_id):
        locked = hold_invoice(invoice.pk)
        refuse_unless(locked, *EDITABLE_STATES)
        refuse_stale(locked, seen, WATCHED)
        _set_values(locked, values)
        if parts is not None:
            lines = priced_parts(locked, parts)
            _set_totals(locked, lines)
            locked.lines.all().delete()
            touch(locked, actor)
            keep_lines(locked, lines)
        else:
            touch(locked, actor)
        # a returned application still holds its amount
        count_again(locked.contract)
    return locked


def submit_invoice(
    invoice: Invoice, *, actor: User, chosen: Mapping[str, Sequence[int]] | None = None, comment: str = ""
) -> Invoice:
    """Apply: the amount is held from now on; ValidationError where it is more than may be invoiced (invariant 22)."""
    submit_document(invoice, actor=actor, kind=KIND, chosen=chosen, comment=comment, check=_refuse_unready)
    return invoice


def withdraw_invoice(invoice: Invoice, *, actor: User, comment: str = "") -> Invoice:
    """Take an application back before the last decision; its amount is free again."""
    withdraw_document(invoice, actor=actor, kind=KIND, comment=comment)
    return fresh(invoice)


def void_invoice(invoice: Invoice, *, actor: User, reason: str) -> Invoice:
    """Give up an application that was not issued; its amount is free again. A draft without number is discarded."""
    with operation(actor, "invoice_voided", invoice, anchor_id=invoice.customer_id, reason=reason):
        locked = hold_invoice(invoice.pk)
        if locked.is_waiting:
            raise ValidationError(_("Withdraw it first: somebody is deciding on it."), code="waiting")
        if locked.state in Invoice.ISSUED_ONCE:  # docs/decisions/issued-invoices-are-red-lettered.md
            raise ValidationError(_("An issued invoice is never made void. Ask for its reissue."), code="issued")
        refuse_unless(locked, *EDITABLE_STATES, Invoice.State.APPROVED, Invoice.State.WAITING_QUOTA)
        if locked.provider_id:
            raise ValidationError(_("It is ordered from the provider and may exist already."), code="ordered")
        if not clean_line(reason):
            raise ValidationError({"reason": _("Write a reason.")})
        end_approval(locked, actor=actor, kind=KIND, reason=reason)
        if locked.number:
            locked.state = Invoice.State.VOID
        else:
            locked.archived_at = timezone.now()
        touch(locked, actor, is_content=False)
        count_again(locked.contract)
    return locked


def fresh(invoice: Invoice) -> Invoice:
    """The invoice as it stands in the database now."""
    return Invoice.objects.select_related("customer", "contract", "owner", "reissue").get(pk=invoice.pk)


def priced_parts(invoice: Invoice, parts: Sequence[Part]) -> list[InvoiceLine]:
    """The lines of an application, unsaved; ValidationError by `lines.<place>.<field>`, places from 0."""
    agreed = agreed_lines(invoice.contract, invoice)
    billable = {one.line.pk: one for one in agreed if one.adds}
    named = [part.contract_line for part in parts]
    if len(named) != len(set(named)):
        raise ValidationError({"lines": _("A line stands here twice.")})
    wrong: dict[str, Any] = {}
    lines = []
    for place, part in enumerate(parts):
        known = billable.get(part.contract_line)
        if known is None:
            wrong[f"lines.{place}.contract_line"] = _("This is not a line of this contract.")
        elif refusal := _part_refusal(part, known):
            wrong[f"lines.{place}.{refusal[0]}"] = refusal[1]
        else:
            lines.append(_line(part, known, place + 1))
    if wrong:
        raise ValidationError(wrong)
    if not lines:
        raise ValidationError({"lines": _("Bill at least one line.")}, code="no_lines")
    refuse_beyond_rates(agreed, lines)
    return lines


def keep_lines(invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """Write the lines of a saved invoice."""
    for line in lines:
        line.document = invoice
    InvoiceLine.objects.bulk_create(lines)


def _part_refusal(part: Part, known: Billable) -> tuple[str, str] | None:
    if not part.gross.is_finite() or not 0 < part.gross <= LARGEST or cents(part.gross) != part.gross:
        return "gross", _("An amount above 0 with two decimals at most.")
    if part.gross > known.left.gross:
        return "gross", _("At most %(amount)s of this line is not invoiced yet.") % {
            "amount": f"{max(known.left.gross, Decimal(0)):,.2f}"
        }
    quantity = part.quantity
    if quantity is not None and (not quantity.is_finite() or not 0 < quantity <= known.line.quantity):
        return "quantity", _("Between 0 and %(most)s.") % {"most": f"{known.line.quantity.normalize():f}"}
    return None


def _line(part: Part, known: Billable, position: int) -> InvoiceLine:
    source, share = known.line, share_of(known.left, part.gross, known.line.tax_rate)
    quantity = part.quantity
    if quantity is None and part.gross == source.gross:
        quantity = source.quantity
    price = (share.net / quantity).quantize(PRICE_STEP, ROUND_HALF_UP) if quantity else None
    return InvoiceLine(
        contract_line=source, position=position, name=clean_line(part.name)[:200] or source.name,
        spec=source.spec[:100], unit=source.unit, quantity=quantity, price=price, tax_rate=source.tax_rate,
        net=share.net, tax=share.tax, gross=share.gross,
    )  # fmt: skip


def _set_values(invoice: Invoice, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    for name, value in values.items():
        setattr(invoice, name, clean_text(value or "") if name in ("remark", "note") else value)
    profile = invoice.profile
    if profile is None:
        raise ValidationError({"profile": _("Choose billing data.")})
    if profile.customer_id != invoice.customer_id or profile.archived_at is not None:
        raise ValidationError({"profile": _("This billing data belongs to somebody else or is archived.")})
    invoice.clean_fields(exclude=[field.name for field in Invoice._meta.fields if field.name not in values])
    invoice.buyer = buyer_of(profile)
    if words := why_unfit(invoice.buyer, invoice.type):
        raise ValidationError({"profile": words})


def _set_totals(invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    total = total_of(lines)
    invoice.net, invoice.tax, invoice.gross = total.net, total.tax, total.gross
    invoice.is_before_payment = refuse_beyond(invoice.contract, invoice.gross, invoice)


def _refuse_contract(contract: Contract) -> None:
    if contract.main_id:
        raise ValidationError(_("A supplement is invoiced with its main contract."), code="supplement")
    if contract.state not in Contract.SIGNED_ONCE:
        raise ValidationError(_("Only a signed contract is invoiced."), code="unsigned")


def _refuse_unready(invoice: Invoice) -> dict[str, Any]:
    refuse_unless(invoice, *EDITABLE_STATES)
    _refuse_contract(invoice.contract)
    if words := why_unfit(invoice.buyer, invoice.type):
        raise ValidationError(words, code="buyer")
    parts = [Part(line.contract_line_id or 0, line.gross, line.quantity) for line in invoice.lines.all()]
    priced_parts(invoice, parts)
    # money may have come in, or gone, since it was written: the approval then goes another way
    invoice.is_before_payment = refuse_beyond(invoice.contract, invoice.gross, invoice)
    return {"is_before_payment": invoice.is_before_payment}
