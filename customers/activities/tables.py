"""The columns of the list of follow-ups."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, cell, day
from crm.ui.marks import flag, person
from customers.activities.models import Activity

KIND_LABELS: dict[str, Any] = dict(Activity.Kind.choices)
KIND_MARKS = {
    "visit": ("teal", "map-pin"), "call": ("green", "phone"), "email": ("blue", "mail"),
    "meeting": ("violet", "users"), "message": ("blue", "message-square-text"), "note": ("amber", "pencil"),
}  # fmt: skip


def _customer(row: Any, viewer: Viewer) -> str:
    found = viewer.names["customer"].get(row.customer_id)
    name = found.name if found else "—"
    return format_html('<a class="trunc" href="{}" title="{}">{}</a>', row.get_absolute_url(), name, name)


def _kind(row: Any, viewer: Viewer) -> str:
    tone, icon = KIND_MARKS[row.kind]
    return flag(KIND_LABELS[row.kind], tone, icon)


def _content(row: Any, viewer: Viewer) -> str:
    text = " ".join(row.content.split())
    return format_html('<span class="trunc wide-cell" title="{}">{}</span>', text[:500], text[:120])


def _author(row: Any, viewer: Viewer) -> str:
    found = viewer.names["person"].get(row.author_id)
    return person(found.name) if found else NOTHING


def _contact(row: Any, viewer: Viewer) -> str:
    found = viewer.names["contact"].get(row.contact_id)
    return cell(found.name if found and viewer.user.reach.has("customers.view_contact") else "")


def _happened_at(row: Any, viewer: Viewer) -> str:
    return day(row.happened_at)


def _next(row: Any, viewer: Viewer) -> str:
    return day(row.next_follow_on)


ACTIVITY_TABLE = Table(
    columns=[
        Column("customer", _("Customer"), _customer, ("customer_id",), css="pin pin-2 c-main name", is_fixed=True),
        Column("kind", _("Kind"), _kind, ("kind",)),
        Column("content", _("Content"), _content, ("content",)),
        Column("contact", _("Contact"), _contact, ("contact_id",), css="c-hide"),
        Column("author", _("By"), _author, ("author_id",)),
        Column("happened_at", _("Happened at"), _happened_at, ("happened_at",), "happened", "soft"),
        Column("next_follow_on", _("Next follow-up"), _next, ("next_follow_on",), css="c-hide"),
    ],
    orders=[
        Order("-happened", _("latest first"), "happened_at", True),
        Order("happened", _("oldest first"), "happened_at"),
    ],
    always=("id", "customer_id", "kind", "content"),
)
