"""The columns of the list of invoices."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import cell, day
from crm.ui.marks import flag
from sales.documents.cells import contract_cell, customer_cell, owner_cell
from sales.documents.shown import money
from sales.invoices.marks import invoice_mark, kind_flag
from sales.invoices.models import InvoiceType

TYPE_LABELS: dict[str, Any] = dict(InvoiceType.choices)


def _title(row: Any, viewer: Viewer) -> str:
    title = row.buyer.get("title") or pgettext_lazy("document", "no number yet")
    return format_html(
        '<span class="cell"><a class="trunc" href="{}" title="{}">{}</a>{}</span>'
        '<span class="muted fs12 num">{}</span>',
        row.get_absolute_url(), title, title, kind_flag(row.kind),
        row.number or pgettext_lazy("document", "no number yet"),
    )  # fmt: skip


def _state(row: Any, viewer: Viewer) -> str:
    mark = invoice_mark(row.state)
    return format_html("{} {}", mark, flag(_("before payment"), "amber")) if row.is_before_payment else mark


def _money(field: str) -> Any:
    def money_cell(row: Any, viewer: Viewer) -> str:
        return format_html("{}", money(getattr(row, field), row.currency))

    return money_cell


def _day(field: str) -> Any:
    def day_cell(row: Any, viewer: Viewer) -> str:
        return day(getattr(row, field))

    return day_cell


def _number(row: Any, viewer: Viewer) -> str:
    return cell(row.invoice_number)


def _type(row: Any, viewer: Viewer) -> str:
    return cell(TYPE_LABELS[row.type])


INVOICE_TABLE = Table(
    columns=[
        Column("title", _("Title on the invoice"), _title, ("buyer", "number", "kind"), css="pin pin-2 c-main name",
               is_fixed=True),
        Column("state", _("State"), _state, ("state", "is_before_payment")),
        Column("customer", _("Customer"), customer_cell, ("customer_id",)),
        Column("gross", _("Amount"), _money("gross"), ("gross", "currency"), "gross", "c-num num right"),
        Column("invoice_number", _("Invoice number"), _number, ("invoice_number",), css="c-hide"),
        Column("issued_on", _("Issued"), _day("issued_on"), ("issued_on",), "issued", "c-hide soft"),
        Column("owner", _("Owner"), owner_cell, ("owner_id",)),
        Column("contract", _("Contract"), contract_cell, ("contract_id",), css="c-hide"),
        Column("type", _("Type"), _type, ("type",), css="c-hide", is_default=False),
        Column("net", _("Without tax"), _money("net"), ("net", "currency"), css="c-hide num right", is_default=False),
        Column("tax", _("Tax"), _money("tax"), ("tax", "currency"), css="c-hide num right", is_default=False),
        Column("sent_at", _("Sent"), _day("sent_at"), ("sent_at",), css="c-hide soft", is_default=False),
        Column("created_at", _("Created"), _day("created_at"), ("created_at",), "created", "c-hide soft",
               is_default=False),
    ],
    orders=[
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
        Order("-gross", _("largest amount first"), "gross", True),
        Order("gross", _("smallest amount first"), "gross"),
        Order("-issued", _("issued last first"), "issued_on", True, True),
        Order("issued", _("issued first first"), "issued_on", False, True),
    ],
    always=("id", "number", "kind", "buyer", "created_at"),
)  # fmt: skip
