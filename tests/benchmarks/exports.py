"""Exports against COPY … TO of the same columns, and against the writer alone on the same cells.

What is measured is the entire job: counting, planning, all its parts, the file and its digest. It is CPU time of this
process and of its PostgreSQL backend together, in turns, because wall time of half a second says little on a busy
machine. The columns are those COPY can give as well: no status or stage, whose names it would not look up. The writer
gets the cells as they stand in the exported file, read back from it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import python_calamine
from django.conf import settings
from django.db import connection

import crm.celery  # noqa: F401 - the doorbell of the job
from crm.access.models import Role
from crm.access.standard_roles import load_standard_roles
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.people.models import Department, User
from crm.records.exports import export_named, start_export
from crm.records.selection import Selection
from crm.records.writers import open_writer
from customers.customers.models import Customer
from tests.benchmarks.measuring import Figure, work_ratio

ROWS = 100_000
LABEL = "customers.Customer"
COLUMNS = ["number", "name", "short_name", "credit_code", "phone", "email", "address", "remark", "created_at"]


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """CSV and xlsx of 100,000 customers (all, where there are fewer)."""
    prepare(size)
    person, selection = _person(), Selection(query=_query(min(ROWS, size)), is_all=True)
    rows = export_named(LABEL).rows(person, selection)
    csv_work = work_ratio(lambda: _export(person, selection, "csv"), lambda: _copy(rows))
    yield Figure("csv_export_over_copy_to", csv_work, 4)
    cells = _cells(_export(person, selection, "xlsx"))
    xlsx_work = work_ratio(lambda: _export(person, selection, "xlsx"), lambda: _write(cells))
    yield Figure("xlsx_export_over_writer_alone", xlsx_work, 1.3)


def _person() -> User:
    """Somebody who may export everything in full."""
    load_standard_roles()
    user, _ = User.objects.get_or_create(
        username="bench-exporter", defaults={"name": "Exporter", "department": Department.objects.order_by("pk")[0]}
    )
    role, _ = Role.objects.get_or_create(code="bench-export", defaults={"name": "Bench export"})
    rights = ("view_customer", "export_customer", "export_contact_details", "view_contact_details")
    for right in rights:
        role.grants.get_or_create(right=f"customers.{right}", defaults={"scope": "all"})
    user.roles.set([role])
    settings.EXPORT_ROWS_A_DAY = dict.fromkeys(("own", "department", "below", "all"), 10_000_000)
    return user


def _query(rows: int) -> str:
    """The list filter that leaves about so many customers."""
    newest = (
        Customer.objects.filter(archived_at=None)
        .order_by("-created_at")[rows - 1 : rows]
        .values_list("created_at", flat=True)
    )
    return f"created_from={newest[0].date().isoformat()}" if newest else ""


def _export(person: User, selection: Selection, file_format: str) -> bytes:
    job = start_export(person, LABEL, selection, COLUMNS, file_format, "measure")
    run_job(job.pk)
    done = Job.objects.get(pk=job.pk)
    if done.state != "done":
        raise AssertionError(done.error)
    path = Path(settings.MEDIA_ROOT) / done.file_out
    content = path.read_bytes()
    path.unlink()
    return content


def _copy(rows: Any) -> None:
    sql, params = rows.order_by("pk").values_list(*COLUMNS).query.sql_with_params()
    with (
        tempfile.TemporaryFile() as file,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT WITH CSV", params) as copy,
    ):
        for part in copy:
            file.write(part)


def _cells(workbook: bytes) -> list[list[Any]]:
    sheet = python_calamine.CalamineWorkbook.from_filelike(BytesIO(workbook)).get_sheet_by_index(0)
    return [[None if cell == "" else cell for cell in row] for row in sheet.to_python()[1:]]


def _write(cells: list[list[Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_writer(Path(folder) / "x.xlsx", "xlsx", COLUMNS) as writer:
        for row in cells:
            writer.write_row(row)
