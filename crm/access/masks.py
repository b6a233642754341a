"""Hiding personal fields: one layer for pages, lists, search, history, export, PDF, API and mail."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Func, Q, TextField

CONTACT_FIELDS = frozenset({"phone", "email", "wechat", "address"})
VIEW_RIGHT = "customers.view_contact_details"
REVEAL_RIGHT = "customers.reveal_contact_details"


def sees_contact_details(user: Any, customer: Any) -> bool:
    """Whether pages show this person phone and e-mail of a customer without asking; never in the pool."""
    return customer.status != "pool" and bool(user.reach.covers(VIEW_RIGHT, customer))


def may_know_contact_details(user: Any, customer: Any) -> bool:
    """Whether the person is entitled to the values, be it by uncovering them one by one; never in the pool."""
    reach = user.reach
    return customer.status != "pool" and bool(
        reach.covers(VIEW_RIGHT, customer) or reach.covers(REVEAL_RIGHT, customer)
    )


def may_match_contact_details(user: Any) -> bool:
    """Whether the person may filter, search and match by contact details at all; `where_known` says in which rows."""
    reach = user.reach
    seen = reach.scopes.get("customers.view_customer")
    return seen is not None and seen in (reach.scopes.get(VIEW_RIGHT), reach.scopes.get(REVEAL_RIGHT))


def where_known(user: Any, path: str = "") -> Q:
    """The condition for customers at `path` whose contact details the person may know (`may_know_contact_details`).

    Every match by a contact detail carries it: hits among shared or pooled customers would tell what is masked there.
    """
    outside_pools = ~Q(**{f"{path}status": "pool"})
    scopes = [user.reach.rows(right, path) for right in (VIEW_RIGHT, REVEAL_RIGHT)]
    if None in scopes:
        return outside_pools
    return outside_pools & (scopes[0] | scopes[1])


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
    digits = re.sub("[^0-9]", "", value.removeprefix("+86"))
    if len(digits) < 7:
        return "****"
    middle = (len(digits) - 4) // 2 if len(digits) != 11 else 3
    return f"{digits[:middle]}****{digits[middle + 4 :]}"


def masked_column(field: str, source: Any) -> Func:
    """What `masked` makes of a column, as an expression for the database."""
    return Func(source, template=_IN_SQL.get(field, _HIDDEN), output_field=TextField())


_DIGITS = r"regexp_replace(regexp_replace(%(expressions)s, '^\+86', ''), '[^0-9]', '', 'g')"
_MIDDLE = f"(length({_DIGITS}) - 4) / 2"
_HIDDEN = "CASE WHEN %(expressions)s <> '' THEN '****' ELSE '' END"
_IN_SQL = {
    "email": (
        "CASE WHEN %(expressions)s <> '' THEN left(split_part(%(expressions)s, '@', 1), 1) || '***@' || "
        "substr(%(expressions)s, strpos(%(expressions)s || '@', '@') + 1) ELSE '' END"
    ),
    "phone": (
        r"CASE WHEN %(expressions)s ~ '^\+86[0-9]{11}$' "
        "THEN substr(%(expressions)s, 4, 3) || '****' || substr(%(expressions)s, 11) "
        "WHEN %(expressions)s = '' THEN '' "
        f"WHEN length({_DIGITS}) < 7 THEN '****' "
        f"WHEN length({_DIGITS}) = 11 THEN left({_DIGITS}, 3) || '****' || right({_DIGITS}, 4) "
        f"ELSE left({_DIGITS}, {_MIDDLE}) || '****' || substr({_DIGITS}, {_MIDDLE} + 5) END"
    ),
}


def shown(user: Any, customer: Any, field: str, value: str) -> str:
    """The value of a contact field as a page shows it to this person; an address needs no uncovering."""
    sees = may_know_contact_details if field == "address" else sees_contact_details
    return value if not value or sees(user, customer) else masked(field, value)
