"""Running jobs, outbox rows and schedules: safe to run twice, together, or after a crash."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.jobs.actions import file_expiry
from crm.jobs.doorbell import ring_now
from crm.jobs.kinds import JobKind, kind_named
from crm.jobs.models import Job, JobChunk, Outbox, ScheduleRun
from crm.notifications.actions import notify
from crm.operations.requests import CurrentRequest, serving
from crm.people.models import User

logger = logging.getLogger("harbour.jobs")
# a runner that died is replaced after this; one that is only slow holds the lock of its chunk and loses nothing
LEASE = timedelta(seconds=30)
OUTBOX_LEASE = timedelta(seconds=90)
CHUNK_TRIES = 3
OUTBOX_TRIES = 8


def run_job(job_id: int, seconds: float = math.inf) -> None:
    """Take a job's lease and work through its chunks until it ends, is cancelled, or somebody else holds it.

    After `seconds` the lease is given back and the bell rung again, so that no task outlives its worker's time limit.
    """
    if not _take_lease(job_id):
        return
    deadline = time.monotonic() + seconds
    job = Job.objects.select_related("requested_by", "operation").get(pk=job_id)
    kind = kind_named(job.kind)
    with serving(CurrentRequest(id=f"job{job.pk:013d}", via="job")), translation.override(job.requested_by.language):
        try:
            _plan(job, kind)
            while _run_next_chunk(job, kind):
                if time.monotonic() > deadline:
                    return _pass_on(job, kind)
        except _JobOver:
            return


def _pass_on(job: Job, kind: JobKind) -> None:
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(lease_until=None)
    ring_now("crm.run_job", job.pk, kind.queue)


class _JobOver(Exception):
    """The job ended (well, badly or by wish)."""


def _take_lease(job_id: int) -> bool:
    now = timezone.now()
    return bool(
        Job.objects.filter(pk=job_id, state__in=[Job.State.QUEUED, Job.State.RUNNING])
        .filter(Q(lease_until=None) | Q(lease_until__lt=now))
        .update(lease_until=now + LEASE, state=Job.State.RUNNING)
    )


def _plan(job: Job, kind: JobKind) -> None:
    if job.started_at is not None:
        return
    try:
        with transaction.atomic():
            _allow_long_work()
            mine = Job.objects.select_for_update(skip_locked=True).filter(pk=job.pk, started_at=None)
            if mine.values_list("pk").first() is None:
                raise _JobOver  # somebody else plans it, or has
            chunks = [JobChunk(job=job, number=n, params=params) for n, params in enumerate(kind.plan(job), 1)]
            JobChunk.objects.bulk_create(chunks, batch_size=1000)
            job.started_at = timezone.now()
            job.save(update_fields=["started_at", "total"])
    except _JobOver:
        raise
    except ValidationError as refusal:
        _end_badly(job, kind, " ".join(refusal.messages))
    except Exception as trouble:
        logger.exception("job plan failed", extra={"job": job.pk})
        if _count_failure(job, "plan_tries") >= CHUNK_TRIES:
            _end_badly(job, kind, _describe(trouble))
        raise


def _run_next_chunk(job: Job, kind: JobKind) -> bool:
    job.refresh_from_db(fields=["state", "cancel_requested_at", "done", "failed"])
    if job.state != Job.State.RUNNING:
        raise _JobOver
    if job.cancel_requested_at:
        _end_cancelled(job, kind)
    requester = User.objects.active().filter(pk=job.requested_by_id).first()
    if requester is None:
        _end_badly(job, kind, _("The person who started this can no longer sign in."))
    job.requested_by = requester  # department and rights are looked up afresh for every chunk
    chunk = JobChunk.objects.filter(job=job, is_done=False).order_by("number").first()
    if chunk is None:
        _end_well(job, kind)
    try:
        with transaction.atomic():
            _allow_long_work()
            locked = JobChunk.objects.select_for_update(skip_locked=True).filter(pk=chunk.pk).first()
            if locked is None:
                raise _JobOver  # its lease ran out, but another worker is still at it
            if locked.is_done:
                return True
            tally = kind.run_chunk(job, locked.params)
            locked.is_done = True
            locked.finished_at = timezone.now()
            locked.save(update_fields=["is_done", "finished_at"])
            Job.objects.filter(pk=job.pk).update(
                done=F("done") + tally.done, failed=F("failed") + tally.failed, lease_until=timezone.now() + LEASE
            )
    except _JobOver:
        raise
    except ValidationError as refusal:
        _end_badly(job, kind, " ".join(refusal.messages))
    except Exception as trouble:
        logger.exception("job chunk failed", extra={"job": job.pk, "chunk": chunk.number})
        JobChunk.objects.filter(pk=chunk.pk).update(attempts=F("attempts") + 1)
        if chunk.attempts + 1 >= CHUNK_TRIES:
            _end_badly(job, kind, _describe(trouble))
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() + timedelta(seconds=5))
        raise
    return True


def _count_failure(job: Job, name: str) -> int:
    job.refresh_from_db(fields=["result"])
    job.result = {**job.result, name: job.result.get(name, 0) + 1}
    job.lease_until = timezone.now() + timedelta(seconds=5)
    job.save(update_fields=["result", "lease_until"])
    return int(job.result[name])


def _end_well(job: Job, kind: JobKind) -> NoReturn:
    try:
        with transaction.atomic():
            _allow_long_work()
            job.result = kind.finish(job)
            if job.file_out:
                job.expires_at = file_expiry(kind.keeps_file_days)
            job.save(update_fields=["result", "file_out", "file_name", "expires_at"])
            _close(job, Job.State.DONE, "")
    except ValidationError as refusal:
        _end_badly(job, kind, " ".join(refusal.messages))
    except Exception as trouble:
        logger.exception("job finish failed", extra={"job": job.pk})
        if _count_failure(job, "finish_tries") >= CHUNK_TRIES:
            _end_badly(job, kind, _describe(trouble))
        raise
    raise _JobOver


def _end_badly(job: Job, kind: JobKind, error: str) -> NoReturn:
    with transaction.atomic():
        kind.failed(job)
        _close(job, Job.State.FAILED, error)
    raise _JobOver


def _end_cancelled(job: Job, kind: JobKind) -> NoReturn:
    with transaction.atomic():
        kind.cancelled(job)
        _close(job, Job.State.CANCELLED, "")
    raise _JobOver


def _close(job: Job, state: Job.State, error: str) -> None:
    Job.objects.filter(pk=job.pk).update(state=state, error=error, finished_at=timezone.now(), lease_until=None)
    texts = {
        Job.State.DONE: _("%(title)s: done."),
        Job.State.FAILED: _("%(title)s: failed. %(error)s"),
        Job.State.CANCELLED: _("%(title)s: cancelled."),
    }
    notify(
        job.requested_by,
        "job",
        texts[state] % {"title": job.title, "error": error},
        about=None,
        url=job.get_absolute_url(),
        dedupe_key=f"job:{job.pk}",
    )


def _describe(trouble: Exception) -> str:
    return _("An unexpected fault stopped this job (%(name)s). The administrator finds it in the log.") % {
        "name": type(trouble).__name__
    }


def _allow_long_work() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '120s'")


def process_outbox_row(row_id: int) -> None:
    """Do what an outbox row asks for, under a lease; try again later, eight times in all."""
    now = timezone.now()
    taken = (
        Outbox.objects.filter(pk=row_id, done_at=None, dead_at=None, available_at__lte=now)
        .filter(Q(lease_until=None) | Q(lease_until__lt=now))
        .update(lease_until=now + OUTBOX_LEASE, attempts=F("attempts") + 1)
    )
    if not taken:
        return
    row = Outbox.objects.get(pk=row_id)
    try:
        import_string(settings.HARBOUR_OUTBOX_TOPICS[row.topic])(**row.payload)
    except Exception as trouble:
        logger.exception("outbox row failed", extra={"row": row.pk, "topic": row.topic})
        is_dead = row.attempts >= OUTBOX_TRIES
        Outbox.objects.filter(pk=row.pk).update(
            error=_describe(trouble),
            lease_until=None,
            available_at=timezone.now() + timedelta(seconds=5 * 2**row.attempts),
            dead_at=timezone.now() if is_dead else None,
        )
    else:
        Outbox.objects.filter(pk=row.pk).update(done_at=timezone.now(), lease_until=None, error="")


def sweep() -> int:
    """Ring for everything the bell missed; how many rings."""
    now = timezone.now()
    missed = Q(lease_until=None) | Q(lease_until__lt=now)
    rings = 0
    rows = Outbox.objects.filter(missed, done_at=None, dead_at=None, available_at__lte=now)
    for row in rows.order_by("available_at")[:500]:
        ring_now("crm.process_outbox_row", row.pk, row.queue)
        rings += 1
    late = Job.objects.filter(
        missed, state__in=[Job.State.QUEUED, Job.State.RUNNING], created_at__lt=now - timedelta(seconds=10)
    )
    for job in late.order_by("pk")[:100]:
        ring_now("crm.run_job", job.pk, kind_named(job.kind).queue)
        rings += 1
    return rings


def process_everything() -> tuple[int, int]:
    """Do all open outbox rows and jobs in this process; how many of each were tried."""
    missed = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    rows = list(Outbox.objects.filter(missed, done_at=None, dead_at=None).order_by("pk").values_list("pk", flat=True))
    for row_id in rows:
        process_outbox_row(row_id)
    waiting = Job.objects.filter(missed, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    jobs = list(waiting.order_by("pk").values_list("pk", flat=True))
    for job_id in jobs:
        run_job(job_id)
    return len(rows), len(jobs)


def run_schedules(now: datetime | None = None) -> list[str]:
    """Run every schedule whose period nobody has claimed yet; the names that ran."""
    moment = timezone.localtime(now)
    ran = []
    for name, rule in settings.HARBOUR_SCHEDULES.items():
        period = _period(rule, moment)
        if period is None:
            continue
        claim, is_mine = ScheduleRun.objects.get_or_create(rule=name, period=period)
        if not is_mine:
            continue
        try:
            import_string(rule["run"])()
        except Exception:
            logger.exception("schedule failed", extra={"rule": name})
            claim.delete()
            continue
        ScheduleRun.objects.filter(pk=claim.pk).update(finished_at=timezone.now())
        ran.append(name)
    return ran


def _period(rule: Mapping[str, Any], moment: datetime) -> str | None:
    if rule["every"] == "minute":
        return moment.strftime("%Y-%m-%dT%H:%M")
    if rule["every"] == "hour":
        return moment.strftime("%Y-%m-%dT%H")
    return moment.strftime("%Y-%m-%d") if moment.hour >= rule.get("at_hour", 0) else None
