"""Reads one uploaded spreadsheet in a process of its own, so that a hostile file can only hurt this process.

Standard library and calamine only: `python -I spreadsheet_child.py`, the order as JSON on stdin, the answer as JSON on
stdout, the rows as JSON lines `[row number, [cells]]` in a file. Wrong files are answered by a code, never by words.
"""

from __future__ import annotations

import csv
import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

MEMORY_BYTES = 512 * 1024 * 1024
OUT_BYTES = 400 * 1024 * 1024
CPU_SECONDS = 40
CELL_LENGTH = 200_000
HEAD_ROWS = 25
ZIP_ENTRIES = 5_000
ZIP_BYTES = 600 * 1024 * 1024
ZIP_RATIO = 200
SEPARATORS = ",;\t|"
PLAIN_BYTES = bytes([9, 10, 11, 12, 13, 26, *range(32, 256)])
BINARY_MAGIC = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"MZ", b"\x7fELF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")


class RefusedFile(Exception):
    """The file cannot be read; code and values."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.answer = {"refused": code, "params": params}


def main() -> None:
    """Limit this process, read the file, answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUT_BYTES, OUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = json.load(sys.stdin)
    try:
        answer = read(order)
    except RefusedFile as refusal:
        answer = refusal.answer
    except MemoryError:
        answer = {"refused": "too_heavy", "params": {}}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False))


def read(order: dict[str, Any]) -> dict[str, Any]:
    """Write the rows of the file the order names; what was found."""
    path = Path(order["path"])
    with path.open("rb") as file:
        start = file.read(65536)
    kind = kind_of(path, start)
    if kind == "text":
        encoding = order["encoding"] or guess_encoding(path)
        text = opened(path, encoding)
        sample = sample_lines(text, encoding)
        separator = order["separator"] or guess_separator(sample)
        found: dict[str, Any] = {"encoding": encoding, "separator": separator, "sheets": [], "sheet": ""}
        rows = csv_rows(opened(path, encoding), encoding, separator)
    else:
        found, rows = workbook_rows(path, order["sheet"])
    return {**found, "kind": kind, **write_rows(rows, order)}


