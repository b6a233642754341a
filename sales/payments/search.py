"""Finding payments by number, reference and payer."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.customers.letters import matched_part
from sales.documents.shown import money
from sales.payments.models import Payment


def palette_results(text: str, user: Any, limit: int = 5) -> list[dict[str, str]]:
    """What the palette and the search page show for a text: payments in reach by number, reference or payer."""
    wanted = text.strip()
    if len(wanted) < 3 or not user.reach.has("sales.view_payment"):
        return []
    rows = Payment.objects.visible_to(user).live().select_related("customer")
    fitting = Q(number__icontains=wanted) | Q(reference__icontains=wanted) | Q(payer_name__icontains=wanted)
    return [
        {
            "group": _("Payments"),
            "label": str(row),
            "detail": " · ".join(word for word in (money(row.amount, row.currency), row.payer_name) if word),
            "url": row.get_absolute_url(),
            "icon": "banknote",
            "mark": matched_part(str(row), wanted),
        }
        for row in rows.filter(fitting).order_by("-id")[:limit]
    ]
