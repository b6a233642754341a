"""Spreadsheets that are harmless when opened: the only way out of the product into a CSV or an Excel file.

A text that a spreadsheet program could take for a formula stays text: an apostrophe goes before it in CSV, the
quote-prefix style goes on it in Excel. Rows are written as they come, so memory does not grow with the file.
docs/decisions/xlsx-writer.md tells why the Excel part is written here.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Protocol, Self
from xml.sax.saxutils import escape, quoteattr

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

Cell = str | int | float | Decimal | date | datetime | bool | None
FORMATS = ("xlsx", "csv")
SHEET_ROWS = 1_048_576
CELL_LENGTH = 32_767

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_STARTS_FORMULA = frozenset("=+-@|%")
_INVISIBLE = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
# a first character that cannot start a formula, and nothing after it that a CSV or an XML file would have to escape
_PLAIN = re.compile(
    '[0-9A-Za-z\u4e00-\u9fff][^&<>",_\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]*'
).fullmatch


class Writer(Protocol):
    """A file being written: rows in order, then close."""

    def write_row(self, cells: Iterable[Cell]) -> None: ...

    def write_encoded(self, rows: bytes) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_writer(
    path: Path | str | IO[bytes], file_format: str, headers: Sequence[str], sheet: str = "Sheet1"
) -> Writer:
    """Begin a CSV (UTF-8 with BOM, CRLF) or xlsx file with a head row."""
    if file_format == "csv":
        return CsvWriter(path, headers)
    if file_format == "xlsx":
        workbook = XlsxWriter(path)
        workbook.start_sheet(sheet, headers)
        return workbook
    raise ValidationError(_("There is no file format %(name)s.") % {"name": file_format}, code="bad_format")


def row_encoder(file_format: str) -> Callable[[Iterable[Cell]], str]:
    """What turns one row into the text that `write_encoded` takes (in UTF-8), for files made in parts."""
    return csv_row if file_format == "csv" else xlsx_row


class ReadyCells(NamedTuple):
    """How texts the database has formatted already become cells: what `row_encoder` does, without asking for types.

    Days and moments come as Excel's serial numbers, as ISO text for CSV.
    """

    text: Callable[[str], str]
    number: Callable[[str], str]
    day: Callable[[str], str]
    moment: Callable[[str], str]
    frame: tuple[str, str, str]


def ready_cells(file_format: str) -> ReadyCells:
    """The cells of a format, and what stands before, between and after those of a row."""
    if file_format == "csv":
        return ReadyCells(_csv_cell, str, str, str, ("", ",", "\r\n"))
    return ReadyCells(
        _xlsx_cell,
        _xlsx_ready(0),
        _xlsx_ready(_STYLE_DATE),
        _xlsx_ready(_STYLE_MOMENT),
        ("<row>", "", "</row>"),
    )


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet program might run this text: its first visible character decides, of whatever width."""
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for sign in text:
        if unicodedata.category(sign)[0] in "ZCM" or sign in _INVISIBLE:
            continue
        return unicodedata.normalize("NFKC", sign).lstrip()[:1] in _STARTS_FORMULA
    return False


# ── CSV ──


def csv_row(cells: Iterable[Cell]) -> str:
    """One line of a CSV file, line end included."""
    return ",".join([_csv_cell(cell) for cell in cells]) + "\r\n"


