"""The columns of the list of orders."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.records.keyset import Order as ListOrder
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, cell, day
from crm.ui.marks import person
from sales.orders.marks import order_mark


def _number(row: Any, viewer: Viewer) -> str:
    return format_html('<a class="num" href="{}">{}</a>', row.get_absolute_url(), row.number)


def _state(row: Any, viewer: Viewer) -> str:
    return order_mark(row.state)


def _customer(row: Any, viewer: Viewer) -> str:
    found = viewer.names["customer"].get(row.customer_id)
    if found is None:
        return NOTHING
    url = reverse("customers:customer_detail", args=[row.customer_id])
    return format_html('<a class="trunc" href="{}" title="{}">{}</a>', url, found, found)


def _contract(row: Any, viewer: Viewer) -> str:
    number = viewer.names["contract"].get(row.contract_id)
    if not number:
        return NOTHING
    return format_html(
        '<a class="num" href="{}">{}</a>', reverse("sales:contract_detail", args=[row.contract_id]), number
    )


def _owner(row: Any, viewer: Viewer) -> str:
    found = viewer.names["person"].get(row.owner_id)
    return person(found.name) if found else NOTHING


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
        Column("customer", _("Customer"), _customer, ("customer_id",)),
        Column("contract", _("Contract"), _contract, ("contract_id",), css="c-hide"),
        Column("due_on", _("Deliver until"), _day("due_on"), ("due_on",), "due", is_labelled=True),
        Column("owner", _("Owner"), _owner, ("owner_id",)),
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
