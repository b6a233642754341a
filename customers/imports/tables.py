"""Rows of an import as the page shows them: what changes, what is wrong, what can be repaired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.access.masks import masked, sees_contact_details
from crm.records.sheets import SheetField
from customers.base_data.lookups import Lookups
from customers.customers.models import Customer
from customers.customers.resources import CustomerResource
from customers.imports.matching import CONTACT_ATTRIBUTES, PERSONAL_ATTRIBUTES, Importer
from customers.imports.models import ImportRow, ImportSet
from customers.imports.undoing import KEPT_FIELDS
from customers.imports.wording import outcome_labels, reasons
from customers.pool.hiding import hidden_columns

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
    customer_id: int | None
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
        self.importer = Importer(import_set.requested_by)

    def lines(self, rows: Iterable[ImportRow]) -> list[Line]:
        """The lines of these rows, with what their importer may see of the customers now."""
        rows = list(rows)
        wanted = [row.customer_id for row in rows if row.customer_id]
        visible = Customer.objects.visible_to(self.import_set.requested_by).filter(pk__in=wanted)
        urls = {customer.pk: customer.get_absolute_url() for customer in visible.only("pk")}
        customers = self.importer.comparable(wanted)
        return [self.line(row, customers.get(row.customer_id or 0), urls.get(row.customer_id or 0, "")) for row in rows]

    def line(self, row: ImportRow, customer: Customer | None = None, url: str = "") -> Line:
        """One row; `customer` is the one it changes, None where its importer does not reach it."""
        label, tone = self.labels.get(row.outcome, (_("not checked"), "gray"))
        said = reasons(row.errors) or ([undo_text(row)] if row.undo_note else [])
        return Line(
            row, customer.pk if customer else None, self._cell(row, "name"), label, tone, url,
            self._changes(row, customer), self._facts(row, customer), said,
            self._repairs(row) if row.outcome in _REPAIRABLE else [],
        )  # fmt: skip

    def _cell(self, row: ImportRow, name: str) -> str:
        at = next((at for at, mapped in self.mapping.items() if mapped == name), None)
        return row.cells[at][:200] if at is not None and at < len(row.cells) else ""

    def _changes(self, row: ImportRow, customer: Customer | None) -> list[Change]:
        return [
            Change(
                name, field.header, self._before(row, customer, field, before),
                self.written(row, customer, field, field.widget.shown(after, self.lookups)),
            )
            for name, (before, after) in row.difference.items()
            if (field := self.by_attribute.get(name))
        ]  # fmt: skip

    def _before(self, row: ImportRow, customer: Customer | None, field: SheetField, value: Any) -> str:
        user, name = self.import_set.requested_by, field.attribute
        told: str = field.widget.shown(value, self.lookups)
        if customer is None or name in hidden_columns(user, customer) or self._hides_people(customer, name):
            return masked("", told)
        if sees_contact_details(user, customer) and not row.is_masked:
            return told
        if field.mask == "custom":
            return masked("custom", told)
        return masked(name.removeprefix("contact_"), value or "") if name in PERSONAL_ATTRIBUTES else told

    def _hides_people(self, customer: Customer, name: str) -> bool:
        if name not in CONTACT_ATTRIBUTES:
            return False
        sees = self.importer.may_change_any or self.import_set.requested_by.reach.covers(
            "customers.view_contact", customer
        )
        return customer.status == Customer.Status.POOL or not sees

    def cell(self, row: ImportRow, customer: Customer | None, at: int, text: str) -> str:
        """A cell of the file as `written` lets it be told; columns that were not mapped are the importer's own."""
        field = self.columns.get(self.mapping.get(at, ""))
        return self.written(row, customer, field, text) if field else text

    def written(self, row: ImportRow, customer: Customer | None, field: SheetField, text: str) -> str:
        """What a row says of one field, its contact details only as long as its importer may know them."""
        name = field.attribute
        is_personal = field.mask == "custom" or name in PERSONAL_ATTRIBUTES or name in CONTACT_ATTRIBUTES
        if not is_personal or not self.importer.hides_written(row, customer):
            return text
        return masked(name.removeprefix("contact_"), text)

    def _facts(self, row: ImportRow, customer: Customer | None) -> list[tuple[str, str]]:
        """What a new row brings, without its name."""
        if row.outcome != "created":
            return []
        facts = []
        for at, name in self.mapping.items():
            text = row.cells[at].strip() if at < len(row.cells) else ""
            if name != "name" and text:
                told = self.written(row, customer, self.columns[name], text)
                facts.append((self.columns[name].header, told[:60]))
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
