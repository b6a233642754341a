"""What a report says, once: page, spreadsheet, PDF and API all show the same document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from crm.ui.charts import Chart
from crm.ui.formats import n0

SECTION_ROWS = 500


class Linked(NamedTuple):
    """A value and the list of records it counts."""

    value: int | str
    url: str


Value = int | str | Decimal | None
Entry = Value | Linked


@dataclass(frozen=True)
class KeyFigure:
    """One number with its written definition; `share` is a percentage, `change` compares with the period before."""

    label: str
    value: int
    definition: str
    url: str = ""
    previous: int | None = None
    share: Decimal | None = None

    @property
    def change(self) -> str:
        """The change in words: +12.5%, or a dash where nothing can be compared."""
        if not self.previous:
            return "—"
        grown = Decimal(self.value - self.previous) * 100 / self.previous
        return f"{grown:+.1f}%".replace("-", "−")

    @property
    def direction(self) -> int:
        """1 where it grew, −1 where it shrank, 0 otherwise."""
        return 0 if not self.previous else (self.value > self.previous) - (self.value < self.previous)


@dataclass(frozen=True)
class TableBlock:
    """A table: the first column names the row, the others are numbers; `totals` is its last row."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Entry]]
    totals: Sequence[Entry] = ()

    @property
    def sections(self) -> list[Sequence[Sequence[Entry]]]:
        """The rows in parts that can be printed one by one."""
        return [self.rows[at : at + SECTION_ROWS] for at in range(0, len(self.rows), SECTION_ROWS)] or [()]


@dataclass(frozen=True)
class Document:
    """A report made for one person at one moment."""

    title: str
    filters: Sequence[tuple[str, str]]
    figures: Sequence[KeyFigure]
    charts: Sequence[Chart]
    tables: Sequence[TableBlock]
    definitions: Sequence[str]
    made_at: datetime
    made_for: str
    row_count: int

    @property
    def checksum(self) -> str:
        """A digest of all numbers and filters; two copies with the same digest say the same."""
        return hashlib.sha256(json.dumps(self.numbers(), ensure_ascii=False).encode()).hexdigest()[:16]

    def numbers(self) -> dict[str, Any]:
        """Everything it says, in plain types."""
        return {
            "title": self.title,
            "filters": dict(self.filters),
            "figures": [
                {"label": one.label, "value": one.value, "previous": one.previous, "definition": one.definition}
                for one in self.figures
            ],
            "tables": [
                {
                    "title": table.title,
                    "headers": list(table.headers),
                    "rows": [[_plain(entry) for entry in row] for row in table.rows],
                    "totals": [_plain(entry) for entry in table.totals],
                }
                for table in self.tables
            ],
            "row_count": self.row_count,
        }


def value_of(entry: Entry) -> Value:
    """The value without its link."""
    return entry.value if isinstance(entry, Linked) else entry


def shown(entry: Entry) -> str:
    """A value as page and PDF write it."""
    value = value_of(entry)
    if value is None:
        return "—"
    if isinstance(value, Decimal):
        return f"{value:,.1f}".replace("-", "−")
    return n0(value) if isinstance(value, int) else value


def _plain(entry: Entry) -> int | str | None:
    value = value_of(entry)
    return str(value) if isinstance(value, Decimal) else value
