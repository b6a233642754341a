"""Finding requirements from the command palette."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.tasks.seen import with_seen_customer
from sales.requirements.models import Requirement


def palette_results(text: str, user: Any, limit: int = 5) -> list[dict[str, str]]:
    """What the command palette shows for a text: requirements in reach by number or title."""
    wanted = text.strip()
    if len(wanted) < 2 or not user.reach.has("sales.view_requirement"):
        return []
    fits = Q(number__icontains=wanted) | Q(title__icontains=wanted)
    rows = with_seen_customer(Requirement.objects.visible_to(user).live().filter(fits), user).order_by("-pk")
    return [
        {
            "group": _("Requirements"),
            "label": row.title,
            "detail": " · ".join(word for word in (row.number, row.seen_customer) if word),
            "url": row.get_absolute_url(),
            "icon": "clipboard-list",
        }
        for row in rows[:limit]
    ]
