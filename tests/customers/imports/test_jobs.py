import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction

from crm.history.models import Operation
from crm.jobs.kinds import kind_named
from crm.jobs.models import Job, JobChunk
from crm.jobs.running import run_job
from customers.contacts.models import Contact
from customers.customers.models import Customer, CustomerSearch
from customers.imports import actions, jobs
from customers.imports.models import ImportSet
from tests.customers.imports.conftest import check, counts, upload
from tests.factories import make_department, make_user

ROWS = 400


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(jobs, "CHECK_ROWS", 60)
    monkeypatch.setattr(jobs, "APPLY_ROWS", 50)


def rows():
    return [["Company", "Contact"], *([f"Company {n}", f"Person {n}"] for n in range(ROWS))]


@pytest.mark.django_db
def test_a_chunk_rolled_back_is_done_once_when_it_runs_again(admin, small_chunks):
    import_set = check(upload(admin, rows()))
    assert counts(import_set) == {"created": ROWS}
    job = actions.start_apply(import_set, actor=admin)
    kind = kind_named(job.kind)
    parts = list(kind.plan(job))
    assert len(parts) == ROWS // 50
    with pytest.raises(RuntimeError), transaction.atomic():
        kind.run_chunk(job, parts[0])
        assert Customer.objects.count() == 50
        raise RuntimeError
    assert Customer.objects.count() == 0
    run_job(job.pk)
    assert Customer.objects.count() == Contact.objects.count() == CustomerSearch.objects.count() == ROWS
    assert kind.run_chunk(job, parts[0]) == (0, 0)
    assert Customer.objects.count() == ROWS


@pytest.mark.django_db
def test_in_file_duplicates_are_found_across_chunks(admin, small_chunks):
    import_set = check(upload(admin, [*rows(), ["company 0", ""]]))
    assert counts(import_set) == {"created": ROWS, "duplicate": 1}


@pytest.mark.django_db
def test_a_stopped_import_keeps_what_it_wrote_and_can_be_undone(admin, small_chunks):
    import_set = check(upload(admin, rows()))
    job = actions.start_apply(import_set, actor=admin)
    kind = kind_named(job.kind)
    kind.run_chunk(job, next(iter(kind.plan(job))))
    Job.objects.filter(pk=job.pk).update(cancel_requested_at=job.created_at)
    run_job(job.pk)
    import_set.refresh_from_db()
    assert (import_set.state, Customer.objects.count()) == ("applied", 50)
    run_job(actions.start_undo(import_set, actor=admin).pk)
    import_set.refresh_from_db()
    assert (import_set.state, Customer.objects.count(), Contact.objects.count()) == ("undone", 0, 0)


@pytest.mark.django_db
def test_an_importer_who_lost_the_right_writes_nothing(admin):
    import_set = check(upload(admin, rows()))
    job = actions.start_apply(import_set, actor=admin)
    admin.roles.clear()
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, Customer.objects.count()) == ("failed", 0)


WORKER = """
import sys, time
import django
django.setup()
from django.db import connection
from customers.imports import jobs
from crm.jobs.running import run_job
jobs.APPLY_ROWS = 50
connection.settings_dict["NAME"] = sys.argv[2]
done = jobs.apply_rows
def slow(*args):
    tally = done(*args)
    print("chunk", flush=True)
    time.sleep(0.2)  # the chunk is written but not committed: the worst moment to die
    return tally
jobs.apply_rows = slow
run_job(int(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_and_repeats_nothing(settings, tmp_path):
    make_department("Intake", takes_intake=True)
    admin = make_user("admin", role="admin")
    import_set = check(upload(admin, rows()))
    job = actions.start_apply(import_set, actor=admin)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(job.pk), connection.settings_dict["NAME"]],
        stdout=subprocess.PIPE, cwd=django_settings.ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "crm.settings.test"},
    )  # fmt: skip
    for _chunk in range(3):
        assert worker.stdout.readline() == b"chunk\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    deadline = time.monotonic() + 10
    while JobChunk.objects.filter(job=job, is_done=True).count() < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    written = Customer.objects.count()
    assert 100 <= written < ROWS
    for _sweep in range(20):  # the server may hold the chunk until it notices that the worker is gone
        Job.objects.filter(pk=job.pk).update(lease_until=None)  # the lease of the dead worker has run out
        run_job(job.pk)
        import_set = ImportSet.objects.get()
        if import_set.state == "applied":
            break
        time.sleep(0.5)
    assert import_set.state == "applied"
    assert sorted(Customer.objects.values_list("name", flat=True)) == sorted(f"Company {n}" for n in range(ROWS))
    assert Contact.objects.count() == CustomerSearch.objects.count() == ROWS
    assert Customer.objects.values("number").distinct().count() == ROWS
    operation = Operation.objects.get(verb="customers_imported")
    events = Customer._meta.get_field("events").related_model.objects
    assert events.filter(pgh_context_id=operation.context_id, pgh_label="insert").count() == ROWS
