import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.jobs.running import run_job
from customers.imports import actions, receiving
from tests.factories import make_department, make_user


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin(db):
    make_department("Intake", takes_intake=True)
    return make_user("admin", role="admin")


def as_csv(rows, encoding="utf-8", separator=","):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def upload(actor, rows, name="list.csv", **how):
    content = rows if isinstance(rows, bytes) else as_csv(rows, **how)
    return receiving.receive_file(actor, SimpleUploadedFile(name, content))


def check(import_set, *, actor=None, mapping=None, **how):
    """Map as proposed (or as said), run the dry run to its end and answer the import as it stands."""
    actor = actor or import_set.requested_by
    how.setdefault("has_lawful_basis", True)
    actions.map_columns(import_set, import_set.mapping if mapping is None else mapping, actor=actor, **how)
    run_job(actions.start_check(import_set, actor=actor).pk)
    import_set.refresh_from_db()
    return import_set


def apply(import_set):
    run_job(actions.start_apply(import_set, actor=import_set.requested_by).pk)
    import_set.refresh_from_db()
    return import_set


def undo(import_set):
    run_job(actions.start_undo(import_set, actor=import_set.requested_by).pk)
    import_set.refresh_from_db()
    return import_set


def counts(import_set):
    names = ("created", "changed", "unchanged", "duplicate", "refused")
    return {name: import_set.counts[name] for name in names if import_set.counts[name]}


def outcomes(import_set):
    return list(import_set.rows.order_by("row_number").values_list("row_number", "outcome"))


def errors(import_set):
    return {row.row_number: row.errors for row in import_set.rows.all() if row.errors}
