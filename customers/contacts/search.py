"""Finding contacts by name, pinyin and phone."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.access.masks import may_match_contact_details, shown, where_known
from customers.contacts.models import Contact
from customers.customers.identity import display_phone
from customers.customers.letters import letters_of, matched_part
from customers.customers.search import digits_of, search_ids

READ_AT_MOST = 400  # people of the customers found, of whom those are kept that fit themselves


def palette_results(text: str, user: Any, limit: int = 8) -> list[dict[str, str]]:
    """What the palette and the search page show for a text: people in reach whose name, pinyin or phone fits."""
    wanted = text.strip()
    if len(wanted) < 2 or not user.reach.has("customers.view_contact"):
        return []
    digits = digits_of(wanted)
    by_phone = may_match_contact_details(user) and len(digits) >= 3 and not set(wanted) - set("0123456789 +-()")
    fits = Q(phone__contains=digits) & where_known(user, "customer__") if by_phone else Q()
    rows = (
        Contact.objects.visible_to(user).live().filter(fits, customer_id__in=search_ids(text, user))
        .exclude(customer__archived_at__isnull=False)
        .select_related("customer").order_by("-id")[:READ_AT_MOST]
    )  # fmt: skip
    found = [row for row in rows if by_phone or _fits(row.name, wanted)]
    return [_hit(row, user, wanted, by_phone=by_phone) for row in found[:limit]]


def _fits(name: str, wanted: str) -> bool:
    return bool(matched_part(name, wanted)) or wanted.lower().replace(" ", "") in letters_of(name)


def _hit(row: Contact, user: Any, wanted: str, *, by_phone: bool) -> dict[str, str]:
    phone = shown(user, row.customer, "phone", row.phone) if by_phone else ""
    told = display_phone(phone) if phone == row.phone else phone
    return {
        "group": _("Contacts"),
        "label": row.name,
        "detail": " · ".join(word for word in (row.job_title, row.customer.name, told) if word),
        "url": row.get_absolute_url(),
        "icon": "contact-round",
        "mark": matched_part(row.name, wanted),
    }
