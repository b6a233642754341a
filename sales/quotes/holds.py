"""What quotes say about their customers: why they stay where they are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.customers.holds import Hold
from sales.quotes.models import Quote


def _waiting() -> QuerySet[Any, Any]:
    return Quote.objects.waiting().values("customer_id")


WAITING = Hold("quote_waiting", _("A quote for it waits for approval."), _waiting)
