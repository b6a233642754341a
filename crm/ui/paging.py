"""Pages of lists that are only ever read newest first."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import Http404


class OlderPage(NamedTuple):
    """Rows, newest first, and the id before which the next page begins (None at the end)."""

    rows: list[Any]
    next: int | None


def older_than(rows: QuerySet[Any], before: str, size: int) -> OlderPage:
    """A page of the rows with an id below `before` ("" = from the newest); Http404 for what is no id."""
    if before and not (before.isascii() and before.isdecimal() and len(before) < 19):
        raise Http404
    older = rows.filter(pk__lt=int(before)) if before else rows
    found = list(older.order_by("-pk")[: size + 1])
    return OlderPage(found[:size], found[size - 1].pk if len(found) > size else None)
