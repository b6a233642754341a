"""Finding contracts from the command palette."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from sales.contracts.models import Contract


def palette_results(text: str, user: Any, limit: int = 5) -> list[dict[str, str]]:
    """What the command palette shows for a text: contracts in reach whose number or title holds it."""
    words = text.strip()
    if len(words) < 2 or not user.reach.has("sales.view_contract"):
        return []
    rows = Contract.objects.visible_to(user).live().filter(Q(number__icontains=words) | Q(title__icontains=words))
    return [
        {
            "group": _("Contracts"),
            "label": row.title,
            "detail": " · ".join(word for word in (row.number, row.customer.name) if word),
            "url": row.get_absolute_url(),
            "icon": "file-pen-line",
        }
        for row in rows.select_related("customer").order_by("-pk")[:limit]
    ]
