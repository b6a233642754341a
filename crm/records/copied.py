"""Rows of a query as lines of a CSV file or a sheet: PostgreSQL formats, Python looks only at what could do harm.

The rows come by COPY with commas between their cells. A line in which nothing has to be quoted, escaped or looked
up, and no cell could begin a formula, is taken over as it is; every other line is taken apart and goes cell by
cell through the safe writer. One search through the bytes tells the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.db.models import Case, Func, Q, QuerySet, TextField, Value, When

from crm.access.masks import masked_column
from crm.records.custom import CustomDayWidget, CustomNumberWidget
from crm.records.sheets import (
    ChoiceWidget,
    DayWidget,
    DecimalWidget,
    MomentWidget,
    NamedListWidget,
    RuleWidget,
    SheetField,
    WholeNumberWidget,
)
from crm.records.writers import CELL_LENGTH, ReadyCells, ready_cells

BLOCK = 1 << 18
CellMaker = Callable[[str], str]
_SAMPLE = "X"
_LOOK = "="  # before a value that has to be looked at, whatever it holds

# a cell that begins with neither an ASCII letter, a digit, a Chinese character nor the star of a mask; a control
# character (of one byte or two), one no XML may hold or either format escapes, or the backslash by which COPY does
_RISKY = re.compile(
    rb'[\n,\x00-\x09\x0b-\x1f"&<>\\\x7f\xc2\xef_](?:(?<=[\n,])[^0-9A-Za-z*\xe4-\xe9,\n]|(?<=_)x|(?<=\xc2)[\x80-\x9f]|'
    rb'(?<=\xef)[\xb7\xbf]|(?<=[\x00-\x09\x0b-\x1f"&<>\\\x7f]))'
).search


def write_copied(
    rows: QuerySet[Any],
    columns: Mapping[str, SheetField],
    names: Mapping[str, Mapping[int, str]],
    is_open: Q,
    file_format: str,
    file: IO[bytes],
    hidden: Mapping[str, Q] | None = None,
) -> int:
    """Write the rows in order of their ids, contact details masked where `is_open` does not hold; how many.

    `hidden` says of a column in which rows it stays empty.

    `names` says what the ids of a column with lists of ids are called.
    """
    lines = _Lines(columns, names, file_format)
    count = 0
    for block in _blocks(_formatted(rows, columns, is_open, file_format, hidden or {})):
        count += block.count(b"\n") - 1
        file.writelines(lines.encoded(block))
    return count


def _blocks(rows: QuerySet[Any]) -> Iterator[bytes]:
    """The lines by COPY, many at a time, a line break before and after each."""
    sql, params = rows.query.sql_with_params()
    block = bytearray(b"\n")
    options = "DELIMITER ',', NULL ''"
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT ({options})", params) as copy:
        for row in copy:
            block += row
            if len(block) > BLOCK:
                yield bytes(block)
                block = bytearray(b"\n")
    yield bytes(block)


class _Lines:
    """What turns the lines of a block into those of the file."""

    def __init__(
        self, columns: Mapping[str, SheetField], names: Mapping[str, Mapping[int, str]], file_format: str
    ) -> None:
        self.cells = ready_cells(file_format)
        self.makers = [_maker(column, names.get(name, {}), self.cells) for name, column in columns.items()]
        self.harmless: Callable[[bytes], bytes] = _csv_lines
        if file_format == "xlsx":
            ready = [_ready(column, self.cells) for column in columns.values()]
            self.harmless = _sheet_lines(ready, self._row(ready, [_SAMPLE] * len(ready)), self._careful)

    def encoded(self, block: bytes) -> Iterator[bytes]:
        """The lines of a block; what lies between two lines at risk goes out in one piece."""
        done = 0
        while found := _RISKY(block, done):
            start = block.rindex(b"\n", done, found.end() - 1)
            end = block.index(b"\n", found.end())
            if done < start:
                yield self.harmless(block[done:start])
            yield self._careful(block[start + 1 : end])
            done = end
        if done < len(block) - 1:
            yield self.harmless(block[done:-1])

    def _careful(self, line: bytes) -> bytes:
        return self._row(self.makers, _taken_apart(line)).encode()

    def _row(self, makers: list[CellMaker], values: list[str]) -> str:
        opening, between, ending = self.cells.frame
        return opening + between.join([make(value) for make, value in zip(makers, values, strict=True)]) + ending


# ── lines without any risk, a line break before each ──


def _csv_lines(lines: bytes) -> bytes:
    return lines[1:].replace(b"\n", b"\r\n") + b"\r\n"


def _sheet_lines(
    ready: Iterable[CellMaker], sample: str, careful: Callable[[bytes], bytes]
) -> Callable[[bytes], bytes]:
    """Puts the cells of a line in where the sample row has its sample cells."""
    row = sample.encode().replace(_SAMPLE.encode(), b"%b")
    empty = {make(_SAMPLE).replace(_SAMPLE, "").encode() for make in ready}

    def made(lines: bytes) -> bytes:
        rows = b"".join(
            [
                row % tuple(line.split(b",")) if len(line) <= CELL_LENGTH else careful(line)
                for line in lines[1:].split(b"\n")
            ]
        )
        for cell in empty:
            rows = rows.replace(cell, b"<c/>")
        return rows

    return made


# ── lines at risk, cell by cell ──


def _taken_apart(line: bytes) -> list[str]:
    text = line.decode()
    if "\\" not in text:
        return text.split(",")
    # PostgreSQL keeps no \0: with it for every escaped backslash, one before a comma or a letter escapes that
    cells = re.split(r"(?<!\\),", text.replace("\\\\", "\0"))
    return [_ESCAPED.sub(_unescaped, cell).replace("\0", "\\") for cell in cells]


_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])


def _ready(column: SheetField, cells: ReadyCells) -> CellMaker:
    if isinstance(column.widget, MomentWidget):
        return cells.moment
    if isinstance(column.widget, DayWidget):
        return cells.day
    is_number = isinstance(column.widget, WholeNumberWidget | DecimalWidget | CustomNumberWidget)
    return cells.number if is_number else cells.text


def _maker(column: SheetField, names: Mapping[int, str], cells: ReadyCells) -> CellMaker:
    """What turns the database's text of a column into a cell."""
    widget, text, ready = column.widget, cells.text, _ready(column, cells)
    if isinstance(widget, MomentWidget | DayWidget):
        return lambda value: text(value[1:]) if value.startswith(_LOOK) else ready(value)
    if isinstance(widget, NamedListWidget):
        return lambda value: text("、".join(names.get(int(one), "") for one in value[1:].split(",") if one))
    if isinstance(widget, RuleWidget):
        return lambda value: text(widget.shown(value))
    return ready


