"""The columns of the leads inbox: those of the customer list, with age and what the lead said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, long_day
from customers.customers.models import Customer
from customers.customers.tables import CUSTOMER_TABLE

NOTE_SHOWN = 80
LATE_DAYS = 2


def _age(row: Any, viewer: Viewer) -> str:
    """Since when nobody works on it: since it came, or since its owner received it."""
    since = row.received_at if row.status == Customer.Status.LEAD else row.created_at
    days = max((viewer.today - timezone.localdate(since)).days, 0)
    text = ngettext("%(count)s day", "%(count)s days", days) % {"count": days} if days else _("today")
    tone = "fg t-red strong" if days >= LATE_DAYS else ""
    return format_html('<span class="{}" title="{}">{}</span>', tone, long_day(since), text)


def _note(row: Any, viewer: Viewer) -> str:
    text = viewer.names["note"].get(row.pk, "")
    if not text:
        return NOTHING
    short = text if len(text) <= NOTE_SHOWN else f"{text[:NOTE_SHOWN]}…"
    return format_html('<span class="trunc max-lg" title="{}">{}</span>', text[:500], " · ".join(short.splitlines()))


def _like(name: str, order: str = "", *, is_default: bool = True) -> Column:
    found = next(column for column in CUSTOMER_TABLE.columns if column.name == name)
    return replace(found, order=order, is_default=is_default)


LEAD_TABLE = Table(
    columns=[
        _like("name"),
        _like("status"),
        Column("age", _("Waits for"), _age, ("created_at", "received_at"), is_labelled=True),
        _like("source"),
        Column("note", _("Campaign and note"), _note, (), css="c-hide"),
        _like("region"),
        _like("industry"),
        _like("contact"),
        _like("phone"),
        _like("owner"),
        _like("department", is_default=False),
        _like("level", is_default=False),
        _like("tags", is_default=False),
        _like("created_at", "created"),
        _like("number", is_default=False),
    ],
    orders=[
        Order("created", _("oldest first"), "created_at"),
        Order("-created", _("newest first"), "created_at", True),
    ],
    always=CUSTOMER_TABLE.always,
)
