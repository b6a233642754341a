"""Finding opportunities by number and name."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.customers.letters import matched_part
from customers.customers.models import Customer
from sales.opportunities.models import Opportunity


def palette_results(text: str, user: Any, limit: int = 8) -> list[dict[str, str]]:
    """What the palette and the search page show for a text: opportunities in reach; customers in reach are named."""
    wanted = text.strip()
    if len(wanted) < 2 or not user.reach.has("sales.view_opportunity"):
        return []
    rows = Opportunity.objects.visible_to(user).live()
    found = list(rows.filter(Q(name__icontains=wanted) | Q(number__icontains=wanted)).order_by("-id")[:limit])
    seen = Customer.objects.visible_to(user).filter(pk__in=[row.customer_id for row in found])
    names = dict(seen.values_list("pk", "name")) if found else {}
    return [
        {
            "group": _("Opportunities"),
            "label": row.name,
            "detail": " · ".join(word for word in (row.number, names.get(row.customer_id, "")) if word),
            "url": row.get_absolute_url(),
            "icon": "target",
            "mark": matched_part(row.name, wanted),
        }
        for row in found
    ]
