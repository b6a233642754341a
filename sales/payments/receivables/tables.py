"""The columns of the list of receivables."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, day
from crm.ui.marks import person
from sales.contracts.marks import part_mark
from sales.documents.shown import money


def _name(row: Any, viewer: Viewer) -> str:
    contract = row.contract
    url = reverse("sales:contract_detail", args=[contract.pk])
    return format_html(
        '<a class="trunc" href="{}" title="{}">{}</a><span class="muted fs12 num">{}</span>',
        url, row.name, row.name, contract.number,
    )  # fmt: skip


def _customer(row: Any, viewer: Viewer) -> str:
    name = viewer.names["customer"].get(row.contract.customer_id)
    if name is None:
        return NOTHING
    url = reverse("customers:customer_detail", args=[row.contract.customer_id])
    return format_html('<a class="trunc" href="{}" title="{}">{}</a>', url, name, name)


def _state(row: Any, viewer: Viewer) -> str:
    return part_mark(row)


def _due(row: Any, viewer: Viewer) -> str:
    return day(row.due_on) if row.due_on else NOTHING


def _late(row: Any, viewer: Viewer) -> str:
    days = (viewer.today - row.due_on).days if row.due_on and row.open_amount else 0
    if days <= 0:
        return NOTHING
    words = ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    return format_html('<span class="fg t-red strong num">{}</span>', words)


def _amount(field: str) -> Any:
    def amount_cell(row: Any, viewer: Viewer) -> str:
        return money(getattr(row, field), row.contract.currency)

    return amount_cell


def _owner(row: Any, viewer: Viewer) -> str:
    found = viewer.names["person"].get(row.contract.owner_id)
    return person(found.name) if found else NOTHING


RECEIVABLE_TABLE = Table(
    columns=[
        Column("name", _("Instalment"), _name, ("name",), css="pin pin-2 c-main name", is_fixed=True),
        Column("state", _("State"), _state, ("voided_at", "received", "amount", "due_on")),
        Column("customer", _("Customer"), _customer),
        Column("due", _("Due on"), _due, ("due_on",), "due", is_labelled=True),
        Column("late", _("Overdue for"), _late, ("due_on", "amount", "received", "voided_at")),
        Column("open", pgettext_lazy("receivables", "Open"), _amount("open_amount"),
               ("amount", "received", "voided_at"), css="c-num num right"),
        Column("amount", _("Amount"), _amount("amount"), ("amount",), "amount", "c-num c-hide num right"),
        Column("received", _("Received"), _amount("received"), ("received",), css="c-num c-hide num right"),
        Column("owner", _("Owner"), _owner),
    ],
    orders=[
        Order("due", _("due first, undated last"), "due_on", False, True),
        Order("-due", _("due last first"), "due_on", True, True),
        Order("-amount", _("largest amount first"), "amount", True),
        Order("amount", _("smallest amount first"), "amount"),
    ],
    always=("id", "name", "due_on", "contract__number", "contract__currency", "contract__owner_id",
            "contract__customer_id"),
)  # fmt: skip
