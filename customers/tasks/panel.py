"""The open tasks of a customer, for its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from crm.access.gate import may
from customers.tasks.forms import QuickTaskForm
from customers.tasks.models import Task

if TYPE_CHECKING:
    from crm.people.models import User
    from customers.customers.models import Customer

SHOWN = 8


def task_panel(customer: Customer, user: User) -> dict[str, Any]:
    """What customers/tasks/_panel.html needs: the open tasks the person sees, and a line to add one. One query."""
    rows = Task.objects.visible_to(user).open().filter(customer=customer).select_related("owner").in_order()
    may_add = customer.archived_at is None and may(user, "customers.add_task")
    return {
        "tasks": list(rows[:SHOWN]),
        "sees_tasks": may(user, "customers.view_task"),
        "may_finish": may(user, "customers.change_task"),
        "quick": QuickTaskForm() if may_add else None,
        "quick_day": timezone.localdate(),
        "tasks_next": f"{customer.get_absolute_url()}#tasks",
    }
