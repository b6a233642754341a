"""Jobs survive what happens to workers, and never do a record twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings as project_settings
from django.db import connection
from django.utils import timezone

from crm.jobs import doorbell
from crm.jobs.actions import cancel_job, put_in_outbox, retry_outbox_row, start_job
from crm.jobs.models import Job, Outbox, ScheduleRun
from crm.jobs.running import process_outbox_row, run_job, run_schedules, sweep
from crm.notifications.models import Notice
from tests.crm.jobs import kinds
from tests.factories import make_user

ROOT = project_settings.ROOT
NAMES = ("Counting", "Slow", "Broken", "Refusing", "BrokenEnd", "Interrupting")
WORKER = """
import sys, django
django.setup()
from django.conf import settings
from django.db import connections
connections.databases["default"]["NAME"] = sys.argv[2]
settings.HARBOUR_JOB_KINDS["Slow"] = "tests.crm.jobs.kinds.Slow"
from crm.jobs.running import run_job
run_job(int(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def test_kinds(settings):
    settings.HARBOUR_JOB_KINDS = {
        **settings.HARBOUR_JOB_KINDS,
        **{name: f"tests.crm.jobs.kinds.{name}" for name in NAMES},
    }
    settings.HARBOUR_OUTBOX_TOPICS = {"good": "tests.crm.jobs.kinds.note_row", "bad": "tests.crm.jobs.kinds.fail"}
    kinds.ran.clear()


@pytest.fixture
def bell(monkeypatch):
    """What the doorbell rang, instead of a broker."""
    rings = []
    monkeypatch.setattr(doorbell, "_send", lambda task, row_id, queue: rings.append((task, row_id, queue)))
    return rings


def started(kind):
    return start_job(kind, "a job", requested_by=make_user(), params={})


def told(job):
    job.refresh_from_db()
    return job.state, job.done, sorted(job.rows.values_list("row_number", flat=True))


@pytest.mark.django_db
def test_a_job_does_every_record_once_and_tells_its_requester(bell):
    job = started("Counting")

    run_job(job.pk)

    assert told(job) == ("done", 20, list(range(20)))
    assert job.result == {"rows": 20}
    assert Notice.objects.filter(recipient=job.requested_by).count() == 1


@pytest.mark.django_db
def test_a_finished_job_is_not_run_again(bell):
    job = started("Counting")
    run_job(job.pk)
    finished_at = Job.objects.get(pk=job.pk).finished_at

    run_job(job.pk)

    assert told(job) == ("done", 20, list(range(20)))
    assert job.finished_at == finished_at


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_was_killed_is_resumed_with_each_record_exactly_once(bell):
    job = started("Slow")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "crm.settings.test", "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-c", WORKER, str(job.pk), connection.settings_dict["NAME"]]
    worker = subprocess.Popen(arguments, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and Job.objects.get(pk=job.pk).done < 10:
            time.sleep(0.02)
        time.sleep(0.2)  # its third chunk has written its rows and not committed them
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert told(job) == ("running", 10, list(range(10)))

    run_job(job.pk)
    assert told(job)[1] == 10  # the dead worker's lease still runs
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run_job(job.pk)

    assert told(job) == ("done", 20, list(range(20)))


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_job_do_each_record_once(bell):
    job = started("Slow")

    def work():
        run_job(job.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert told(job) == ("done", 20, list(range(20)))


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_a_lost_lease_still_do_each_record_once(bell):
    job = started("Slow")

    def work():
        Job.objects.filter(pk=job.pk).update(lease_until=None)
        run_job(job.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
        time.sleep(0.5)
    for worker in workers:
        worker.join()

    assert told(job) == ("done", 20, list(range(20)))


@pytest.mark.django_db
def test_a_cancelled_job_stops_before_its_next_chunk(bell):
    job = started("Interrupting")
    kinds.Interrupting.deed = staticmethod(lambda row: cancel_job(row, actor=row.requested_by))

    run_job(job.pk)

    assert told(job) == ("cancelled", 10, list(range(10)))


@pytest.mark.django_db
def test_a_job_of_somebody_disabled_meanwhile_stops(bell):
    def disable(row):
        type(row.requested_by).objects.filter(pk=row.requested_by_id).update(is_active=False)

    job = started("Interrupting")
    kinds.Interrupting.deed = staticmethod(disable)

    run_job(job.pk)

    assert told(job) == ("failed", 10, list(range(10)))
    assert job.error


@pytest.mark.django_db
def test_a_chunk_that_fails_three_times_ends_the_job_and_keeps_what_was_done(bell):
    job = started("Broken")

    for _ in range(3):
        assert told(job)[0] != "failed"
        Job.objects.filter(pk=job.pk).update(lease_until=None)
        try:
            run_job(job.pk)
        except RuntimeError:
            continue

    assert told(job) == ("failed", 10, list(range(10)))
    assert "disk on fire" not in job.error


@pytest.mark.django_db
def test_a_last_step_that_fails_three_times_ends_the_job(bell):
    job = started("BrokenEnd")

    for _ in range(3):
        Job.objects.filter(pk=job.pk).update(lease_until=None)
        try:
            run_job(job.pk)
        except RuntimeError:
            continue

    assert told(job)[:2] == ("failed", 20)


@pytest.mark.django_db
def test_a_refusal_ends_the_job_at_once_in_its_own_words(bell):
    job = started("Refusing")

    run_job(job.pk)

    assert told(job) == ("failed", 10, list(range(10)))
    assert job.error == "not on Sundays"


@pytest.mark.django_db
def test_the_sweeper_rings_for_what_the_bell_missed_and_leaves_the_rest(bell):
    late, fresh, busy, over = (started("Counting") for _ in range(4))
    minute_ago = timezone.now() - timedelta(minutes=1)
    Job.objects.exclude(pk=fresh.pk).update(created_at=minute_ago)
    Job.objects.filter(pk=busy.pk).update(state="running", lease_until=timezone.now() + timedelta(seconds=60))
    Job.objects.filter(pk=over.pk).update(state="done")
    put_in_outbox("good", "one", {"n": 1})

    sweep()

    outbox_row = Outbox.objects.get()
    assert bell == [("crm.process_outbox_row", outbox_row.pk, "default"), ("crm.run_job", late.pk, "bulk")]


@pytest.mark.django_db
def test_an_outbox_row_is_written_and_done_once_per_key(bell):
    for _ in range(2):
        put_in_outbox("good", "same key", {"n": 7})
    row = Outbox.objects.get()

    process_outbox_row(row.pk)
    process_outbox_row(row.pk)

    assert kinds.ran == [{"n": 7}]


@pytest.mark.django_db
def test_an_outbox_row_dies_after_eight_tries_and_can_be_brought_back(bell):
    put_in_outbox("bad", "key", {})
    row = Outbox.objects.get()
    for _ in range(9):
        Outbox.objects.update(available_at=timezone.now())
        process_outbox_row(row.pk)
    row.refresh_from_db()
    assert (row.attempts, row.dead_at is None) == (8, False)

    retry_outbox_row(row, actor=make_user())

    row.refresh_from_db()
    assert (row.attempts, row.dead_at, row.done_at) == (0, None, None)


@pytest.mark.django_db(transaction=True)
def test_two_beats_run_a_schedule_once_per_period(settings):
    settings.HARBOUR_SCHEDULES = {"rule": {"run": "tests.crm.jobs.kinds.note_that_it_ran", "every": "day"}}
    ready = threading.Barrier(4)

    def beat():
        ready.wait()
        run_schedules()
        connection.close()

    beats = [threading.Thread(target=beat) for _ in range(4)]
    for one in beats:
        one.start()
    for one in beats:
        one.join()

    assert kinds.ran == ["once"]
    assert ScheduleRun.objects.get().finished_at is not None


@pytest.mark.django_db
def test_a_schedule_that_failed_is_tried_again_in_the_same_period(settings):
    settings.HARBOUR_SCHEDULES = {"rule": {"run": "tests.crm.jobs.kinds.fail", "every": "day"}}
    assert run_schedules() == []
    settings.HARBOUR_SCHEDULES = {"rule": {"run": "tests.crm.jobs.kinds.note_that_it_ran", "every": "day"}}

    assert run_schedules() == ["rule"]


@pytest.mark.django_db(transaction=True)
def test_a_broker_nobody_answers_at_does_not_stop_a_commit(monkeypatch):
    from celery import current_app
    from kombu.exceptions import OperationalError

    def nobody_answers(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", nobody_answers, raising=False)

    job = started("Counting")

    assert Job.objects.filter(pk=job.pk, state="queued").exists()
