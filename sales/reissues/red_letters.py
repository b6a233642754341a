"""Red letters 红字发票: negative copies of what is taken back, and the new application that follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.attachments.models import Attachment
from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbers
from crm.records.promises import promised
from customers.customers.identity import clean_line
from sales.documents.content import hash_of
from sales.documents.holding import next_id
from sales.invoices.billing import buyer_of
from sales.invoices.content import content_hash
from sales.invoices.holding import hold_reissue, refuse_unless, touch
from sales.invoices.issuing import checked_number, record_issue, refuse_day, tell_owner
from sales.invoices.limits import billable_lines, count_again
from sales.invoices.models import Invoice, InvoiceLine, Reissue
from sales.money import total_of
from sales.reissues.actions import left_of, refuse_invoice
from sales.reissues.closing import close_if_complete
from sales.reissues.confirmation import CONFIRMED
from sales.reissues.content import snapshot

_LIVING = (*Invoice.OPEN, *Invoice.ISSUED_ONCE, "draft", "withdrawn")


def issue_red_letter(
    reissue: Reissue, *, actor: User, number: str, issued_on: date, file: Attachment | None = None
) -> Invoice:
    """Record the red letter of an approved reissue whose form is in state 01 or 04 (invariant 25).

    The contract can be invoiced again by as much; where a new invoice is wanted, its application is made: approved
    at once where only the title changes, else a draft for whoever asked.
    """
    with promised("invoice_number_of_seller_once", {"number": _("This number belongs to another invoice.")}):
        facts = {"number": clean_line(number)[:40], "issued_on": issued_on.isoformat()}
        with operation(actor, "red_letter_issued", reissue, anchor_id=reissue.customer_id, facts=facts):
            locked = hold_reissue(reissue.pk)
            refuse_unless(locked, Reissue.State.APPROVED)
            if locked.confirmation not in CONFIRMED:
                raise ValidationError(_("The confirmation form is not confirmed (01 or 04)."), code="confirmation")
            blue = locked.invoice
            refuse_invoice(blue)
            clean = checked_number(number, blue.type)
            refuse_day(blue, issued_on)
            if blue.issued_on and issued_on < blue.issued_on:
                raise ValidationError({"issued_on": _("The invoice was not issued yet.")})
            red, lines = _red_of(locked, actor)
            record_issue(red, actor, clean, issued_on, file)
            _keep(red, lines, actor)
            _take_back(blue, red, actor)
            count_again(locked.contract)
            locked.state = Reissue.State.RED_ISSUED
            touch(locked, actor, is_content=False)
            tell_owner(red)
            if locked.wants_new:
                _make_new(locked, actor)
            else:
                close_if_complete(locked.pk, actor)
    return red


def apply_again(reissue: Reissue, *, actor: User) -> Invoice:
    """Another application for the new invoice, where the one before was rejected or given up."""
    with operation(actor, "reissue_applied_again", reissue, anchor_id=reissue.customer_id):
        locked = hold_reissue(reissue.pk)
        refuse_unless(locked, Reissue.State.RED_ISSUED)
        _refuse_living(locked)
        return _make_new(locked, actor, is_first=False)


def settle_without_new(reissue: Reissue, *, actor: User, reason: str) -> Reissue:
    """Close a reissue whose red letter exists without the new invoice that was wanted first."""
    with operation(actor, "reissue_settled", reissue, anchor_id=reissue.customer_id, reason=reason):
        locked = hold_reissue(reissue.pk)
        refuse_unless(locked, Reissue.State.RED_ISSUED)
        if not clean_line(reason):
            raise ValidationError({"reason": _("Write a reason.")})
        _refuse_living(locked)
        locked.wants_new = False
        touch(locked, actor, is_content=False)
        close_if_complete(locked.pk, actor)
        locked.refresh_from_db()
    return locked


def _red_of(reissue: Reissue, actor: User) -> tuple[Invoice, list[InvoiceLine]]:
    """A red letter with the negative amounts of a request, of the same seller and buyer as its blue; unsaved."""
    prefetch_related_objects([reissue], "lines__invoice_line")
    blue, portions = reissue.invoice, list(reissue.lines.all())
    left = left_of(blue)
    for one in portions:
        rest = left[one.invoice_line_id]
        if one.net > rest.net or one.tax > rest.tax or one.gross > rest.gross:
            raise ValidationError(_("More would be taken back than is left of the invoice."), code="beyond")
    red = Invoice(
        pk=next_id(Invoice), contract=reissue.contract, customer=reissue.customer, currency=blue.currency,
        opportunity_id=blue.opportunity_id, owner=reissue.owner, department=reissue.department, created_by=actor,
        kind=Invoice.Kind.RED, type=blue.type, state=Invoice.State.APPROVED, profile=blue.profile, buyer=blue.buyer,
        seller=blue.seller, seller_tax_number=blue.seller_tax_number, blue=blue, reissue=reissue,
        number=next_numbers("invoice")[0], approved_at=timezone.now(), remark=_red_remark(reissue),
    )  # fmt: skip
    return red, [_red_line(one.invoice_line, -one.totals) for one in portions]


def _red_line(source: InvoiceLine, totals):  # type: ignore[no-untyped-def]
    is_whole = -totals.gross == source.gross
    return InvoiceLine(
        contract_line_id=source.contract_line_id, position=source.position, name=source.name, spec=source.spec,
        unit=source.unit, quantity=-source.quantity if is_whole and source.quantity else None,
        price=source.price if is_whole else None, tax_rate=source.tax_rate, net=totals.net, tax=totals.tax,
        gross=totals.gross,
    )  # fmt: skip


def _red_remark(reissue: Reissue) -> str:
    """What the tax office wants to read on a red letter: the blue number, and that of the confirmation form."""
    words = f"被红冲蓝字数电票号码：{reissue.invoice.invoice_number}"
    form = reissue.confirmation_number
    return words + (f" 红字发票信息确认单编号：{form}" if form else "")


def _take_back(blue: Invoice, red: Invoice, actor: User) -> None:
    blue.red_gross -= red.gross
    blue.state = Invoice.State.RED if blue.red_gross == blue.gross else Invoice.State.PART_RED
    blue.changed_at, blue.changed_by = timezone.now(), actor
    blue.save(update_fields=["red_gross", "state", "changed_at", "changed_by"])


def _make_new(reissue: Reissue, actor: User, *, is_first: bool = True) -> Invoice:
    """The application for the invoice that replaces what was taken back, for the same lines."""
    blue = reissue.invoice
    assert reissue.profile is not None
    new = Invoice(
        pk=next_id(Invoice), contract=reissue.contract, customer=reissue.customer, currency=blue.currency,
        opportunity_id=blue.opportunity_id, owner=reissue.owner, department=reissue.department, created_by=actor,
        edited_by=actor, type=blue.type, profile=reissue.profile, buyer=buyer_of(reissue.profile),
        reissue=reissue, remark=blue.remark, is_before_payment=blue.is_before_payment,
    )  # fmt: skip
    lines = _new_lines(reissue)
    if not lines:
        raise ValidationError(_("Nothing of these lines can be invoiced any more."), code="no_lines")
    total = total_of(lines)
    # the buyer is what was approved; billing data that was changed since goes through an approval of its own
    is_as_approved = hash_of(snapshot(reissue)) == reissue.content_hash
    only_title = is_as_approved and reissue.reason == Reissue.Reason.TITLE and total.gross == reissue.gross
    if is_first and only_title and total.gross <= _still_free(reissue):
        new.state, new.number = Invoice.State.APPROVED, next_numbers("invoice")[0]
        new.submitted_at = new.approved_at = timezone.now()
    _keep(new, lines, actor)
    if new.number:
        new.content_hash = content_hash(new)
        new.save(update_fields=["content_hash"])
    count_again(reissue.contract)
    return new


def _new_lines(reissue: Reissue) -> list[InvoiceLine]:
    """Copies of what was taken back, as far as the contract still has it to bill."""
    billable = {one.line.pk: one.left for one in billable_lines(reissue.contract)}
    copies = []
    prefetch_related_objects([reissue], "lines__invoice_line")
    for one in reissue.lines.all():
        source = one.invoice_line
        left = billable.get(source.contract_line_id or 0)
        if left is not None and left.gross >= one.gross:
            copy = _red_line(source, one.totals)
            is_whole = one.gross == source.gross
            copy.quantity, copy.price = (source.quantity, source.price) if is_whole else (None, None)
            copies.append(copy)
    return copies


def _still_free(reissue: Reissue):  # type: ignore[no-untyped-def]
    contract = reissue.contract
    return contract.total - contract.invoiced - contract.applied


def _keep(invoice: Invoice, lines: Sequence[InvoiceLine], actor: User) -> None:
    total = total_of(lines)
    invoice.net, invoice.tax, invoice.gross = total.net, total.tax, total.gross
    touch(invoice, actor, is_content=False, is_new=True)
    for line in lines:
        line.document = invoice
    InvoiceLine.objects.bulk_create(lines)


def _refuse_living(reissue: Reissue) -> None:
    rows = Invoice.objects.filter(reissue=reissue, kind=Invoice.Kind.BLUE, archived_at=None, state__in=_LIVING)
    if living := rows.first():
        raise ValidationError(
            _("The application %(number)s for the new invoice is still there.") % {"number": living}, code="conflict"
        )
