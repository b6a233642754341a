"""Finding invoices and reissues by number."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.customers.letters import matched_part
from sales.invoices.models import Invoice, Reissue


def palette_results(text: str, user: Any, limit: int = 8) -> list[dict[str, str]]:
    """What the palette and the search page show for a text: invoices and reissues in reach with such a number."""
    wanted = text.strip()
    if len(wanted) < 3 or not any(letter.isdecimal() for letter in wanted):
        return []
    fits = Q(number__icontains=wanted) | Q(invoice_number__contains=wanted)
    rows = Invoice.objects.visible_to(user).live().filter(fits).select_related("customer").order_by("-id")[:limit]
    found = [_hit(row, _("Invoices"), row.buyer.get("title", ""), "receipt-text", wanted) for row in rows]
    asked = Reissue.objects.visible_to(user).live().filter(number__icontains=wanted).select_related("invoice")
    more = [
        _hit(row, _("Reissues"), row.invoice.buyer.get("title", ""), "repeat-2", wanted)
        for row in asked.order_by("-id")[:limit]
    ]
    return [*found, *more][:limit]


def _hit(row: Any, group: str, detail: str, icon: str, wanted: str) -> dict[str, str]:
    issued = getattr(row, "invoice_number", "")
    return {
        "group": group,
        "label": str(row),
        "detail": " · ".join(word for word in (detail, issued) if word),
        "url": row.get_absolute_url(),
        "icon": icon,
        "mark": matched_part(row.number, wanted),
    }