def _csv_cell(value: Cell) -> str:
    if value.__class__ is str or isinstance(value, str):
        return value if _PLAIN(value) else _csv_text(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return _local(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if not isinstance(value, Decimal) else f"{value:f}"


def _csv_text(value: str) -> str:
    # the rule is asked before and after dropping: what is dropped must not uncover a formula
    kept = _ILLEGAL.sub("", value)
    if looks_like_formula(value) or looks_like_formula(kept):
        kept = f"'{kept}"
    if any(sign in kept for sign in '",\r\n'):
        doubled = kept.replace('"', '""')
        return f'"{doubled}"'
    return kept


class CsvWriter:
    """A CSV file being written."""

    def __init__(self, path: Path | str | IO[bytes], headers: Sequence[str]) -> None:
        self._is_own = isinstance(path, Path | str)
        self._file: IO[bytes] = (
            Path(path).open("wb") if isinstance(path, Path | str) else path  # noqa: SIM115 - closed by close()
        )
        self._file.write(b"\xef\xbb\xbf")
        self.write_row(headers)

    def write_row(self, cells: Iterable[Cell]) -> None:
        """Append a row."""
        self._file.write(csv_row(cells).encode())

    def write_encoded(self, rows: bytes) -> None:
        """Append rows that `csv_row` made."""
        self._file.write(rows)

    def close(self) -> None:
        """Finish the file."""
        if self._is_own:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# ── Excel ──

_STYLE_HEAD, _STYLE_DATE, _STYLE_MOMENT, _STYLE_TEXT, _STYLE_AMOUNT = 1, 2, 3, 4, 5
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1" '
    'applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_EPOCH = date(1899, 12, 30).toordinal()
_FIRST_DAY = date(1900, 3, 1)
_SAFE_INTEGER = 10**15


def xlsx_row(cells: Iterable[Cell]) -> str:
    """One row of a sheet; rows and cells carry no addresses, so parts can be made apart and put together."""
    return f"<row>{''.join([_xlsx_cell(cell) for cell in cells])}</row>"


def _xlsx_cell(value: Cell) -> str:
    if value.__class__ is str or isinstance(value, str):
        if _PLAIN(value) and len(value) <= CELL_LENGTH:
            return f'<c t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
        return _xlsx_text(value) if value else "<c/>"
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return _xlsx_moment(_local(value))
    if isinstance(value, date):
        if value < _FIRST_DAY:
            return _xlsx_text(value.isoformat())
        return f'<c s="{_STYLE_DATE}"><v>{value.toordinal() - _EPOCH}</v></c>'
    return _xlsx_number(value)


def _xlsx_ready(style: int) -> Callable[[str], str]:
    opening = f'<c s="{style}"><v>' if style else "<c><v>"

    def cell(number: str) -> str:
        return f"{opening}{number}</v></c>" if number else "<c/>"

    return cell


def _xlsx_number(value: int | float | Decimal) -> str:
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if not isfinite(value) or not -_SAFE_INTEGER < value < _SAFE_INTEGER:  # Excel keeps fifteen digits
        return _xlsx_text(text)
    style = f' s="{_STYLE_AMOUNT}"' if isinstance(value, Decimal) else ""
    return f"<c{style}><v>{text}</v></c>"


def _xlsx_moment(value: datetime) -> str:
    if value.date() < _FIRST_DAY:
        return _xlsx_text(value.replace(tzinfo=None).isoformat(" ", "seconds"))
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return f'<c s="{_STYLE_MOMENT}"><v>{value.toordinal() - _EPOCH + seconds / 86400:.8f}</v></c>'


def _xlsx_text(value: str, style_number: int = 0) -> str:
    kept = _ILLEGAL.sub("", value)[:CELL_LENGTH]
    if not style_number and (looks_like_formula(value) or looks_like_formula(kept)):
        style_number = _STYLE_TEXT
    style = f' s="{style_number}"' if style_number else ""
    # a carriage return would be read back as a line feed, and _xHHHH_ as the character it names
    text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", kept)
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{escape(text, {chr(13): "&#13;"})}</t></is></c>'


class XlsxWriter:
    """An Excel file being written, sheet after sheet."""

    def __init__(self, path: Path | str | IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._sheets: list[str] = []
        self._sheet: IO[bytes] | None = None
        self._row_count = 0

    def start_sheet(self, name: str, headers: Sequence[str]) -> None:
        """Begin the next sheet; the sheet before it is finished."""
        self._end_sheet()
        self._sheets.append(self._free_name(name))
        self._sheet = self._zip.open(f"xl/worksheets/sheet{len(self._sheets)}.xml", "w", force_zip64=True)
        columns = "".join(
            f'<col min="{at}" max="{at}" width="{_width(head)}" customWidth="1"/>' for at, head in enumerate(headers, 1)
        )
        self._sheet.write(
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>".encode()
        )
        cells = "".join(_xlsx_text(head, _STYLE_HEAD) for head in headers)
        self._sheet.write(f"<row>{cells}</row>".encode())
        self._row_count = 1

    def write_row(self, cells: Iterable[Cell]) -> None:
        """Append a row; ValidationError where the sheet is full."""
        self._append(xlsx_row(cells).encode(), 1)

    def write_encoded(self, rows: bytes) -> None:
        """Append rows that `xlsx_row` made."""
        self._append(rows, rows.count(b"<row>"))

    def close(self) -> None:
        """Finish the file."""
        self._end_sheet()
        numbers = range(1, len(self._sheets) + 1)
        self._zip.writestr(
            "[Content_Types].xml",
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            'ContentType="application/xml"/>'
            + _override("/xl/workbook.xml", "sheet.main")
            + _override("/xl/styles.xml", "styles")
            + "".join(_override(f"/xl/worksheets/sheet{at}.xml", "worksheet") for at in numbers)
            + "</Types>",
        )
        self._zip.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        links = [("worksheet", f"worksheets/sheet{at}.xml") for at in numbers] + [("styles", "styles.xml")]
        self._zip.writestr("xl/_rels/workbook.xml.rels", _relations(links))
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(self._sheets, 1)
        )
        self._zip.writestr(
            "xl/workbook.xml",
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        )
        self._zip.writestr("xl/styles.xml", _STYLES)
        self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, rows: bytes, count: int) -> None:
        self._row_count += count
        if self._row_count > SHEET_ROWS:
            raise ValidationError(_("An Excel sheet holds 1,048,576 rows. Choose fewer rows, or CSV."), code="too_many")
        if self._sheet is None:
            raise ValueError("A sheet has to be started before rows are written.")
        self._sheet.write(rows)

    def _end_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.write(b"</sheetData></worksheet>")
            self._sheet.close()
            self._sheet = None

    def _free_name(self, name: str) -> str:
        wanted = re.sub(r"[\[\]:*?/\\']", " ", _ILLEGAL.sub("", name)).strip()[:28] or "Sheet"
        taken = {sheet.lower() for sheet in self._sheets}
        names = [wanted, *(f"{wanted} {number}" for number in range(2, 100))]
        return next(free for free in names if free.lower() not in taken)


def _override(part: str, kind: str) -> str:
    return (
        f'<Override PartName="{part}" '
        f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
    )


def _relations(targets: list[tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _width(head: str) -> int:
    return min(max(12, 2 * len(head) + 4), 40)


def _local(value: datetime) -> datetime:
    return value if timezone.is_naive(value) else timezone.localtime(value)