def kind_of(path: Path, start: bytes) -> str:
    """What the bytes are, whatever the name says: "zip" or "ole" workbooks, or text."""
    if not start.strip():
        raise RefusedFile("empty")
    if start.startswith(b"PK\x03\x04"):
        check_zip(path)
        return "zip"
    if start.startswith(b"PK"):
        raise RefusedFile("empty")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise RefusedFile("encrypted")
        return "ole"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    if start.startswith(BINARY_MAGIC) or len(start.translate(None, PLAIN_BYTES)) > len(start) // 50 + 8:
        raise RefusedFile("no_spreadsheet")
    head = start[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<table", b"<head", b"<meta", b"<?xml", b"<style", b"<div")):
        raise RefusedFile("web_page")
    return "text"


def check_zip(path: Path) -> None:
    """Refuse bombs, broken archives and archives that are no workbook, by the directory alone."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError):
        raise RefusedFile("broken") from None
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > ZIP_ENTRIES or total > ZIP_BYTES or total > ZIP_RATIO * max(packed, 1024 * 1024):
        raise RefusedFile("too_heavy")
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedFile("encrypted")
    names = {entry.filename.lower() for entry in entries}
    if "meta-inf/manifest.xml" in names and b"encryption-data" in _manifest(path):
        raise RefusedFile("encrypted")
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise RefusedFile("no_spreadsheet")


def _manifest(path: Path) -> bytes:
    """The first bytes of an OpenDocument manifest, which names what is encrypted."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("META-INF/manifest.xml") as file:
            return file.read(1_000_000)
    except (zipfile.BadZipFile, zlib.error, KeyError, RuntimeError, NotImplementedError, OSError, EOFError):
        return b""


# ── workbooks ──


def workbook_rows(path: Path, sheet: str) -> tuple[dict[str, Any], Iterator[list[str]]]:
    """The rows of a sheet: the one named, else the first visible one that holds something."""
    import python_calamine as calamine  # noqa: PLC0415 - CSV files do not need it

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        shown = [
            one.name for one in book.sheets_metadata
            if one.visible == calamine.SheetVisibleEnum.Visible and one.typ == calamine.SheetTypeEnum.WorkSheet
        ] or book.sheet_names  # fmt: skip
        if not shown:
            raise RefusedFile("empty")
        wanted = [sheet] if sheet in shown else shown[:20]
        for name in wanted:
            rows = book.get_sheet_by_name(name)
            if rows.height or name == wanted[-1]:
                break
        first_column = rows.start[1] if rows.start else 0
    except calamine.PasswordError:
        raise RefusedFile("encrypted") from None
    except (calamine.CalamineError, OSError, ValueError):
        raise RefusedFile("broken") from None
    blank = [""] * first_column
    cells = ([*blank, *map(text_of, row)] for row in rows.iter_rows())  # blank rows above come along, columns do not
    found = {"encoding": "", "separator": "", "sheets": shown[:50], "sheet": name}
    return found, cells


def text_of(value: Any) -> str:
    """A cell as text: whole numbers without a point, days in ISO form."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date | time) else str(value)


# ── text files ──


def guess_encoding(path: Path) -> str:
    """By the byte order mark, strict UTF-8, GB18030 where the pairs look Chinese, else a western one."""
    content = path.read_bytes()
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        if name == "utf-8" or looks_chinese(content):
            return name
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def looks_chinese(content: bytes) -> bool:
    """Whether bytes that decode as GB18030 are Chinese: most pairs then come from the common block, both bytes high."""
    pairs = re.findall(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]", content[:2_000_000])
    common = sum(1 for pair in pairs if 0xB0 <= pair[0] <= 0xF7 and pair[1] >= 0xA1)
    return bool(pairs) and common * 10 >= len(pairs) * 6


def opened(path: Path, encoding: str) -> Any:
    """The file as text, its line ends untouched."""
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    return path.open(encoding=name, errors="strict", newline="")


def sample_lines(file: Any, encoding: str) -> list[str]:
    """The first lines, for the separator."""
    try:
        with file:
            return file.read(200_000).splitlines(keepends=True)[:60]
    except (UnicodeError, ValueError):
        raise RefusedFile("wrong_encoding", encoding=encoding) from None


def guess_separator(lines: list[str]) -> str:
    """The separator that gives most lines the same number of columns, more than one."""
    if lines and (found := re.match(r"sep=(.)\s*$", lines[0])):
        return found[1] if found[1] in SEPARATORS else ","
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader((plain(line) for line in lines), delimiter=separator) if row]
        except csv.Error:
            continue
        usual = max(set(widths), key=lambda width: (width > 1, widths.count(width)), default=1)
        score = widths.count(usual) / max(len(widths), 1) * (usual > 1) + min(usual, 100) / 1000
        if usual > 1 and widths.count(usual) * 5 >= len(widths) * 2 and score > best_score:
            best, best_score = separator, score
    return best


def plain(line: str) -> str:
    """A line without NUL, which no database text may hold."""
    return line.replace("\0", "") if "\0" in line else line


def csv_rows(file: Any, encoding: str, separator: str) -> Iterator[list[str]]:
    """The rows of a text file, quotes understood, any line end."""
    csv.field_size_limit(CELL_LENGTH)
    with file:
        lines = (plain(line) for line in file)
        try:
            for number, row in enumerate(csv.reader(lines, delimiter=separator)):
                yield [] if number == 0 and len(row) <= 2 and row[:1] and row[0].startswith("sep=") else row
        except csv.Error:
            raise RefusedFile("open_quote") from None
        except (UnicodeError, ValueError):
            raise RefusedFile("wrong_encoding", encoding=encoding) from None


# ── rows out ──


def write_rows(rows: Iterable[list[str]], order: dict[str, Any]) -> dict[str, Any]:
    """Write the rows that hold something; their count, the width and the first of them."""
    count, width, head = 0, 0, []
    with Path(order["out"]).open("w", encoding="utf-8", errors="replace") as out:
        for number, row in enumerate(rows, 1):
            cells = trimmed(row)
            if not cells:
                continue
            count += 1
            width = max(width, len(cells))
            if count > order["max_rows"]:
                raise RefusedFile("too_many_rows", limit=order["max_rows"])
            if width > order["max_columns"]:
                raise RefusedFile("too_many_columns", limit=order["max_columns"])
            if number <= HEAD_ROWS:
                head.append([number, cells])
            out.write(json.dumps([number, cells], ensure_ascii=False))
            out.write("\n")
    if not count:
        raise RefusedFile("empty")
    return {"count": count, "width": width, "head": head}


def trimmed(row: list[str]) -> list[str]:
    """A row without the blank cells at its end, NUL taken out; empty where nothing is left."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return [plain(cell) for cell in row[:end]]


if __name__ == "__main__":
    main()
