"""The columns of the list of quotes."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, cell, day, yuan
from crm.ui.marks import flag, person
from sales.documents.cells import customer_cell
from sales.quotes.marks import state_mark


def _title(row: Any, viewer: Viewer) -> str:
    mark = flag(f"v{row.version}") if row.version > 1 else ""
    return format_html(
        '<span class="cell"><a class="trunc" href="{}" title="{}">{}</a>{}<span class="muted fs12 num nowrap">{}</span>'
        "</span>",
        row.get_absolute_url(), row.title, row.title, mark, row.number or pgettext_lazy("document", "no number yet"),
    )  # fmt: skip


def _state(row: Any, viewer: Viewer) -> str:
    return state_mark(row, is_contracted=row.pk in viewer.names["contracted"])


def _gross(row: Any, viewer: Viewer) -> str:
    return yuan(row.gross, row.currency)


def _valid_until(row: Any, viewer: Viewer) -> str:
    if row.is_released and row.valid_until < viewer.today and row.pk not in viewer.names["contracted"]:
        return format_html('<span class="fg t-red">{}</span>', day(row.valid_until))
    return day(row.valid_until)


def _named(kind: str, field: str) -> Any:
    def named_cell(row: Any, viewer: Viewer) -> str:
        found = viewer.names[kind].get(getattr(row, field))
        return (person(found.name) if kind == "person" else cell(found)) if found else NOTHING

    return named_cell


def _day(field: str) -> Any:
    def day_cell(row: Any, viewer: Viewer) -> str:
        return day(getattr(row, field))

    return day_cell


QUOTE_TABLE = Table(
    columns=[
        Column("title", _("Quote"), _title, ("title", "number", "version"), css="pin pin-2 c-main name",
               is_fixed=True),
        Column("state", _("State"), _state, ("state", "valid_until")),
        Column("customer", _("Customer"), customer_cell, ("customer_id",)),
        Column("gross", _("Total with tax"), _gross, ("gross", "currency"), "gross", "c-num num right"),
        Column("owner", _("Owner"), _named("person", "owner_id"), ("owner_id",)),
        Column("issued_on", _("Date of the quote"), _day("issued_on"), ("issued_on",), "issued", "c-hide soft"),
        Column("valid_until", _("Valid until"), _valid_until, ("valid_until", "state"), "valid", "c-hide soft",
               is_labelled=True),
        Column("department", _("Department"), _named("department", "department_id"), ("department_id",), css="c-hide",
               is_default=False),
        Column("sent_at", _("Sent"), _day("sent_at"), ("sent_at",), css="c-hide soft", is_default=False),
        Column("created_at", _("Created"), _day("created_at"), ("created_at",), "created", "c-hide soft",
               is_default=False),
    ],
    orders=[
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
        Order("-gross", _("largest amount first"), "gross", True),
        Order("gross", _("smallest amount first"), "gross"),
        Order("valid", _("expiring first"), "valid_until"),
        Order("-valid", _("expiring last first"), "valid_until", True),
        Order("-issued", _("latest date first"), "issued_on", True),
        Order("issued", _("earliest date first"), "issued_on"),
    ],
    always=("id", "title", "number", "version", "created_at"),
)  # fmt: skip
