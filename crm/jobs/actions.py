"""Starting, cancelling and clearing up jobs; putting work into the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.models import Operation
from crm.history.operations import operation as recorded
from crm.jobs.doorbell import ring
from crm.jobs.kinds import kind_named
from crm.jobs.models import Job, Outbox
from crm.people.models import User


def start_job(
    kind: str, title: str, *, requested_by: User, params: dict[str, Any], operation: Operation | None = None
) -> Job:
    """Queue long work in the present transaction; a worker is rung after commit, the sweeper is the safety net."""
    job = Job.objects.create(
        kind=kind, title=title[:200], requested_by=requested_by, params=params, operation=operation
    )
    ring("crm.run_job", job.pk, kind_named(kind).queue)
    return job


@transaction.atomic
def cancel_job(job: Job, *, actor: User) -> None:
    """Ask a job to stop before its next chunk."""
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.is_over:
        raise ValidationError(_("This job has already ended: %(state)s.") % {"state": locked.get_state_display()})
    locked.cancel_requested_at = timezone.now()
    locked.save(update_fields=["cancel_requested_at"])
    ring("crm.run_job", job.pk, kind_named(job.kind).queue)


def put_in_outbox(
    topic: str, dedupe_key: str, payload: dict[str, int], *, queue: str = "default", at: datetime | None = None
) -> None:
    """Something that must still happen, once per key, now or from a moment on, remembered in the present transaction.

    The payload carries ids only.
    """
    defaults: dict[str, Any] = {"topic": topic, "payload": payload, "queue": queue}
    if at is not None:
        defaults["available_at"] = at
    row, is_new = Outbox.objects.get_or_create(dedupe_key=dedupe_key, defaults=defaults)
    if is_new and (at is None or at <= timezone.now()):
        ring("crm.process_outbox_row", row.pk, queue)


def retry_outbox_row(row: Outbox, *, actor: User) -> None:
    """Give a dead row eight new tries."""
    with recorded(actor, "outbox_retried", row, facts={"topic": row.topic}):
        Outbox.objects.filter(pk=row.pk, dead_at__isnull=False).update(
            dead_at=None, attempts=0, available_at=timezone.now(), lease_until=None
        )
        ring("crm.process_outbox_row", row.pk, row.queue)


def file_for(job: Job, *, actor: User) -> Path:
    """The result file, for the one who asked for it, and a record of the fetching; ValidationError where it is gone."""
    right = kind_named(job.kind).file_right
    if job.requested_by_id != actor.pk or (right and not actor.reach.has(right)):
        raise PermissionDenied(_("Only the person who started this may fetch its file."))
    kind_named(job.kind).refuse_file(job, actor)
    path = Path(settings.MEDIA_ROOT) / job.file_out
    if not job.has_file or not path.is_file():
        raise ValidationError(_("This file has been removed. Start again to get a new one."), code="gone")
    with recorded(actor, "job_file_fetched", job, facts={"file": job.file_name, "size": path.stat().st_size}):
        return path


def delete_expired_files() -> int:
    """Remove result files past their day; how many."""
    return remove_files(Job.objects.filter(expires_at__lt=timezone.now()))


def remove_files(jobs: QuerySet[Job]) -> int:
    """Remove the result files of these jobs; how many."""
    having = jobs.exclude(file_out="")
    for job in having:
        (Path(settings.MEDIA_ROOT) / job.file_out).unlink(missing_ok=True)
    return having.update(file_out="")


def file_expiry(days: int) -> Any:
    """The moment a result file made now is removed."""
    return timezone.now() + timedelta(days=days)
