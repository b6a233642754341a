"""The columns of the list of opportunities."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, cell, day, yuan
from crm.ui.marks import status
from sales.documents.cells import owner_cell, seen_customer_cell
from sales.opportunities.models import Opportunity

STATE_LABELS: dict[str, Any] = dict(Opportunity.State.choices)
TONES = {"open": "blue", "won": "green", "lost": "gray"}


def state_mark(row: Any) -> str:
    """How it stands with an opportunity, as a mark."""
    return status(STATE_LABELS[row.state], TONES[row.state], ring=row.state == "lost")


def _name(row: Any, viewer: Viewer) -> str:
    return format_html('<a class="trunc" href="{}" title="{}">{}</a>', row.get_absolute_url(), row.name, row.name)


def _stage(row: Any, viewer: Viewer) -> str:
    found = viewer.names["opportunity_stage"].get(row.stage_id)
    return status(found.name, found.tone) if found else NOTHING


def _amount(row: Any, viewer: Viewer) -> str:
    return cell(yuan(row.amount, row.currency))


def _probability(row: Any, viewer: Viewer) -> str:
    return f"{row.probability}%"


def _closing(row: Any, viewer: Viewer) -> str:
    if row.state == "open" and row.expected_close_on and row.expected_close_on < viewer.today:
        return format_html('<span class="fg t-red strong">{}</span>', day(row.expected_close_on))
    return day(row.expected_close_on)


def _department(row: Any, viewer: Viewer) -> str:
    found = viewer.names["department"].get(row.department_id)
    return cell(found.name if found else "")


def _loss_reason(row: Any, viewer: Viewer) -> str:
    return cell(viewer.names["loss_reason"].get(row.loss_reason_id, ""))


def _state(row: Any, viewer: Viewer) -> str:
    return state_mark(row)


def _number(row: Any, viewer: Viewer) -> str:
    return cell(row.number)


def _moment(field: str) -> Any:
    def moment_cell(row: Any, viewer: Viewer) -> str:
        return day(getattr(row, field))

    return moment_cell


OPPORTUNITY_TABLE = Table(
    columns=[
        Column("name", _("Opportunity"), _name, ("name",), css="pin pin-2 c-main name", is_fixed=True),
        Column("customer", _("Customer"), seen_customer_cell, ("customer_id",)),
        Column("amount", _("Amount"), _amount, ("amount", "currency"), css="c-num num right"),
        Column("stage", _("Stage"), _stage, ("stage_id",)),
        Column("state", _("State"), _state, ("state",)),
        Column("probability", _("Probability"), _probability, ("probability",), css="c-hide c-num num right"),
        Column("expected_close_on", _("Expected close"), _closing, ("expected_close_on", "state"), "closing",
               is_labelled=True),
        Column("owner", _("Owner"), owner_cell, ("owner_id",)),
        Column("department", _("Department"), _department, ("department_id",), css="c-hide", is_default=False),
        Column("number", _("Number"), _number, ("number",), css="c-hide", is_default=False),
        Column("stage_since", _("In this stage since"), _moment("stage_since"), ("stage_since",), css="c-hide soft",
               is_default=False),
        Column("loss_reason", _("Loss reason"), _loss_reason, ("loss_reason_id",), css="c-hide", is_default=False),
        Column("closed_at", pgettext_lazy("document", "Closed"),
               _moment("closed_at"), ("closed_at",), css="c-hide soft", is_default=False),
        Column("created_at", _("Created"), _moment("created_at"), ("created_at",), "created", "c-hide soft",
               is_default=False),
    ],
    orders=[
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
        Order("closing", _("closing first, without a day last"), "expected_close_on", False, True),
    ],
    always=(
        "id", "name", "customer_id", "customer__status", "customer__owner_id", "customer__department_id", "owner_id",
        "department_id",
    ),
)  # fmt: skip
