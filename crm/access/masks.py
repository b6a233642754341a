"""Hiding personal fields: one layer for pages, lists, search, history, export, PDF, API and mail."""

from __future__ import annotations

import re
from typing import Any

CONTACT_FIELDS = frozenset({"phone", "email", "wechat", "address"})
REVEAL_RIGHT = "customers.view_contact_details"


def sees_contact_details(user: Any, customer: Any) -> bool:
    """Whether the person sees phone and e-mail of this customer in full; never in the pool."""
    if customer.status == "pool":
        return False
    return bool(user.reach.covers(REVEAL_RIGHT, customer))


def sees_all_contact_details(user: Any) -> bool:
    """Whether the person sees contact details wherever they see a customer at all (so may filter, search, match by them)."""
    reach = user.reach
    return reach.scopes.get(REVEAL_RIGHT) == reach.scopes.get("customers.view_customer") and reach.has(REVEAL_RIGHT)


def masked(field: str, value: str) -> str:
    """The value as shown to those who may not see it."""
    if not value:
        return ""
    if field == "email":
        name, _, domain = value.partition("@")
        return f"{name[:1]}***@{domain}"
    if field == "phone":
        return masked_phone(value)
    return "****"


def masked_phone(value: str) -> str:
    """138****5678 for a mobile, the middle four digits hidden for every other number."""
    digits = re.sub(r"\D", "", value.removeprefix("+86"))
    if len(digits) < 7:
        return "****"
    middle = (len(digits) - 4) // 2 if len(digits) != 11 else 3
    return f"{digits[:middle]}****{digits[middle + 4 :]}"


def shown(user: Any, customer: Any, field: str, value: str) -> str:
    """The value of a contact field as this person may see it."""
    return value if not value or sees_contact_details(user, customer) else masked(field, value)
