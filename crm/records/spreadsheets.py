"""Reading uploaded spreadsheets: Excel, OpenDocument and text files, in a child process with limits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.records import spreadsheet_child
from crm.records.sheets import clean_text, header_key

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 500
WALL_SECONDS = 50
EXTENSIONS = ("xlsx", "xlsm", "xlsb", "xls", "et", "ods", "csv", "tsv", "txt")
ENCODINGS = {
    "utf-8": "UTF-8",
    "gb18030": "GBK / GB18030",
    "big5": "Big5",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "utf-16": "UTF-16",
}
SEPARATORS = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("vertical bar"),
}
_REFUSALS = {
    "empty": gettext_lazy("The file is empty."),
    "encrypted": gettext_lazy("The file is protected by a password. Save it without one and upload it again."),
    "no_spreadsheet": gettext_lazy("This is no spreadsheet. Save it as .xlsx or .csv and upload it again."),
    "web_page": gettext_lazy(
        "This is a web page named like a spreadsheet. Open it in Excel or WPS, save it as .xlsx and upload it again."
    ),
    "broken": gettext_lazy("The file is damaged and cannot be opened. Save it again as .xlsx and upload it again."),
    "too_heavy": gettext_lazy("The file unpacks to more than can be read safely. Split it or save it as .csv."),
    "wrong_encoding": gettext_lazy("The file cannot be read as %(encoding)s. Choose another encoding."),
    "open_quote": gettext_lazy("A quotation mark is opened and never closed, or one cell holds too much text."),
    "too_many_rows": gettext_lazy("The file has more than %(limit)s rows. Split it."),
    "too_many_columns": gettext_lazy("The file has more than %(limit)s columns."),
}


@dataclass(frozen=True)
class Reading:
    """What a file holds: how it was read, how many rows that are not blank, the first of them as (number, cells)."""

    kind: str
    encoding: str
    separator: str
    sheets: list[str]
    sheet: str
    count: int
    width: int
    head: list[tuple[int, list[str]]]


def check_upload(name: str, size: int) -> None:
    """Refuse a file by its name and size."""
    if not name.lower().endswith(tuple(f".{extension}" for extension in EXTENSIONS)):
        raise ValidationError(_("Upload a spreadsheet: .xlsx, .xls, .ods or .csv."), code="no_spreadsheet")
    if size > MAX_BYTES:
        raise ValidationError(_("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1024**2}, code="size")
    if not size:
        raise ValidationError(_REFUSALS["empty"], code="empty")


def read_spreadsheet(
    path: Path, rows_path: Path, *, encoding: str = "", separator: str = "", sheet: str = ""
) -> Reading:
    """Write the rows of a file to `rows_path` for `stream_rows`; ValidationError says why it cannot be read.

    The child has 512 MB, 40 s of processor and 50 s of time; whatever it dies of, the file is refused.
    """
    order = {
        "path": str(path), "out": str(rows_path), "encoding": encoding, "separator": separator, "sheet": sheet,
        "max_rows": MAX_ROWS + 20, "max_columns": MAX_COLUMNS,
    }  # fmt: skip
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", spreadsheet_child.__file__],
            input=json.dumps(order).encode(), capture_output=True, timeout=WALL_SECONDS, env={}, check=False,
        )  # fmt: skip
        answer: dict[str, Any] = json.loads(ended.stdout) if ended.returncode == 0 else {}
    except subprocess.TimeoutExpired:
        answer = {}
    if "count" not in answer:
        rows_path.unlink(missing_ok=True)
        code = answer.get("refused", "too_heavy")
        raise ValidationError(str(_REFUSALS[code]) % answer.get("params", {}), code=code)
    answer["head"] = [(number, cells) for number, cells in answer["head"]]
    return Reading(**answer)


def stream_rows(rows_path: Path, offset: int = 0, count: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """Rows written by `read_spreadsheet` as (row number, cells), from a byte offset on."""
    with rows_path.open("rb") as file:
        file.seek(offset)
        for done, line in enumerate(file):
            if done == count:
                return
            number, cells = json.loads(line)
            yield number, cells


def row_offsets(rows_path: Path, after_row: int, step: int) -> Iterator[tuple[int, int]]:
    """(byte offset, number of rows) of consecutive parts of `step` rows, leaving out rows up to `after_row`."""
    offset, start, count = 0, 0, 0
    with rows_path.open("rb") as file:
        for line in file:
            if count or int(line[1 : line.index(b",")]) > after_row:
                start = start if count else offset
                count += 1
            offset += len(line)
            if count == step:
                yield start, count
                count, after_row = 0, -1
    if count:
        yield start, count


def guess_header_row(head: Sequence[tuple[int, list[str]]], known: set[str]) -> int:
    """The number of the row of headers: the one with most known headers, else the first that is wide enough.

    Files often begin with a title, instructions or a second line of headers.
    """
    if not head:
        return 1
    hits = [(sum(header_key(cell) in known for cell in cells), -at) for at, (_n, cells) in enumerate(head)]
    best, place = max(hits)
    filled = [sum(bool(cell.strip()) for cell in cells) for _n, cells in head]
    wide = max(1, max(filled) * 0.5)
    if best > 1 or (best and filled[-place] >= wide and place == 0):
        return head[-place][0]
    return next(number for (number, _c), width in zip(head, filled, strict=True) if width >= wide)


def clear_headers(cells: Sequence[str], width: int) -> list[str]:
    """Headers one can tell apart: blank ones become "Column C", repeated ones get a number."""
    taken: dict[str, int] = {}
    headers = []
    for at in range(width):
        name = clean_text(cells[at])[:100] if at < len(cells) else ""
        name = name or _("Column %(letter)s") % {"letter": column_letter(at)}
        taken[name] = taken.get(name, 0) + 1
        headers.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return headers


def column_letter(at: int) -> str:
    """A, B … Z, AA … for 0, 1 …"""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
