"""Files that come out of an import: its rows with what became of them, the refused ones to correct, the template."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import IO

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.records.custom import CustomSheetField
from crm.records.sheets import ChoiceWidget, NamedWidget
from crm.records.writers import XlsxWriter, open_writer
from customers.base_data.lookups import Lookups
from customers.customers.resources import CustomerResource
from customers.imports.models import ImportRow, ImportSet
from customers.imports.tables import RowReader, undo_text
from customers.imports.wording import outcome_labels, reasons

XLSX_ROWS = 20_000
_LISTED = 60
_CHUNK = 2000


def result_file(import_set: ImportSet, outcome: str = "") -> tuple[IO[bytes], str]:
    """The rows of the file with what became of them, and the format: xlsx, or csv where they are many."""
    rows = import_set.rows.order_by("row_number")
    rows = rows.filter(outcome=outcome) if outcome else rows
    file_format = "xlsx" if import_set.total <= XLSX_ROWS else "csv"
    labels = {name: label for name, label, _tone in outcome_labels()}
    headers = [*import_set.headers, _("Row"), _("Outcome"), _("Reason"), _("Customer id")]
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    with open_writer(file, file_format, headers) as writer:
        for row, cells in _rows_with_cells(import_set, rows):
            cells += [""] * (len(import_set.headers) - len(cells))
            said = "; ".join(reasons(row.errors)) or (undo_text(row) if row.undo_note else "")
            writer.write_row([*cells, row.row_number, labels.get(row.outcome, ""), said, row.customer_id])
    file.seek(0)
    return file, file_format


def _rows_with_cells(import_set: ImportSet, rows: QuerySet[ImportRow]) -> Iterator[tuple[ImportRow, list[str]]]:
    """Each row with its cells as its importer may read them today."""
    reader, found = RowReader(import_set), rows.iterator(chunk_size=_CHUNK)
    while chunk := list(islice(found, _CHUNK)):
        customers = reader.importer.comparable(row.customer_id for row in chunk if row.customer_id)
        for row in chunk:
            customer = customers.get(row.customer_id or 0)
            yield row, [reader.cell(row, customer, at, text) for at, text in enumerate(row.cells)]


def template_file(columns: list[str]) -> IO[bytes]:
    """An empty sheet with the headers of these columns, and a second one that says what fits into each."""
    fields = {name: field for name, field in CustomerResource.columns().items() if name in columns}
    lookups = Lookups()
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    with XlsxWriter(file) as workbook:
        headers = [f"{field.header}*" if field.required else field.header for field in fields.values()]
        workbook.start_sheet(_("Customers"), headers)
        workbook.start_sheet(_("How to fill in"), [_("Column"), _("Needed"), _("Example"), _("Fits")])
        for field in fields.values():
            fits = ""
            if isinstance(field.widget, NamedWidget):
                fits = "、".join(lookups.offered(field.widget.kind, _LISTED))
            elif isinstance(field.widget, ChoiceWidget):
                fits = "、".join(str(choice.label) for choice in field.widget.choices)
            elif isinstance(field, CustomSheetField):
                fits = "、".join(label for _text, label in field.widget.offers(lookups)[:_LISTED])
            workbook.write_row([field.header, _("yes") if field.required else "", field.example, fits])
    file.seek(0)
    return file
