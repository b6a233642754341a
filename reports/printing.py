"""A document as PDF and as workbook."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.records.pdf import render_pdf
from crm.records.writers import XlsxWriter
from reports.figures.documents import Document, value_of


def write_pdf(document: Document, path: Path) -> None:
    """Write the document as A4 pages."""
    context = {
        "document": document,
        "document_title": document.title,
        "company_name": settings.COMPANY_NAME,
        "facts": about(document),
    }
    path.write_bytes(render_pdf("reports/print.html", context))


def write_xlsx(document: Document, path: Path) -> None:
    """Write the document as a workbook: one sheet of key figures and facts, one for each table."""
    with XlsxWriter(path) as workbook:
        workbook.start_sheet(_("Overview"), [document.title, "", ""])
        for name, value in [*document.filters, *about(document)]:
            workbook.write_row([name, value])
        workbook.write_row([])
        workbook.write_row([_("Key figure"), _("Value"), _("Period before"), _("Definition")])
        for figure in document.figures:
            workbook.write_row([figure.label, figure.value, figure.previous, figure.definition])
        workbook.write_row([])
        for sentence in document.definitions:
            workbook.write_row([sentence])
        for table in document.tables:
            workbook.start_sheet(table.title, table.headers)
            for row in table.rows:
                workbook.write_row([value_of(entry) for entry in row])
            if table.totals:
                workbook.write_row([value_of(entry) for entry in table.totals])


def about(document: Document) -> list[tuple[str, str]]:
    """Where a copy comes from: when, by whom, over how many records, with which digest."""
    return [
        (_("Figures as of"), f"{timezone.localtime(document.made_at):%Y-%m-%d %H:%M}"),
        (_("Made by"), document.made_for),
        (_("Records counted"), f"{document.row_count:,}"),
        (_("Checksum"), document.checksum),
    ]
