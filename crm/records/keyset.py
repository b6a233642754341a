"""Pages of a long list that cost the same wherever they lie: a cursor instead of an offset."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

COUNT_CAP = 10_000


@dataclass(frozen=True)
class Order:
    """An order a list offers; rows without a value come last, ties are broken by id."""

    name: str
    label: str | _StrPromise
    field: str
    is_descending: bool = False
    is_nullable: bool = False


@dataclass(frozen=True)
class Cursor:
    """A place in an order: the row before (or after) which a page begins."""

    is_backward: bool
    value: Any
    pk: int

    def __str__(self) -> str:
        raw = json.dumps([int(self.is_backward), self.value, self.pk], default=str, separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Page:
    """The rows of one page and the cursors of its neighbours (None where there is none)."""

    rows: list[Any]
    next: Cursor | None
    previous: Cursor | None


def read_cursor(text: str, rows: QuerySet[Any], order: Order) -> Cursor | None:
    """The cursor of a page address; ValidationError where it was made up by hand."""
    if not text:
        return None
    try:
        is_backward, value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if value is not None:
            value = _field(rows.model, order).to_python(value)
            if isinstance(value, datetime) and timezone.is_naive(value):
                raise ValueError
        elif not order.is_nullable:
            raise ValueError
        return Cursor(bool(is_backward), value, int(pk))
    except (ValueError, TypeError, binascii.Error, ValidationError, OverflowError, RecursionError):
        raise ValidationError(_("This page address is not complete. Start from the first page."), code="bad_cursor")


def keyset_page(rows: QuerySet[Any], order: Order, cursor: Cursor | None, size: int) -> Page:
    """One page of at most `size` rows in at most two queries, never an offset.

    The comparison is written `a <= x AND (a < x OR id < y)`: with a plain OR PostgreSQL reads all rows before the page.
    """
    is_backward = bool(cursor and cursor.is_backward)
    wanted = size + 1
    found: list[Any] = []
    for part in _parts(rows, order, cursor, is_backward):
        found += list(part[: wanted - len(found)])
        if len(found) >= wanted:
            break
    has_more, found = len(found) > size, found[:size]
    if is_backward:
        found.reverse()
    if not found:
        return Page([], None, None)
    following = _cursor(found[-1], order, False) if (is_backward or has_more) else None
    preceding = _cursor(found[0], order, True) if (has_more if is_backward else cursor is not None) else None
    return Page(found, following, preceding)


def capped_count(rows: QuerySet[Any], cap: int = COUNT_CAP) -> int:
    """How many rows there are, counting no further than `cap` + 1."""
    return rows.order_by().values("pk")[: cap + 1].count()


def _parts(rows: QuerySet[Any], order: Order, cursor: Cursor | None, is_backward: bool) -> list[QuerySet[Any]]:
    is_descending = order.is_descending != is_backward
    column = F(order.field)
    nulls = {"nulls_first": True} if is_backward else {"nulls_last": True}
    if not order.is_nullable:
        nulls = {}
    by_value = column.desc(**nulls) if is_descending else column.asc(**nulls)
    by_id = "-pk" if is_descending else "pk"
    ordered = rows.order_by(by_value, by_id)
    if cursor is None:
        return [ordered]
    without_value = rows.filter(**{f"{order.field}__isnull": True}).order_by(by_id)
    beyond = "lt" if is_descending else "gt"
    if cursor.value is None:
        rest = without_value.filter(**{f"pk__{beyond}": cursor.pk})
        return [rest, ordered.filter(**{f"{order.field}__isnull": False})] if is_backward else [rest]
    further = ordered.filter(
        Q(**{f"{order.field}__{beyond}e": cursor.value}),
        Q(**{f"{order.field}__{beyond}": cursor.value}) | Q(**{f"pk__{beyond}": cursor.pk}),
    )
    return [further, without_value] if order.is_nullable and not is_backward else [further]


def _field(model: type[Model], order: Order) -> Any:
    found: Any = None
    for name in order.field.split("__"):
        found = model._meta.get_field(name)
        model = found.related_model or model
    return found


def _cursor(row: Any, order: Order, is_backward: bool) -> Cursor:
    value = row
    for name in order.field.split("__"):
        value = getattr(value, name) if value is not None else None
    if hasattr(value, "isoformat"):
        value = value.isoformat()
    return Cursor(is_backward, value, row.pk)
