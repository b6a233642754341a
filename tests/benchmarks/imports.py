"""A large import, dry run and history included, against COPY of the same rows and against import-export's own loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO

import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from import_export import resources

import crm.celery  # noqa: F401 - the doorbell of the jobs
from crm.access.models import Role
from crm.access.standard_roles import load_standard_roles
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.people.models import Department, User
from customers.customers.identity import name_key
from customers.customers.models import Customer
from customers.imports.actions import map_columns, start_apply, start_check
from customers.imports.models import ImportSet
from customers.imports.receiving import receive_file
from tests.benchmarks.measuring import Figure, seconds

ROWS = 100_000
LOOP_ROWS = 1_000
HEADERS = ["客户名称", "联系人", "电话", "地址", "备注"]
MINE = "SELECT id FROM customers_customer WHERE name LIKE '度量第%'"
TABLES = {
    "customers_customer": f"id IN ({MINE})",
    "customers_contact": f"customer_id IN ({MINE})",
    "customers_customersearch": f"customer_id IN ({MINE})",
    "customers_customerevent": f"pgh_obj_id IN ({MINE})",
    "customers_contactevent": f"customer_id IN ({MINE})",
}


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """Dry run and apply of 100,000 new rows (a tenth of all customers, where there are fewer)."""
    prepare(size)
    rows = min(ROWS, max(size // 10, 2_000))
    importer = _importer()
    _remove()
    ours = seconds(lambda: _import(importer, rows))
    copies = _copied_out()
    _remove()
    plain = seconds(lambda: _copy_in(copies))
    _remove()
    yield Figure("import_over_plain_copy", ours / plain, 6)
    loop = seconds(lambda: _loop(importer)) / LOOP_ROWS
    _remove()
    yield Figure("import_over_import_export_loop", ours / rows / loop, 0.1)


def _importer() -> User:
    load_standard_roles()
    department = Department.objects.filter(takes_intake=True).first() or Department.objects.order_by("pk")[0]
    user, _ = User.objects.get_or_create(
        username="bench-importer", defaults={"name": "Importer", "department": department}
    )
    user.roles.set([Role.objects.get(code="admin")])
    return user


def _line(number: int) -> list[str]:
    return [
        f"度量第{number:06d}号制造有限公司",
        f"王{number:06d}",
        f"139{number:08d}",
        f"度量路 {number} 号",
        "来自表格",
    ]


def _import(importer: User, rows: int) -> None:
    lines = [",".join(HEADERS), *(",".join(_line(number)) for number in range(rows))]
    upload = SimpleUploadedFile("bench.csv", "\r\n".join(lines).encode("gb18030"))
    import_set = receive_file(importer, upload)
    map_columns(import_set, import_set.mapping, actor=importer, mode="create", has_lawful_basis=True)
    for start in (start_check, start_apply):
        job = start(ImportSet.objects.get(pk=import_set.pk), actor=importer)
        run_job(job.pk)
        if Job.objects.get(pk=job.pk).state != "done":
            raise AssertionError(Job.objects.get(pk=job.pk).error)
    import_set.refresh_from_db()
    if import_set.counts["created"] != rows:
        raise AssertionError(f"{import_set.counts} instead of {rows} created")


def _copied_out() -> dict[str, bytes]:
    copies = {}
    with connection.cursor() as cursor:
        for table, condition in TABLES.items():
            buffer = BytesIO()
            with cursor.copy(f"COPY (SELECT {_columns(table)} FROM {table} WHERE {condition}) TO STDOUT") as copy:
                for part in copy:
                    buffer.write(part)
            copies[table] = buffer.getvalue()
    return copies


def _columns(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            [table],
        )
        return str(cursor.fetchone()[0])


def _copy_in(copies: dict[str, bytes]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for table, raw in copies.items():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # the events are copied, not made
            with cursor.copy(f"COPY {table} ({_columns(table)}) FROM STDIN") as copy:
                copy.write(raw)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _remove() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for table in reversed(TABLES):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table} WHERE {TABLES[table]}")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class PlainResource(resources.ModelResource):
    """What import-export does by itself with the same columns."""

    class Meta:
        model = Customer
        import_id_fields = ("name",)
        fields = ("name", "name_key", "number", "phone", "address", "remark", "department")


def _loop(importer: User) -> None:
    rows = [_line(number) for number in range(LOOP_ROWS)]
    sheet = tablib.Dataset(
        *((r[0], name_key(r[0]), f"M-{r[2]}", r[2], r[3], r[4], importer.department_id) for r in rows),
        headers=["name", "name_key", "number", "phone", "address", "remark", "department"],
    )
    result = PlainResource().import_data(sheet, dry_run=False, raise_errors=True)
    if result.totals["new"] != LOOP_ROWS:
        raise AssertionError(str(result.totals))
