"""Finance issues what was approved: number, day and file are recorded once and never changed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.attachments.models import Attachment
from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.identity import clean_line
from sales.invoices.content import content_hash
from sales.invoices.holding import hold_invoice, refuse_unless
from sales.invoices.limits import count_again, refuse_beyond
from sales.invoices.models import DIGITAL, Invoice
from sales.invoices.quotas import fits_quota
from sales.periods.closing import refuse_closed_day
from sales.printing.models import Letterhead
from sales.reissues.closing import close_if_complete

_DIGITAL_NUMBER = re.compile(r"[0-9]{20}")
_PAPER_NUMBER = re.compile(r"[0-9A-Z]{8,30}")
ISSUABLE = (Invoice.State.APPROVED, Invoice.State.WAITING_QUOTA)


def issue_invoice(
    invoice: Invoice, *, actor: User, number: str, issued_on: date, file: Attachment | None = None
) -> Invoice:
    """Record that an approved invoice was issued; where the month has no quota left it waits instead, unissued.

    ValidationError where the number is taken or malformed, the period is closed, or money went back meanwhile.
    """
    with promised("invoice_number_of_seller_once", {"number": _("This number belongs to another invoice.")}):
        return hold_and_issue(invoice, actor, number, issued_on, file)


def hold_and_issue(
    invoice: Invoice, actor: User | None, number: str, issued_on: date, file: Attachment | None = None
) -> Invoice:
    """Issue once under the lock: whoever comes second finds it issued and is refused."""
    with transaction.atomic():
        locked = hold_invoice(invoice.pk)
        refuse_unless(locked, *ISSUABLE)
        if actor is not None and locked.provider_id:
            raise ValidationError(_("It is ordered from the provider. Wait for the answer."), code="ordered")
        clean = checked_number(number, locked.type)
        refuse_day(locked, issued_on)
        if content_hash(locked) != locked.content_hash:
            raise ValidationError(_("What was approved is not what stands here now."), code="stale")
        if not locked.provider_id:
            _refuse_unpaid(locked)
            if not fits_quota(locked, issued_on):
                return _put_aside(locked, actor)
        facts = {"number": clean, "issued_on": issued_on.isoformat()}
        with operation(actor, "invoice_issued", locked, anchor_id=locked.customer_id, facts=facts, is_part=True):
            record_issue(locked, actor, clean, issued_on, file)
            locked.save()
            count_again(locked.contract)
            if locked.reissue_id:
                close_if_complete(locked.reissue_id, actor)
            tell_owner(locked)
    return locked


def record_issue(invoice: Invoice, actor: User | None, number: str, issued_on: date, file: Attachment | None) -> None:
    """Put number, day, file and seller on an invoice, blue or red, unsaved."""
    if file is not None and (file.record not in (invoice, invoice.reissue) or file.archived_at is not None):
        raise ValidationError({"file": _("This file is not kept with this invoice.")})
    if not invoice.seller:
        invoice.seller = seller_now()
        invoice.seller_tax_number = invoice.seller["tax_number"]
    invoice.state, invoice.invoice_number, invoice.file = Invoice.State.ISSUED, number, file
    invoice.issued_on, invoice.issued_at, invoice.issued_by = issued_on, timezone.now(), actor
    invoice.changed_at, invoice.changed_by = timezone.now(), actor


def mark_sent(invoice: Invoice, *, actor: User) -> Invoice:
    """Record that the customer got an issued invoice."""
    with operation(actor, "invoice_sent", invoice, anchor_id=invoice.customer_id):
        locked = hold_invoice(invoice.pk)
        refuse_unless(locked, *Invoice.ISSUED_ONCE)
        if locked.sent_at is not None:
            raise ValidationError(_("It was sent already."), code="conflict")
        locked.sent_at = timezone.now()
        locked.save(update_fields=["sent_at"])
    return locked


def seller_now() -> dict[str, Any]:
    """Ourselves as an invoice names us."""
    row = Letterhead.objects.values("name", "tax_number", "address", "phone", "bank", "account").first()
    return dict(row or {"name": "", "tax_number": ""})


def checked_number(number: str, kind: str) -> str:
    """A number as it stands on an invoice of a type; ValidationError where it cannot be one (TRUST 5.1)."""
    clean = clean_line(number).replace(" ", "").upper()
    if kind in DIGITAL and not _DIGITAL_NUMBER.fullmatch(clean):
        raise ValidationError({"number": _("A fully digital invoice has a number of 20 digits.")})
    if not _PAPER_NUMBER.fullmatch(clean):
        raise ValidationError({"number": _("A number has 8 to 30 digits and letters.")})
    return clean


def refuse_day(invoice: Invoice, issued_on: date) -> None:
    """ValidationError where an invoice cannot have been issued on a day."""
    if issued_on > timezone.localdate():
        raise ValidationError({"issued_on": _("This day is still to come.")})
    if invoice.contract.signed_on and issued_on < invoice.contract.signed_on:
        raise ValidationError({"issued_on": _("The contract was not signed yet.")})
    refuse_closed_day("issued_on", issued_on)


def tell_owner(invoice: Invoice) -> None:
    """Tell whoever is responsible that the invoice exists."""
    owner = invoice.owner
    if owner is None or not owner.is_active:
        return
    with translation.override(owner.language):
        words = {"number": invoice.invoice_number, "customer": invoice.buyer.get("title", "")}
        text = _("The invoice %(number)s for %(customer)s was issued.") % words
    key = f"invoice-issued:{invoice.pk}"
    notify_many([new_notice(owner, "invoice_issued", text, about=invoice, url=invoice.get_absolute_url(),
                            dedupe_key=key)])  # fmt: skip


def _put_aside(invoice: Invoice, actor: User | None) -> Invoice:
    """Let an invoice wait until its month, or the next one, has quota."""
    with operation(actor, "invoice_held", invoice, anchor_id=invoice.customer_id):
        invoice.state = Invoice.State.WAITING_QUOTA
        invoice.changed_at, invoice.changed_by = timezone.now(), actor
        invoice.save(update_fields=["state", "changed_at", "changed_by"])
    return invoice


def _refuse_unpaid(invoice: Invoice) -> None:
    """Money may have gone back since the application: what was to come after payment is then not issued."""
    if not invoice.is_before_payment and refuse_beyond(invoice.contract, invoice.gross, invoice):
        raise ValidationError(
            _("Money was paid back since this was approved. Give it up and apply again as “before payment”."),
            code="beyond_received",
        )
