"""Finding contacts by name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.customers.search import search_ids


def palette_results(text: str, user: Any, limit: int = 8) -> list[dict[str, str]]:
    """What the command palette shows for a text: people at customers in reach whose name holds it."""
    if len(text.strip()) < 2 or not user.reach.has("customers.view_contact"):
        return []
    rows = (
        Contact.objects.visible_to(user).live()
        .filter(customer_id__in=search_ids(text, user), name__icontains=text.strip())
        .exclude(customer__status=Customer.Status.POOL).select_related("customer")
        .only("name", "job_title", "customer__name").order_by("-id")[:limit]
    )  # fmt: skip
    return [
        {
            "group": _("Contacts"),
            "label": row.name,
            "detail": " · ".join(word for word in (row.job_title, row.customer.name) if word),
            "url": row.get_absolute_url(),
            "icon": "contact-round",
        }
        for row in rows
    ]
