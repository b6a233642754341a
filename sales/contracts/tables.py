"""The columns of the list of contracts."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, cell, day, yuan
from crm.ui.marks import flag
from sales.contracts.marks import state_mark
from sales.documents.cells import customer_cell, owner_cell


def _title(row: Any, viewer: Viewer) -> str:
    mark = flag(_("supplement"), "violet") if row.main_id else ""
    return format_html(
        '<span class="cell"><a class="trunc" href="{}" title="{}">{}</a>{}</span>'
        '<span class="muted fs12 num">{}</span>',
        row.get_absolute_url(), row.title, row.title, mark, row.number or pgettext_lazy("document", "no number yet"),
    )  # fmt: skip


def _state(row: Any, viewer: Viewer) -> str:
    return state_mark(row.state)


def _gross(row: Any, viewer: Viewer) -> str:
    sign = "−" if row.direction < 0 else ""
    return format_html("{}{}", sign, yuan(row.gross, row.currency))


def _received(row: Any, viewer: Viewer) -> str:
    return yuan(row.received, row.currency) if row.signed_on and not row.main_id else NOTHING


def _open(row: Any, viewer: Viewer) -> str:
    return yuan(row.outstanding, row.currency) if row.is_running and not row.main_id else NOTHING


def _type(row: Any, viewer: Viewer) -> str:
    return cell(viewer.names["contract_type"].get(row.type_id, ""))


def _day(field: str) -> Any:
    def day_cell(row: Any, viewer: Viewer) -> str:
        return day(getattr(row, field))

    return day_cell


_MONEY = ("currency", "signed_on", "state", "main_id", "total", "received")
CONTRACT_TABLE = Table(
    columns=[
        Column("title", _("Contract"), _title, ("title", "number", "main_id"), css="pin pin-2 c-main name",
               is_fixed=True),
        Column("state", _("State"), _state, ("state",)),
        Column("customer", _("Customer"), customer_cell, ("customer_id",)),
        Column("gross", _("Amount"), _gross, ("gross", "currency", "direction"), "gross", "c-num num right"),
        Column("received", _("Received"), _received, _MONEY, css="c-hide num right"),
        Column("open", _("To be paid"), _open, _MONEY, css="c-hide num right"),
        Column("owner", _("Owner"), owner_cell, ("owner_id",)),
        Column("signed_on", _("Signed"), _day("signed_on"), ("signed_on",), "signed", "c-hide soft"),
        Column("ends_on", _("Ends"), _day("ends_on"), ("ends_on",), "ends", "c-hide soft"),
        Column("type", _("Type"), _type, ("type_id",), css="c-hide", is_default=False),
        Column("starts_on", _("Starts"), _day("starts_on"), ("starts_on",), css="c-hide soft", is_default=False),
        Column("created_at", _("Created"), _day("created_at"), ("created_at",), "created", "c-hide soft",
               is_default=False),
    ],
    orders=[
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
        Order("-gross", _("largest amount first"), "gross", True),
        Order("gross", _("smallest amount first"), "gross"),
        Order("-signed", _("signed last first"), "signed_on", True, True),
        Order("signed", _("signed first first"), "signed_on", False, True),
        Order("ends", _("ending first"), "ends_on", False, True),
        Order("-ends", _("ending last first"), "ends_on", True, True),
    ],
    always=("id", "title", "number", "created_at"),
)  # fmt: skip
