"""The columns of tasks in spreadsheets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.sheets import ChoiceWidget, MomentWidget, SheetField, SheetResource, TextWidget
from customers.tasks.models import Task


class TaskResource(SheetResource):
    """What people have to do; `seen_customer` is what TaskExport names of the customer."""

    record = Task

    title = SheetField("title", _("Task"), TextWidget(120), readonly=True)
    due_at = SheetField("due_at", _("Due"), MomentWidget(), readonly=True)
    priority = SheetField("priority", _("Priority"), ChoiceWidget(Task.Priority), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="seen_customer", readonly=True)
    owner = SheetField("owner_id", _("For"), TextWidget(60), path="owner__name", readonly=True)
    given_by = SheetField("created_by_id", _("Given by"), TextWidget(60), path="created_by__name", readonly=True)
    note = SheetField("note", pgettext_lazy("task", "Note"), TextWidget(2000, has_lines=True), readonly=True)
    done_at = SheetField("done_at", _("Done at"), MomentWidget(), readonly=True)
    cancelled_at = SheetField("cancelled_at", _("Cancelled at"), MomentWidget(), readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)
