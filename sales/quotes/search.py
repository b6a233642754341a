"""Finding quotes by number and title."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.customers.letters import matched_part
from customers.tasks.seen import seen_names
from sales.quotes.models import Quote


def palette_results(text: str, user: Any, limit: int = 8) -> list[dict[str, str]]:
    """What the palette and the search page show for a text: newest versions in reach; customers one sees are named."""
    wanted = text.strip()
    if len(wanted) < 2 or not user.reach.has("sales.view_quote"):
        return []
    rows = Quote.objects.visible_to(user).live().current()
    found = list(rows.filter(Q(title__icontains=wanted) | Q(number__icontains=wanted)).order_by("-id")[:limit])
    names = seen_names(user, [row.customer_id for row in found])
    return [
        {
            "group": _("Quotes"),
            "label": row.title,
            "detail": " · ".join(word for word in (row.number, names.get(row.customer_id, "")) if word),
            "url": row.get_absolute_url(),
            "icon": "file-text",
            "mark": matched_part(row.title, wanted),
        }
        for row in found
    ]
