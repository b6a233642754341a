"""The address of a customer that was merged leads to the one it became part of."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from customers.customers.models import Customer

View = Callable[..., HttpResponseBase]


def became(customer_id: int, user: Any) -> Customer | None:
    """The customer in reach that a merged one became part of."""
    rows = Customer.objects.visible_to(user).filter(pk__in=_survivor_ids(customer_id))
    found: Customer | None = rows.first()
    return found


def follows_merge(view: View) -> View:
    """Let a page of one customer lead on where its row is out of reach, but the one it became part of is not."""

    @wraps(view)
    def followed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            survivor = became(kwargs["pk"], request.user)
            if survivor is None:
                raise
            return redirect(survivor)

    return followed


def _survivor_ids(customer_id: int) -> list[int]:
    merged = Customer.objects.filter(pk=customer_id, merged_into__isnull=False)
    return list(merged.values_list("merged_into_id", flat=True))
