"""The columns of the list of reissues."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, cell, day
from sales.documents.cells import customer_cell, owner_cell
from sales.documents.shown import money
from sales.invoices.marks import reissue_mark
from sales.invoices.models import Reissue

REASONS: dict[str, Any] = dict(Reissue.Reason.choices)
CONFIRMATIONS: dict[str, Any] = dict(Reissue.Confirmation.choices)


def _number(row: Any, viewer: Viewer) -> str:
    return format_html(
        '<a class="trunc" href="{}">{}</a>', row.get_absolute_url(),
        row.number or pgettext_lazy("document", "no number yet"),
    )  # fmt: skip


def _state(row: Any, viewer: Viewer) -> str:
    return reissue_mark(row.state)


def _reason(row: Any, viewer: Viewer) -> str:
    return cell(REASONS[row.reason])


def _invoice(row: Any, viewer: Viewer) -> str:
    number = viewer.names["invoice"].get(row.invoice_id)
    if not number:
        return NOTHING
    return format_html(
        '<a class="num" href="{}">{}</a>', reverse("sales:invoice_detail", args=[row.invoice_id]), number
    )


def _gross(row: Any, viewer: Viewer) -> str:
    return format_html("{}", money(-row.gross, row.currency))


def _confirmation(row: Any, viewer: Viewer) -> str:
    return cell(CONFIRMATIONS[row.confirmation]) if row.confirmation else NOTHING


def _day(field: str) -> Any:
    def day_cell(row: Any, viewer: Viewer) -> str:
        return day(getattr(row, field))

    return day_cell


REISSUE_TABLE = Table(
    columns=[
        Column("number", _("Reissue"), _number, ("number",), css="pin pin-2 c-main name", is_fixed=True),
        Column("state", _("State"), _state, ("state",)),
        Column("customer", _("Customer"), customer_cell, ("customer_id",)),
        Column("invoice", _("Invoice"), _invoice, ("invoice_id",), css="c-hide"),
        Column("reason", _("Reason"), _reason, ("reason",)),
        Column("gross", _("Taken back"), _gross, ("gross", "currency"), "gross", "c-num num right"),
        Column("confirmation", _("Confirmation form"), _confirmation, ("confirmation",), css="c-hide"),
        Column("owner", _("Owner"), owner_cell, ("owner_id",)),
        Column("created_at", _("Created"), _day("created_at"), ("created_at",), "created", "c-hide soft"),
        Column("closed_at", pgettext_lazy("document", "Closed"),
               _day("closed_at"), ("closed_at",), css="c-hide soft", is_default=False),
    ],
    orders=[
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
        Order("-gross", _("largest amount first"), "gross", True),
        Order("gross", _("smallest amount first"), "gross"),
    ],
    always=("id", "number", "created_at"),
)  # fmt: skip
