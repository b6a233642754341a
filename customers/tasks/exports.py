"""The export of tasks, with the names of the customers the person sees."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.records.export_views import export_page
from crm.records.exports import Export
from crm.records.selection import Selection
from customers.customers.names import look_up
from customers.tasks.filters import TaskFilter
from customers.tasks.models import Task
from customers.tasks.people import EXPORT as RIGHT
from customers.tasks.resources import TaskResource
from customers.tasks.seen import with_seen_customer


class TaskExport(Export):
    """Tasks are reached through the person who has to do them, not through an owner of the row."""

    def rows(self, user: User, selection: Selection) -> QuerySet[Any]:
        """The chosen tasks that the person may see and may export now."""
        scoped = Task.objects.visible_to(user) & Task.objects.within(user, self.right)
        return selection.rows(with_seen_customer(scoped, user), self.filterset, user)


DETAILS_RIGHT = "customers.export_contact_details"
EXPORT = TaskExport(_("Tasks"), TaskResource, TaskFilter, RIGHT, DETAILS_RIGHT, look_up=look_up)


@needs(RIGHT)
def task_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "customers.Task", reverse("customers:task_list"))
