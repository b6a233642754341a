"""The columns of the list of requirements."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import cell, day
from crm.ui.marks import status
from sales.documents.cells import owner_cell, seen_customer_cell
from sales.documents.models import DocumentState
from sales.requirements.models import Requirement

_COLOURS = {
    "pending": "amber", "blocked": "red", "returned": "amber", "approved": "green", "rejected": "red",
}  # fmt: skip
_CHECKS = {"feasible": "green", "partly": "amber", "impossible": "red"}
STATES: dict[str, Any] = dict(DocumentState.choices)
CHECKS: dict[str, Any] = dict(Requirement.Check.choices)


def state_mark(row: Any) -> str:
    """How far its approval is, as a mark."""
    return status(STATES[row.state], _COLOURS.get(row.state, "gray"), ring=row.state in ("void", "draft"))


def check_mark(row: Any) -> str:
    """What a technician found, as a mark; a dash where nobody looked."""
    return status(CHECKS[row.check_result], _CHECKS[row.check_result]) if row.check_result else cell("")


def _title(row: Any, viewer: Viewer) -> str:
    return format_html(
        '<a class="trunc" href="{}" title="{}">{}</a><span class="muted fs12 num">{}</span>',
        row.get_absolute_url(), row.title, row.title, row.number or _("no number yet"),
    )  # fmt: skip


def _state(row: Any, viewer: Viewer) -> str:
    return state_mark(row)


def _check(row: Any, viewer: Viewer) -> str:
    return check_mark(row)


def _wanted_on(row: Any, viewer: Viewer) -> str:
    return day(row.wanted_on)


def _created_at(row: Any, viewer: Viewer) -> str:
    return day(row.created_at)


REQUIREMENT_TABLE = Table(
    columns=[
        Column("title", _("Requirement"), _title, ("title", "number"), css="pin pin-2 c-main name", is_fixed=True),
        Column("customer", _("Customer"), seen_customer_cell, ("customer_id",)),
        Column("state", _("State"), _state, ("state",)),
        Column("check", _("Technical check"), _check, ("check_result",)),
        Column("wanted_on", _("Wanted on"), _wanted_on, ("wanted_on",), css="c-hide"),
        Column("owner", _("Owner"), owner_cell, ("owner_id",), css="c-hide"),
        Column("created_at", _("Created"), _created_at, ("created_at",), "created", "c-hide soft"),
    ],
    orders=[
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
    ],
    always=("id", "title", "number", "customer_id", "owner_id", "department_id"),
)
