"""The file of an import: kept, read, read another way, removed; and the import itself under its lock."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from crm.people.models import User
from crm.records.sheets import clean_text
from crm.records.spreadsheets import (
    ENCODINGS,
    SEPARATORS,
    check_upload,
    clear_headers,
    guess_header_row,
    read_spreadsheet,
)
from customers.imports.mapping import best_match_key, known_headers, proposed, remembered
from customers.imports.models import ImportSet

State = ImportSet.State


def receive_file(actor: User, upload: UploadedFile[Any]) -> ImportSet:
    """Keep and read an uploaded spreadsheet and propose a mapping; ValidationError where it is none."""
    name = clean_text(Path(upload.name or "").name)[-200:]
    check_upload(name, upload.size or 0)
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        with path.open("wb") as file:
            for part in upload.chunks():
                file.write(part)
        import_set = ImportSet(
            requested_by=actor, file_name=name, file_path=f"imports/{path.name}", file_size=upload.size or 0
        )
        _read(import_set)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return import_set


def read_again(
    import_set: ImportSet, *, encoding: str = "", separator: str = "", sheet: str = "", header_row: int = 0
) -> ImportSet:
    """Read the file another way; the mapping is proposed anew."""
    if encoding and encoding not in ENCODINGS:
        raise ValidationError({"encoding": _("Unknown encoding.")})
    if separator and separator not in SEPARATORS:
        raise ValidationError({"separator": _("Unknown separator.")})
    if sheet and sheet not in import_set.sheets:
        raise ValidationError({"sheet": _("There is no such sheet.")})
    refuse_unless_mappable(import_set)
    if (encoding, separator, sheet) == (import_set.encoding, import_set.separator, import_set.sheet) and header_row:
        with transaction.atomic():
            locked = locked_import(import_set)
            refuse_unless_mappable(locked)
            _take_headers(locked, header_row)
            locked.state = State.UPLOADED
            locked.save()
        return locked
    import_set.encoding, import_set.separator, import_set.sheet = encoding, separator, sheet
    _read(import_set, header_row)
    return import_set


def _read(import_set: ImportSet, header_row: int = 0) -> None:
    rows_file = rows_file_of(import_set)
    fresh = rows_file.with_name(f"{rows_file.name}.{secrets.token_hex(4)}")
    reading = read_spreadsheet(
        file_of(import_set), fresh,
        encoding=import_set.encoding, separator=import_set.separator, sheet=import_set.sheet,
    )  # fmt: skip
    import_set.encoding, import_set.separator, import_set.sheet = reading.encoding, reading.separator, reading.sheet
    import_set.sheets, import_set.width, import_set.state = reading.sheets, reading.width, State.UPLOADED
    import_set.head = [[number, [cell[:200] for cell in cells]] for number, cells in reading.head]
    import_set.counts = {"rows": reading.count}
    import_set.error = ""
    rows = [number for number, _cells in reading.head]
    _take_headers(import_set, header_row if header_row in rows else guess_header_row(reading.head, known_headers()))
    with transaction.atomic():
        if import_set.pk:
            refuse_unless_mappable(locked_import(import_set))  # a check may have begun while the file was read
        import_set.save()
        fresh.replace(rows_file)


def _take_headers(import_set: ImportSet, header_row: int) -> None:
    rows = dict(import_set.head)
    if header_row not in rows:
        raise ValidationError({"header_row": _("Row %(row)s is empty or too far down.") % {"row": header_row}})
    import_set.header_row = header_row
    import_set.headers = clear_headers(rows[header_row], import_set.width)
    import_set.total = import_set.counts["rows"] - sum(number <= header_row for number in rows)
    user = import_set.requested_by
    below = [cells for number, cells in rows.items() if number > header_row]
    import_set.mapping = remembered(import_set.headers, user) or proposed(import_set.headers, user, below)
    import_set.match_key = best_match_key(import_set.mapping)


def remove_files(import_set: ImportSet) -> None:
    """Remove the uploaded file and the rows read from it."""
    if import_set.file_path:
        file_of(import_set).unlink(missing_ok=True)
        rows_file_of(import_set).unlink(missing_ok=True)


def file_of(import_set: ImportSet) -> Path:
    """The uploaded file."""
    return Path(settings.MEDIA_ROOT) / import_set.file_path


def rows_file_of(import_set: ImportSet) -> Path:
    """The rows read from the uploaded file."""
    return Path(settings.MEDIA_ROOT) / f"{import_set.file_path}.rows"


def locked_import(import_set: ImportSet) -> ImportSet:
    """The import as it stands, locked until the transaction ends."""
    return ImportSet.objects.select_for_update(of=("self",)).select_related("requested_by", "operation").get(
        pk=import_set.pk
    )  # fmt: skip


def refuse_unless_mappable(import_set: ImportSet) -> None:
    if not import_set.file_path:
        raise ValidationError(_("The uploaded file is gone. Upload it again."), code="state")
    if not import_set.can_be_mapped:
        raise ValidationError(_("This import is %(state)s.") % {"state": import_set.get_state_display()}, code="state")
