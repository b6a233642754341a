"""One page of a list below data quality, with the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.http import urlencode

from crm.access.gate import SignedInRequest
from crm.records.keyset import Cursor, Order, capped_count, keyset_page, read_cursor


def paged(
    request: SignedInRequest, rows: QuerySet[Any], order: Order, size: int, *, kept: Mapping[str, Any]
) -> dict[str, Any]:
    """`rows`, `count`, `previous_url`, `next_url` and `query` of a page; ValidationError for a cursor made by hand.

    `kept` is what of the address every page shares.
    """
    page = keyset_page(rows, order, read_cursor(request.GET.get("cursor", ""), rows, order), size)
    return {
        "rows": page.rows,
        "count": capped_count(rows),
        "previous_url": _address(kept, page.previous),
        "next_url": _address(kept, page.next),
        "query": urlencode(kept, doseq=True),
        "order_text": order.label,
    }


def _address(kept: Mapping[str, Any], cursor: Cursor | None) -> str:
    return f"?{urlencode({**kept, 'cursor': str(cursor)}, doseq=True)}" if cursor else ""
