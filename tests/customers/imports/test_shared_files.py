from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.jobs.running import run_job
from customers.customers.models import Customer
from customers.imports import actions, receiving
from tests.customers.imports.conftest import counts

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
SUFFIXES = (".csv", ".tsv", ".xls", ".xlsx", ".ods", ".txt")


@pytest.mark.shared_data
@pytest.mark.django_db
def test_every_real_spreadsheet_imports_and_its_rows_add_up(admin):
    files = [path for path in sorted(SHARED.rglob("*")) if path.suffix in SUFFIXES and path.stat().st_size < 1_000_000]
    imported = 0
    for path in files:
        try:
            import_set = receiving.receive_file(admin, SimpleUploadedFile(path.name, path.read_bytes()))
        except ValidationError as refusal:
            assert refusal.messages[0], path
            continue
        mapping = import_set.mapping if "name" in import_set.mapping.values() else {**_without(import_set), "0": "name"}
        actions.map_columns(import_set, mapping, actor=admin, match_key="name", has_lawful_basis=True)
        if not import_set.total:
            continue
        run_job(actions.start_check(import_set, actor=admin).pk)
        import_set.refresh_from_db()
        assert import_set.state == "checked", (path, import_set.error)
        assert sum(counts(import_set).values()) == import_set.total == import_set.rows.count(), path
        imported += 1
        if import_set.counts["created"] and import_set.total < 300:
            before = Customer.objects.count()
            run_job(actions.start_apply(import_set, actor=admin).pk)
            import_set.refresh_from_db()
            assert import_set.state == "applied", path
            assert Customer.objects.count() == before + import_set.counts["created"], path
            assert sum(counts(import_set).values()) == import_set.total, path
    assert imported > 80


def _without(import_set):
    return {at: name for at, name in import_set.mapping.items() if at != "0"}
