"""The files kept with invoices and reissues: the issued document itself stays as it is."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.attachments.models import Attachment
from crm.attachments.policies import AttachPolicy
from sales.invoices.holding import hold_invoice, hold_reissue
from sales.invoices.models import Invoice, Reissue

SHOWN = 200


def files_with(document: Invoice | Reissue) -> list[Attachment]:
    """The newest files of a document the person was let to see: who sees it sees them. One query."""
    return list(Attachment.objects.of(document).live().order_by("-created_at", "-pk")[:SHOWN])


def _invoices(user: Any, right: str) -> Any:
    return Invoice.objects.within(user, right)


def _reissues(user: Any, right: str) -> Any:
    return Reissue.objects.within(user, right)


def _hold(row: Any, actor: Any) -> None:
    locked: Any = hold_invoice(row.pk) if isinstance(row, Invoice) else hold_reissue(row.pk)
    if locked.state == "void" or locked.archived_at is not None:
        raise ValidationError(_("This was given up."), code="void")


def _why_kept(invoice: Invoice, attachment_id: int) -> str:
    if invoice.file_id == attachment_id:
        return _("This is the invoice as it was issued. It stays as it is.")
    return ""


def _evidence_kept(reissue: Reissue, attachment_id: int) -> str:
    return "" if reissue.is_editable else _("Somebody decided on this evidence. It stays as it is.")


INVOICE_FILES = AttachPolicy(
    "invoice", "sales.view_invoice", "sales.change_invoice", _invoices, lambda row: row.customer_id, _hold,
    why_kept=_why_kept,
)  # fmt: skip
REISSUE_FILES = AttachPolicy(
    "reissue", "sales.view_reissue", "sales.change_reissue", _reissues, lambda row: row.customer_id, _hold,
    why_kept=_evidence_kept,
)  # fmt: skip
