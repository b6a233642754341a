"""Asking for a reissue: why an issued invoice is to be taken back, what of it, and whether it is issued again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Sum, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.actions import clean_text, hold_customer
from customers.customers.identity import clean_line
from sales.documents.holding import next_id
from sales.documents.models import EDITABLE_STATES
from sales.documents.stale import refuse_stale
from sales.documents.submitting import end_approval, submit_document, withdraw_document
from sales.invoices.billing import buyer_of, why_unfit
from sales.invoices.holding import hold_invoice, hold_reissue, refuse_unless, touch
from sales.invoices.limits import share_of
from sales.invoices.models import Invoice, InvoiceLine, Reissue, ReissueLine
from sales.money import LARGEST, Totals, cents, total_of

KIND = "reissue"
PURPOSE = "sales.reissue"
EDITABLE = ("reason", "explanation", "is_full", "wants_new", "is_used_by_buyer", "profile")
# what a form watches for changes by others
WATCHED = ("reason", "explanation", "is_full", "wants_new", "is_used_by_buyer", "profile_id", "gross", "state",
           "changed_at")  # fmt: skip
# a wrongly made out invoice is taken back as a whole; only goods and services that changed may be in part (TRUST 5.1)
ALWAYS_FULL = (Reissue.Reason.TITLE, Reissue.Reason.AMOUNT)
RED_ABLE = (Invoice.State.ISSUED, Invoice.State.PART_RED)


@dataclass(frozen=True)
class Portion:
    """What of a line of the blue invoice is to be taken back, with tax."""

    invoice_line: int
    gross: Decimal


def ask_for_reissue(
    invoice: Invoice, *, actor: User, values: Mapping[str, Any], portions: Sequence[Portion] = ()
) -> Reissue:
    """A draft of a request to take an issued blue invoice back; `portions` where not the whole of it."""
    made = Reissue(
        pk=next_id(Reissue), invoice=invoice, contract_id=invoice.contract_id, customer=invoice.customer,
        opportunity_id=invoice.opportunity_id, currency=invoice.currency, owner=invoice.owner,
        department=invoice.department, created_by=actor,
    )  # fmt: skip
    with operation(actor, "reissue_asked", made, anchor_id=invoice.customer_id):
        hold_customer(invoice.customer)
        made.invoice = hold_invoice(invoice.pk)
        refuse_invoice(made.invoice)
        _set_values(made, values)
        lines = priced_portions(made, portions)
        _set_totals(made, lines)
        touch(made, actor, is_new=True)
        _keep_lines(made, lines)
    return made


def change_reissue(
    reissue: Reissue, *, actor: User, values: Mapping[str, Any], portions: Sequence[Portion] = (), seen: str = ""
) -> Reissue:
    """Change a request nobody decides on; its lines are priced anew.

    `seen` is the fingerprint of what the form showed; ValidationError with code `stale` where it was changed since.
    """
    with operation(actor, "reissue_changed", reissue, anchor_id=reissue.customer_id):
        locked = hold_reissue(reissue.pk)
        refuse_unless(locked, *EDITABLE_STATES)
        refuse_stale(locked, seen, WATCHED)
        _set_values(locked, values)
        lines = priced_portions(locked, portions)
        _set_totals(locked, lines)
        locked.lines.all().delete()
        touch(locked, actor)
        _keep_lines(locked, lines)
    return locked


def submit_reissue(
    reissue: Reissue, *, actor: User, chosen: Mapping[str, Sequence[int]] | None = None, comment: str = ""
) -> Reissue:
    """Ask for approval; an invoice is in one open reissue at most."""
    refusal = {"invoice": _("Another reissue of this invoice is under way.")}
    with promised("reissue_one_open_for_invoice", refusal):
        submit_document(reissue, actor=actor, kind=KIND, chosen=chosen, comment=comment, check=_refuse_unready)
    return reissue


def withdraw_reissue(reissue: Reissue, *, actor: User, comment: str = "") -> Reissue:
    """Take a request back before the last decision."""
    withdraw_document(reissue, actor=actor, kind=KIND, comment=comment)
    return fresh(reissue)


def void_reissue(reissue: Reissue, *, actor: User, reason: str) -> Reissue:
    """Give up a request before its red letter; its confirmation form must be void first."""
    with operation(actor, "reissue_voided", reissue, anchor_id=reissue.customer_id, reason=reason):
        locked = hold_reissue(reissue.pk)
        if locked.is_waiting:
            raise ValidationError(_("Withdraw it first: somebody is deciding on it."), code="waiting")
        refuse_unless(locked, *EDITABLE_STATES, Reissue.State.APPROVED)
        if locked.confirmation in ("01", "02", "03", "04"):
            raise ValidationError(_("Withdraw the confirmation form at the tax platform first."), code="confirmation")
        if not clean_line(reason):
            raise ValidationError({"reason": _("Write a reason.")})
        end_approval(locked, actor=actor, kind=KIND, reason=reason)
        if locked.number:
            locked.state = Reissue.State.VOID
        else:
            locked.archived_at = timezone.now()
        touch(locked, actor, is_content=False)
    return locked


def fresh(reissue: Reissue) -> Reissue:
    """The request as it stands in the database now."""
    related = ("customer", "contract", "invoice", "owner", "profile")
    return Reissue.objects.select_related(*related).get(pk=reissue.pk)


def left_of(invoice: Invoice) -> dict[int, Totals]:
    """What of each line of a blue invoice no red letter took back, by the id of the line. Two queries.

    A line of a red letter answers the line of its blue invoice at the same position.
    """
    reds = InvoiceLine.objects.filter(document__blue=invoice, document__state__in=Invoice.ISSUED_ONCE)
    taken = {
        row["position"]: Totals(row["n"], row["t"], row["g"])
        for row in reds.values("position").annotate(n=Sum("net"), t=Sum("tax"), g=Sum("gross"))
    }
    return {line.pk: line.totals + taken.get(line.position, Totals()) for line in invoice.lines.all()}


def refuse_invoice(invoice: Invoice) -> None:
    """ValidationError for what cannot be taken back: a red letter, what was not issued, what was taken back already."""
    if invoice.kind == Invoice.Kind.RED:
        raise ValidationError(_("A red letter cannot be taken back."), code="red")
    if invoice.state == Invoice.State.RED:
        raise ValidationError(_("This invoice was taken back already."), code="red")
    if invoice.state not in RED_ABLE:
        raise ValidationError(_("Only an issued invoice can be reissued. Withdraw or change it."), code="state")


def priced_portions(reissue: Reissue, portions: Sequence[Portion]) -> list[ReissueLine]:
    """The lines of a request, unsaved: all that is left where it is full, else the portions named.

    ValidationError by `lines.<place>.<field>`, places from 0.
    """
    prefetch_related_objects([reissue.invoice], "lines")
    left, lines = left_of(reissue.invoice), {line.pk: line for line in reissue.invoice.lines.all()}
    if reissue.is_full:
        wanted = [(lines[pk], totals) for pk, totals in left.items() if totals.gross > 0]
    else:
        wanted = _portions(portions, lines, left)
    if not wanted:
        raise ValidationError({"lines": _("Say what is to be taken back.")}, code="no_lines")
    return [
        ReissueLine(invoice_line=line, position=place, net=share.net, tax=share.tax, gross=share.gross)
        for place, (line, share) in enumerate(wanted, 1)
    ]


def _portions(
    portions: Sequence[Portion], lines: Mapping[int, InvoiceLine], left: Mapping[int, Totals]
) -> list[tuple[InvoiceLine, Totals]]:
    wanted, wrong = [], {}
    if len({one.invoice_line for one in portions}) != len(portions):
        raise ValidationError({"lines": _("A line stands here twice.")})
    for place, one in enumerate(portions):
        line = lines.get(one.invoice_line)
        if line is None:
            wrong[f"lines.{place}.invoice_line"] = _("This is not a line of this invoice.")
        elif not one.gross.is_finite() or not 0 < one.gross <= LARGEST or cents(one.gross) != one.gross:
            wrong[f"lines.{place}.gross"] = _("An amount above 0 with two decimals at most.")
        elif one.gross > left[line.pk].gross:
            words = _("At most %(amount)s of this line is left.") % {"amount": f"{left[line.pk].gross:,.2f}"}
            wrong[f"lines.{place}.gross"] = words
        else:
            wanted.append((line, share_of(left[line.pk], one.gross, line.tax_rate)))
    if wrong:
        raise ValidationError(wrong)
    return wanted


def _set_values(reissue: Reissue, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    for name, value in values.items():
        setattr(reissue, name, clean_text(value or "") if name == "explanation" else value)
    wrong: dict[str, Any] = {}
    if not reissue.explanation:
        wrong["explanation"] = _("Explain what is wrong.")
    if reissue.reason in ALWAYS_FULL and not reissue.is_full:
        wrong["is_full"] = _("A wrong title or amount is taken back as a whole.")
    if not reissue.wants_new:
        reissue.profile = None
    elif reissue.profile is None:
        wrong["profile"] = _("Choose the billing data of the new invoice.")
    elif reissue.profile.customer_id != reissue.customer_id or reissue.profile.archived_at is not None:
        wrong["profile"] = _("This billing data belongs to somebody else or is archived.")
    elif words := why_unfit(buyer_of(reissue.profile), reissue.invoice.type):
        wrong["profile"] = words
    if wrong:
        raise ValidationError(wrong)
    reissue.clean_fields(exclude=[field.name for field in Reissue._meta.fields if field.name not in values])


def _set_totals(reissue: Reissue, lines: Sequence[ReissueLine]) -> None:
    total = total_of(lines)
    reissue.net, reissue.tax, reissue.gross = total.net, total.tax, total.gross


def _keep_lines(reissue: Reissue, lines: Sequence[ReissueLine]) -> None:
    for line in lines:
        line.document = reissue
    ReissueLine.objects.bulk_create(lines)


def _refuse_unready(reissue: Reissue) -> dict[str, Any]:
    refuse_unless(reissue, *EDITABLE_STATES)
    refuse_invoice(reissue.invoice)
    kept = list(reissue.lines.all())
    portions = [Portion(line.invoice_line_id, line.gross) for line in kept]
    priced = priced_portions(reissue, portions)
    if [(line.invoice_line_id, line.gross) for line in priced] != [(line.invoice_line_id, line.gross) for line in kept]:
        raise ValidationError(_("Part of the invoice was taken back meanwhile. Save this request anew."), code="stale")
    _set_values(reissue, {})
    return {}
