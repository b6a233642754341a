"""Files of leads that other systems drop into a folder: how they are named, read, and answered.

The folder belongs to the operator, its files to anybody who can write there: nothing in them is trusted.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.people.models import Department, User
from crm.records.sheets import header_key
from crm.records.spreadsheets import Reading, read_spreadsheet, row_offsets
from crm.records.writers import Cell, open_writer

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 10_000
SETTLED_SECONDS = 10
KEPT_DAYS = 30
TAKING, ROWS = ".taking", ".rows"
ADD_RIGHT = "customers.add_customer"
# the names of the API, and what Chinese systems call them
HEADERS: dict[str, tuple[str, ...]] = {
    "name": ("name", "公司名称", "客户名称", "企业名称", "公司", "company"),
    "contact_name": ("contact_name", "联系人", "联系人姓名", "姓名", "contact"),
    "phone": ("phone", "手机", "手机号", "电话", "联系电话", "mobile"),
    "email": ("email", "邮箱", "电子邮箱", "邮件", "e-mail"),
    "source": ("source", "来源", "线索来源"),
    "campaign": ("campaign", "活动", "营销活动", "市场活动"),
    "note": ("note", "备注", "留言", "需求", "说明", "remark"),
    "external_id": ("external_id", "外部编号", "外部id", "线索编号"),
}
_FIELDS = {header_key(word): field for field, words in HEADERS.items() for word in words}


class Columns(NamedTuple):
    """Which column is which field, and the headers of the others; their text goes into the note."""

    fields: dict[str, int]
    others: dict[str, int]


def folder() -> Path:
    """The folder that is watched, made where it is missing."""
    place = Path(settings.LEAD_DROP)
    (place / "done").mkdir(parents=True, exist_ok=True)
    return place


def acting_person() -> User | None:
    """In whose name dropped files are taken in: HARBOUR_LEAD_DROP_USER, else who leads the department of intake."""
    people = User.objects.able_to_own(ADD_RIGHT)
    if settings.LEAD_DROP_USER:
        return people.filter(username=settings.LEAD_DROP_USER).first()
    intake = Department.objects.intake()
    head = people.filter(pk=intake.head_id).first() if intake and intake.head_id else None
    return head or people.order_by("pk").first()


def settled_files() -> list[Path]:
    """The CSV files in the folder that nobody has written to for a moment, oldest first."""
    before = time.time() - SETTLED_SECONDS
    found = [path for path in folder().iterdir() if path.name.lower().endswith(".csv") and path.name[0] != "."]
    return sorted(path for path in found if path.is_symlink() or (path.is_file() and path.stat().st_mtime <= before))


def take(path: Path) -> Path | None:
    """Rename a file so that nobody else takes it; None where somebody was faster."""
    stamp = timezone.localtime().strftime("%Y%m%d-%H%M%S")
    taken = path.with_name(f"{stamp}-{secrets.token_hex(3)}-{path.name[-120:]}{TAKING}")
    try:
        return path.rename(taken)
    except FileNotFoundError:
        return None


def refusal_of(path: Path) -> str:
    """Why a file is not even opened, in words; "" where it may be."""
    if path.is_symlink():
        return _("This is a link, not a file.")
    if path.stat().st_size > MAX_BYTES:
        return _("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1024**2}
    return ""


def read_file(path: Path) -> tuple[Reading, Columns]:
    """Write the rows of a taken file beside it and find its columns; ValidationError says what is wrong with it."""
    if refusal := refusal_of(path):
        raise ValidationError(refusal, code="refused")
    reading = read_spreadsheet(path, rows_of(path))
    if reading.kind != "text":
        raise ValidationError(_("This is no CSV text, whatever its name says."), code="no_csv")
    if reading.count - 1 > MAX_ROWS:
        raise ValidationError(_("The file has more than %(limit)s rows. Split it.") % {"limit": MAX_ROWS}, code="rows")
    return reading, columns_of(reading.head[0][1])


def columns_of(headers: Sequence[str]) -> Columns:
    """The columns by their headers; ValidationError where none holds the name of the company."""
    columns = Columns({}, {})
    for at, header in enumerate(headers):
        field = _FIELDS.get(header_key(header))
        if field and field in columns.fields:
            words = {"field": field, "first": headers[columns.fields[field]], "second": header}
            text = _("Two columns mean “%(field)s”: %(first)s and %(second)s. Keep one.") % words
            raise ValidationError(text, code="twice")
        if field:
            columns.fields[field] = at
        elif header.strip():
            columns.others[header.strip()[:60]] = at
    if "name" not in columns.fields:
        text = _("The first row names no column “name” (%(other)s).") % {"other": HEADERS["name"][1]}
        raise ValidationError(text, code="no_name")
    return columns


def values_of(cells: Sequence[str], columns: Columns) -> dict[str, str]:
    """What a row says, by the names of the API; a row without an id of its own is known by its content."""
    said = {field: cells[at].strip() for field, at in columns.fields.items() if at < len(cells)}
    more = [f"{header}: {cells[at].strip()}" for header, at in columns.others.items() if cells[at : at + 1] != [""]]
    values = {**said, "note": "\n".join(filter(None, [said.get("note", ""), *more]))}
    if not values.get("external_id"):
        content = "\x1f".join(f"{name}={value}" for name, value in sorted(values.items()) if value)
        values["external_id"] = f"csv:{hashlib.sha256(content.encode()).hexdigest()[:40]}"
    return values


def rows_of(path: Path) -> Path:
    """Where the rows of a taken file lie while it is worked on."""
    return path.with_name(f".{path.name}{ROWS}")


def parts_of(path: Path, header_row: int, size: int) -> Iterable[tuple[int, int]]:
    """(byte offset, number of rows) of consecutive parts."""
    return row_offsets(rows_of(path), header_row, size)


def put_away(path: Path, results: Iterable[Sequence[Cell]]) -> None:
    """Write what became of a file, in words, beside it into done/; doing it again after a crash does no harm."""
    done = folder() / "done"
    name = path.name.removesuffix(TAKING)
    draft = done / f".{name}.draft"
    heads = [_("Row"), _("Outcome"), _("Customer number"), _("Customer"), _("Reason")]
    with open_writer(draft, "csv", heads) as writer:
        for cells in results:
            writer.write_row(cells)
    os.replace(draft, done / f"{name[:-4]}.result.csv")
    if path.is_symlink() or path.exists():
        os.replace(path, done / name)
    rows_of(path).unlink(missing_ok=True)


def drop_old_files() -> None:
    """Remove what lies in done/ longer than thirty days: it holds personal data."""
    before = time.time() - KEPT_DAYS * 86_400
    for path in (folder() / "done").iterdir():
        if path.lstat().st_mtime < before:
            path.unlink(missing_ok=True)


def error_text(errors: Mapping[str, Any]) -> str:
    """The errors of a row as one line."""
    return " ".join(f"{name}: {' '.join(map(str, found))}" for name, found in errors.items())
