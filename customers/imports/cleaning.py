"""From the cells of a row to the fields of a customer: one import's mapping applied to many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from crm.records.custom import CustomSheetField
from crm.records.sheets import SheetField
from customers.base_data.lookups import Lookups
from customers.customers.identity import name_key
from customers.customers.resources import CustomerResource
from customers.imports.custom import OWN, THEIRS, CustomColumns
from customers.imports.models import ImportSet

BY_NAME = "~"  # no number, code, phone or id begins like this
EMPTY: tuple[Any, ...] = (None, "", [])


@dataclass(slots=True)
class Cleaned:
    """One row: its cells, its fields by attribute, what is wrong with it, what it is matched by, what it would do."""

    row_number: int
    cells: list[str]
    fields: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, Any] = field(default_factory=dict)
    match_value: str = ""
    credit_code: str = ""
    name_value: str = ""
    outcome: str = ""
    difference: dict[str, list[Any]] = field(default_factory=dict)
    is_masked: bool = False
    customer_id: int | None = None


class Cleaner:
    """Cleans rows by the mapping of an import."""

    def __init__(self, import_set: ImportSet) -> None:
        columns = CustomerResource.importable(import_set.requested_by)
        self.custom, self.people = CustomColumns(import_set, OWN), CustomColumns(import_set, THEIRS)
        self.lookups = Lookups()
        self.key = import_set.match_key
        self.plan: list[tuple[int, str, SheetField]] = [
            (int(at), name, columns[name]) for at, name in import_set.mapping.items() if name in columns
        ]
        self._known: dict[tuple[str, str], Any] = {}

    def clean(self, row_number: int, cells: Sequence[str]) -> Cleaned:
        """One row, cleaned."""
        row = Cleaned(row_number, list(cells))
        for at, name, column in self.plan:
            try:
                text = cells[at] if at < len(cells) else ""
                value = column.widget.clean(text, lookups=self.lookups)
            except ValidationError as refusal:
                row.errors[name] = [refusal.code, refusal.params or {}]
                continue
            if isinstance(column, CustomSheetField):
                if value is not None:
                    row.fields.setdefault(column.holder, {})[column.custom_field.key] = value
            else:
                row.fields[column.attribute] = value
        if not row.fields.get("name") and "name" not in row.errors and self._needs_name(row):
            row.errors["name"] = ["required", {}]
        row.credit_code = row.fields.get("credit_code") or ""
        row.name_value = name_key(row.fields["name"]) if row.fields.get("name") else ""
        row.match_value = self._match_value(row)
        return row

    def _needs_name(self, row: Cleaned) -> bool:
        """A customer that is found by something else keeps its name."""
        return self.key == ImportSet.MatchKey.NAME or not row.fields.get(self.key)

    def _match_value(self, row: Cleaned) -> str:
        """What the row is matched by; by its name, marked so, where the wished field is empty."""
        if self.key == ImportSet.MatchKey.NAME:
            return row.name_value
        value = str(row.fields.get(self.key) or "")
        return value or (f"{BY_NAME}{row.name_value}"[:200] if row.name_value else "")
