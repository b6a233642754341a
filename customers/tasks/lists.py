"""The list of tasks as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from customers.customers.names import look_up, merged
from customers.tasks.filters import TaskFilter
from customers.tasks.models import Task
from customers.tasks.people import CHANGE, EXPORT
from customers.tasks.seen import seen_names, with_seen_customer
from customers.tasks.tables import TASK_TABLE


class TaskListView(RecordListView):
    """All tasks one may see."""

    model = Task
    filterset = TaskFilter
    table = TASK_TABLE
    template = "customers/tasks/_list.html"
    page = "tasks"
    verbs = (
        BulkVerb(_("Finish"), "check", "customers:tasks_finish", CHANGE),
        BulkVerb(_("Move to another day"), "calendar-clock", "customers:tasks_postpone", CHANGE),
        BulkVerb(_("Export"), "download", "customers:task_export", EXPORT),
    )

    def scoped(self, user: Any) -> QuerySet[Any]:
        """The tasks in reach, with the names of the customers in reach."""
        return with_seen_customer(super().scoped(user), user)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What is to be done, by whom and since when."""
        return [
            BuiltInView("", pgettext_lazy("tasks", "Open"), ""),
            BuiltInView("mine", _("Mine"), "owner=me", CHANGE),
            BuiltInView("overdue", _("Overdue"), "state=overdue"),
            BuiltInView("given", _("Given by me"), "given_by=me", "customers.add_task"),
            BuiltInView("done", _("Done"), "state=done&sort=-done"),
            BuiltInView("all", _("All"), "state=any"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """One query for people; a customer that is filtered by is named to those who see it."""
        people = {pk for row in rows for pk in (row.owner_id, row.created_by_id) if pk}
        chosen = wanted.pop("customer", set())
        found: dict[str, Any] = dict(look_up(merged({"person": people}, wanted)))
        found["customer"] = seen_names(self.request.user, chosen)
        return found

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page, and whether the menu of the rows has verbs."""
        return {"list_title": _("Tasks"), "may_change": request.user.reach.has(CHANGE)}
