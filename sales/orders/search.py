"""Finding orders from the command palette."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sales.orders.models import Order


def palette_results(text: str, user: Any, limit: int = 5) -> list[dict[str, str]]:
    """What the command palette shows for a text: orders in reach whose number holds it."""
    words = text.strip()
    if len(words) < 2 or not user.reach.has("sales.view_order"):
        return []
    rows = Order.objects.visible_to(user).filter(number__icontains=words).select_related("customer").order_by("-pk")
    return [
        {
            "group": _("Orders"),
            "label": row.number,
            "detail": row.customer.name,
            "url": row.get_absolute_url(),
            "icon": "package-check",
        }
        for row in rows[:limit]
    ]
