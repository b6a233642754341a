"""The customers a person opened last, kept in the cache: looking at a page writes nothing to the database."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from customers.customers.models import Customer

KEPT, SHOWN = 20, 8
SECONDS = 90 * 24 * 3600
logger = logging.getLogger("harbour.recent")


def remember(user: Any, customer: Customer) -> None:
    """Put a customer first among those the person opened last; without Redis nothing is remembered."""
    try:
        before = cache.get(_key(user), [])
        cache.set(_key(user), [customer.pk, *(pk for pk in before if pk != customer.pk)][:KEPT], SECONDS)
    except RedisError:
        logger.warning("recent customer not remembered", extra={"user": user.pk})


def recent_customers(user: Any, limit: int = KEPT) -> list[Customer]:
    """The last ones a person opened and may still see, the latest first."""
    try:
        ids = cache.get(_key(user), [])
    except RedisError:
        return []
    if not ids:
        return []
    rows = Customer.objects.visible_to(user).live().filter(pk__in=ids).select_related("owner")
    found = {row.pk: row for row in rows.only("name", "status", "number", "owner__name")}
    return [found[pk] for pk in ids if pk in found][:limit]


def recent_results(user: Any) -> list[dict[str, str]]:
    """What the command palette offers before anything is typed."""
    return [
        {
            "group": _("Opened lately"),
            "label": row.name,
            "detail": f"{row.get_status_display()} · {row.owner or row.number}",
            "url": row.get_absolute_url(),
        }
        for row in recent_customers(user, SHOWN)
    ]


def _key(user: Any) -> str:
    return f"recent-customers:{user.pk}"
