"""The columns of the list of orders."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.records.keyset import Order as ListOrder
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import cell, day
from sales.documents.cells import contract_cell, customer_cell, owner_cell
from sales.orders.marks import order_mark


def _number(row: Any, viewer: Viewer) -> str:
    return format_html('<a class="num" href="{}">{}</a>', row.get_absolute_url(), row.number)


def _state(row: Any, viewer: Viewer) -> str:
    return order_mark(row.state)


def _day(field: str) -> Any:
    def day_cell(row: Any, viewer: Viewer) -> str:
        return day(getattr(row, field))

    return day_cell


def _remark(row: Any, viewer: Viewer) -> str:
    return cell(row.remark)


ORDER_TABLE = Table(
    columns=[
        Column("number", _("Order"), _number, ("number",), css="pin pin-2 c-main name", is_fixed=True),
        Column("state", _("State"), _state, ("state",)),
        Column("customer", _("Customer"), customer_cell, ("customer_id",)),
        Column("contract", _("Contract"), contract_cell, ("contract_id",), css="c-hide"),
        Column("due_on", _("Deliver until"), _day("due_on"), ("due_on",), "due", is_labelled=True),
        Column("owner", _("Owner"), owner_cell, ("owner_id",)),
        Column("remark", _("Remark"), _remark, ("remark",), css="c-hide", is_default=False),
        Column("created_at", _("Created"), _day("created_at"), ("created_at",), "created", "c-hide soft"),
    ],
    orders=[
        ListOrder("-created", _("newest first"), "created_at", True),
        ListOrder("created", _("oldest first"), "created_at"),
        ListOrder("due", _("due first, undated last"), "due_on", False, True),
        ListOrder("-due", _("due last first"), "due_on", True, True),
    ],
    always=("id", "number", "created_at"),
)  # fmt: skip
