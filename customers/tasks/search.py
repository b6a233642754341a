"""Finding open tasks from the command palette."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from crm.ui.formats import short_day
from customers.tasks.models import Task


def palette_results(text: str, user: Any, limit: int = 5) -> list[dict[str, str]]:
    """What the command palette shows for a text: open tasks in reach whose title holds it."""
    if len(text.strip()) < 2 or not user.reach.has("customers.view_task"):
        return []
    rows = Task.objects.visible_to(user).open().filter(title__icontains=text.strip()).select_related("owner").in_order()
    return [
        {
            "group": _("Tasks"),
            "label": row.title,
            "detail": " · ".join(word for word in (short_day(row.due), row.owner.name) if word),
            "url": row.get_absolute_url(),
            "icon": "list-checks",
        }
        for row in rows[:limit]
    ]
