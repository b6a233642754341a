"""The columns of the list of tasks."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, day
from crm.ui.marks import flag, icon, person, status
from customers.tasks.models import Task
from customers.tasks.people import CHANGE


def _title(row: Any, viewer: Viewer) -> str:
    mark = flag(Task.Priority.HIGH.label, "amber") if row.priority == Task.Priority.HIGH and row.is_open else ""
    finish = _finish(row) if row.is_open and viewer.user.reach.has(CHANGE) else ""
    return format_html(
        '<span class="cell">{}<a class="trunc" href="{}" title="{}">{}</a>{}</span>',
        finish, row.get_absolute_url(), row.title, row.title, mark,
    )  # fmt: skip


def _finish(row: Any) -> str:
    # part of the form of the bulk bar: it carries its CSRF token and the list's filter, and works without script
    return format_html(
        '<button class="btn btn-ghost btn-sm btn-icon" form="bulk" formaction="{}" data-key="f" aria-label="{}"'
        ' title="{}">{}</button>',
        reverse("customers:task_finish", args=[row.pk]), _("Finish: %(title)s") % {"title": row.title}, _("Finish"),
        icon("circle-check"),
    )  # fmt: skip


def _customer(row: Any, viewer: Viewer) -> str:
    if not row.seen_customer:
        return NOTHING
    url = reverse("customers:customer_detail", args=[row.customer_id])
    return format_html('<a class="trunc" href="{}" title="{}">{}</a>', url, row.seen_customer, row.seen_customer)


def _due(row: Any, viewer: Viewer) -> str:
    if row.is_overdue:
        return format_html('<span class="fg t-red strong">{}</span>', day(row.due))
    return day(row.due)


def state_mark(row: Any) -> str:
    """Whether a task is open, overdue, done or cancelled."""
    if row.done_at:
        return status(pgettext_lazy("task", "done"), "green")
    if row.cancelled_at:
        return status(pgettext_lazy("task", "cancelled"), "gray", True)
    if row.is_overdue:
        return status(pgettext_lazy("task", "overdue"), "red")
    return status(pgettext_lazy("task", "open"), "blue")


def _state(row: Any, viewer: Viewer) -> str:
    return state_mark(row)


def _person(field: str) -> Any:
    def person_cell(row: Any, viewer: Viewer) -> str:
        found = viewer.names["person"].get(getattr(row, field))
        return person(found.name) if found else NOTHING

    return person_cell


def _moment(field: str) -> Any:
    def moment_cell(row: Any, viewer: Viewer) -> str:
        return day(getattr(row, field))

    return moment_cell


TASK_TABLE = Table(
    columns=[
        Column("title", _("Task"), _title, ("title", "priority"), css="pin pin-2 c-main name", is_fixed=True),
        Column("state", _("State"), _state),
        Column("due", _("Due"), _due, order="due", is_labelled=True),
        Column("customer", _("Customer"), _customer, ("customer_id",)),
        Column("owner", _("For"), _person("owner_id"), ("owner_id",)),
        Column("created_by", _("Given by"), _person("created_by_id"), ("created_by_id",), css="c-hide"),
        Column("remind_at", _("Remind at"), _moment("remind_at"), ("remind_at",), css="c-hide soft", is_default=False),
        Column("done_at", _("Done at"), _moment("done_at"), css="c-hide soft", is_default=False, order="done"),
        Column("created_at", _("Created"), _moment("created_at"), ("created_at",), "created", "c-hide soft",
               is_default=False),
    ],
    orders=[
        Order("due", _("due first, undated last"), "due_at", False, True),
        Order("-due", _("due last first"), "due_at", True, True),
        Order("-done", _("finished last first"), "done_at", True, True),
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
    ],
    always=("id", "title", "due_at", "is_all_day", "done_at", "cancelled_at", "priority"),
)  # fmt: skip
