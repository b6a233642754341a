"""Rows of an import as the page shows them: what changes, what is wrong, what can be repaired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.access.masks import masked
from crm.records.sheets import SheetField
from customers.base_data.lookups import Lookups
from customers.customers.models import Customer
from customers.customers.resources import CustomerResource
from customers.imports.matching import PERSONAL_ATTRIBUTES
from customers.imports.models import ImportRow, ImportSet
from customers.imports.undoing import KEPT_FIELDS
from customers.imports.wording import outcome_labels, reasons

_REPAIRABLE = ("refused", "duplicate")


@dataclass
class Change:
    """One field of a changed row, before and after, as a person reads it."""

    attribute: str
    header: str
    before: str
    after: str


@dataclass
class Repair:
    """One cell of a refused row that can be corrected."""

    at: int
    header: str
    text: str
    is_wrong: bool


@dataclass
class Line:
    """One row on the page."""

    row: ImportRow
    name: str
    label: str
    tone: str
    url: str
    changes: list[Change]
    facts: list[tuple[str, str]]
    reasons: list[str]
    repairs: list[Repair]


class RowReader:
    """Makes lines of the rows of one import."""

    def __init__(self, import_set: ImportSet) -> None:
        self.import_set = import_set
        self.columns = CustomerResource.columns()
        self.by_attribute = {field.attribute: field for field in self.columns.values()}
        self.mapping = {int(at): name for at, name in import_set.mapping.items() if name in self.columns}
        self.labels = {name: (label, tone) for name, label, tone in outcome_labels()}
        self.lookups = Lookups()

    def lines(self, rows: Iterable[ImportRow]) -> list[Line]:
        """The lines of these rows, with links to the customers their importer may see."""
        rows = list(rows)
        ids = [row.customer_id for row in rows if row.customer_id]
        visible = Customer.objects.visible_to(self.import_set.requested_by).filter(pk__in=ids)
        urls = {customer.pk: customer.get_absolute_url() for customer in visible.only("pk")}
        return [self.line(row, urls.get(row.customer_id or 0, "")) for row in rows]

    def line(self, row: ImportRow, url: str = "") -> Line:
        """One row."""
        label, tone = self.labels.get(row.outcome, (_("not checked"), "gray"))
        said = reasons(row.errors) or ([undo_text(row)] if row.undo_note else [])
        return Line(
            row, self._cell(row, "name"), label, tone, url, self._changes(row), self._facts(row), said,
            self._repairs(row) if row.outcome in _REPAIRABLE else [],
        )  # fmt: skip

    def _cell(self, row: ImportRow, name: str) -> str:
        at = next((at for at, mapped in self.mapping.items() if mapped == name), None)
        return row.cells[at][:200] if at is not None and at < len(row.cells) else ""

    def _changes(self, row: ImportRow) -> list[Change]:
        return [
            Change(
                name, self.by_attribute[name].header, self._shown(name, before, row.is_masked), self._shown(name, after)
            )
            for name, (before, after) in row.difference.items()
            if name in self.by_attribute
        ]

    def _shown(self, attribute: str, value: Any, is_masked: bool = False) -> str:
        if is_masked and getattr(self.by_attribute.get(attribute), "mask", "") == "custom":
            return masked("custom", str(value or ""))
        if is_masked and attribute in PERSONAL_ATTRIBUTES:
            return masked(attribute.removeprefix("contact_"), value or "")
        return self.by_attribute[attribute].widget.shown(value, self.lookups)

    def _facts(self, row: ImportRow) -> list[tuple[str, str]]:
        """What a new row brings, without its name."""
        if row.outcome != "created":
            return []
        facts = []
        for at, name in self.mapping.items():
            text = row.cells[at].strip() if at < len(row.cells) else ""
            if name != "name" and text:
                facts.append((self.columns[name].header, text[:60]))
        return facts[:5]

    def _repairs(self, row: ImportRow) -> list[Repair]:
        wrong = set(row.errors) & set(self.columns)
        names = wrong or {"name", self.import_set.match_key}
        return [
            Repair(at, self.columns[name].header, row.cells[at] if at < len(row.cells) else "", name in wrong)
            for at, name in self.mapping.items()
            if name in names
        ]


def undo_text(row: ImportRow) -> str:
    """Why a row was not taken back, in the reader's language."""
    note, _colon, attributes = row.undo_note.partition(":" if row.undo_note.startswith(KEPT_FIELDS) else "\0")
    headers = [_header(name) for name in attributes.split(",") if name]
    return f"{_(note)}: {', '.join(headers)}" if headers else _(row.undo_note)


def _header(attribute: str) -> str:
    fields: Iterable[SheetField] = CustomerResource.columns().values()
    return next((field.header for field in fields if field.attribute == attribute), attribute)
