"""Columns of a list; cells are rendered in Python, because a template node per cell is what makes lists slow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.records.keyset import Order

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass
class Viewer:
    """Who looks, and what cells may need: looked-up names by id, today's date."""

    user: Any
    today: date = field(default_factory=timezone.localdate)
    names: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """One column: `cell` answers safe HTML (format_html or escape), `fields` are what it needs fetched.

    `is_labelled` puts the label before the value where a narrow page folds the row; `order` names the order its head
    sorts by.
    """

    name: str
    label: str | _StrPromise
    cell: Callable[[Any, Viewer], str]
    fields: Sequence[str] = ()
    order: str = ""
    css: str = ""
    is_default: bool = True
    is_fixed: bool = False
    is_labelled: bool = False


@dataclass(frozen=True)
class Table:
    """The columns and orders of a list; the first order is the default one."""

    columns: Sequence[Column]
    orders: Sequence[Order]
    always: Sequence[str] = ("id",)

    def chosen(self, names: Iterable[str]) -> list[Column]:
        """The columns to show: fixed ones first, then the wished ones in their order, else the default ones."""
        known = {column.name: column for column in self.columns}
        wished = [known[name] for name in names if name in known and not known[name].is_fixed]
        fixed = [column for column in self.columns if column.is_fixed]
        return fixed + (wished or [column for column in self.columns if column.is_default and not column.is_fixed])

    def order(self, name: str) -> Order | None:
        """The order of that name, the default one for "", None for an unknown name."""
        if not name:
            return self.orders[0]
        return next((order for order in self.orders if order.name == name), None)

    def fields(self, columns: Iterable[Column]) -> list[str]:
        """What must be fetched for these columns."""
        wanted = dict.fromkeys(self.always)
        for column in columns:
            wanted.update(dict.fromkeys(column.fields))
        return list(wanted)


def body(
    columns: Sequence[Column],
    rows: Sequence[Any],
    viewer: Viewer,
    check: Callable[[Any], str],
    end: Callable[[Any], str],
) -> str:
    """The `<tr>` elements of a list; `check` and `end` render the first and the last cell."""
    parts: list[str] = []
    cells = [(column.cell, _opening(column)) for column in columns]
    for row in rows:
        parts.append(f'<tr role="row" data-id="{row.pk}">{check(row)}')
        for cell, opening in cells:
            parts.append(f"{opening}{cell(row, viewer)}</td>")
        parts.append(f"{end(row)}</tr>")
    return SafeString("".join(parts))


def _opening(column: Column) -> str:
    label = format_html(' data-k="{}"', column.label) if column.is_labelled else ""
    return format_html('<td class="{}" role="cell"{}>', column.css, label)