# ── what PostgreSQL formats ──


def _formatted(
    rows: QuerySet[Any], columns: Mapping[str, SheetField], is_open: Q, file_format: str, hidden: Mapping[str, Q]
) -> QuerySet[Any]:
    cells = {}
    for at, (name, column) in enumerate(columns.items()):
        value = _expression(column, file_format)
        if column.mask:
            masked = masked_column(column.mask, column.source())
            value = Case(When(is_open, then=value), default=masked, output_field=TextField())
        if name in hidden:
            value = Case(When(hidden[name], then=None), default=value, output_field=TextField())
        cells[f"cell{at}"] = value
    formatted: QuerySet[Any] = rows.annotate(**cells).order_by("pk").values_list(*cells)
    return formatted


def _expression(column: SheetField, file_format: str) -> Any:
    source = column.source()
    if isinstance(column.widget, CustomDayWidget):
        return Func(source, template=_ISO_DAY, output_field=TextField()) if file_format == "xlsx" else source
    if isinstance(column.widget, ChoiceWidget):
        labels = [
            When(**{column.path: choice.value}, then=Value(str(choice.label))) for choice in column.widget.choices
        ]
        return Case(*labels, default=None, output_field=TextField())
    if isinstance(column.widget, MomentWidget):
        return Func(source, template=_MOMENTS[file_format], zone=settings.TIME_ZONE, output_field=TextField())
    if isinstance(column.widget, DayWidget) and file_format == "xlsx":
        return Func(source, template=_DAY, output_field=TextField())
    if isinstance(column.widget, NamedListWidget):
        return Func(source, template=_IDS, output_field=TextField())
    if column.mask == "phone":  # the widget knows how to show every number but a Chinese mobile
        return Func(source, template=_MOBILE, output_field=TextField())
    return source


_DAY = (
    f"CASE WHEN %(expressions)s < DATE '1900-03-01' THEN '{_LOOK}' || %(expressions)s::text "
    "ELSE (%(expressions)s - DATE '1899-12-30')::text END"
)
_ISO_DAY = _DAY.replace("%(expressions)s", "(%(expressions)s)::date")
_SECOND = "date_trunc('second', %(expressions)s AT TIME ZONE '%(zone)s')"
_MOMENTS = {
    "csv": _SECOND,
    "xlsx": (
        f"CASE WHEN {_SECOND} < DATE '1900-03-01' THEN '{_LOOK}' || {_SECOND}::text "
        f"ELSE round(extract(epoch FROM {_SECOND}) / 86400 + 25569, 8)::text END"
    ),
}
_IDS = f"'{_LOOK}' || NULLIF(array_to_string(%(expressions)s, ','), '')"
_MOBILE = (
    "CASE WHEN %(expressions)s LIKE '+861__________' THEN substr(%(expressions)s, 4, 3) || ' ' || "
    "substr(%(expressions)s, 7, 4) || ' ' || substr(%(expressions)s, 11) ELSE %(expressions)s END"
)
