"""Cells that the lists of documents share."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from crm.records.tables import Viewer
from crm.ui.formats import NOTHING
from crm.ui.marks import person


def customer_cell(row: Any, viewer: Viewer) -> str:
    """The customer of a document, by the name the list looked up."""
    return _customer(row.customer_id, viewer.names["customer"].get(row.customer_id))


def seen_customer_cell(row: Any, viewer: Viewer) -> str:
    """The customer of a record, where the person sees it (customers.tasks.seen)."""
    return _customer(row.customer_id, row.seen_customer)


def contract_cell(row: Any, viewer: Viewer) -> str:
    """The number of the contract a document belongs to."""
    number = viewer.names["contract"].get(row.contract_id)
    if not number:
        return NOTHING
    return format_html(
        '<a class="num" href="{}">{}</a>', reverse("sales:contract_detail", args=[row.contract_id]), number
    )


def owner_cell(row: Any, viewer: Viewer) -> str:
    """Whoever looks after it."""
    found = viewer.names["person"].get(row.owner_id)
    return person(found.name) if found else NOTHING


def _customer(pk: int, name: str | None) -> str:
    if not name:
        return NOTHING
    url = reverse("customers:customer_detail", args=[pk])
    return format_html('<a class="trunc" href="{}" title="{}">{}</a>', url, name, name)
