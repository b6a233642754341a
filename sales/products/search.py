"""Finding products by code, name and pinyin."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.customers.letters import matched_part
from sales.products.formats import price_text
from sales.products.models import Product


def palette_results(text: str, user: Any, limit: int = 8) -> list[dict[str, str]]:
    """What the palette and the search page show for a text."""
    wanted = text.strip()
    if len(wanted) < 2 or not user.reach.has("sales.view_product"):
        return []
    letters = wanted.lower().replace(" ", "")
    fits = Q(name__icontains=wanted) | Q(code__icontains=wanted) | Q(letters__contains=letters)
    return [
        {
            "group": _("Products"),
            "label": row.name,
            "detail": " · ".join(word for word in (row.code, price_text(row.list_price, row.currency)) if word),
            "url": row.get_absolute_url(),
            "icon": "package",
            "mark": matched_part(row.name, wanted),
        }
        for row in Product.objects.live().filter(fits).order_by("code")[:limit]
    ]
