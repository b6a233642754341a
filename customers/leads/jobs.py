"""Taking in dropped files: found by a schedule, worked through as a job in parts that survive anything."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from crm.jobs.actions import start_job
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job, JobRow
from crm.people.models import User
from crm.records.spreadsheets import stream_rows
from customers.customers.intake import receive_lead
from customers.customers.serializers import LeadSerializer
from customers.leads import files

KIND = "lead-drop"
PART_ROWS = 20
FILES_AT_ONCE = 20
_DROP_LOCK = 0x48434452
logger = logging.getLogger("harbour.leads")


def take_in_dropped_files() -> int:
    """Start a job for every file that waits in the folder, and for those a dead process left behind; how many."""
    files.drop_old_files()
    waiting, actor = files.settled_files()[:FILES_AT_ONCE], files.acting_person()
    if actor is None:
        if waiting:
            logger.error("nobody may take in dropped leads; set HARBOUR_LEAD_DROP_USER")
        return 0
    with transaction.atomic():
        if not _is_alone():
            return 0
        taken = [path for path in map(files.take, waiting) if path]
        known = set(Job.objects.filter(kind=KIND).values_list("params__file", flat=True))
        orphans = [path for path in files.folder().glob(f"*{files.TAKING}") if path.name not in known]
        for path in sorted({*taken, *orphans}):
            title = _("Leads from the file %(name)s") % {"name": path.name.removesuffix(files.TAKING)}
            start_job(KIND, title, requested_by=actor, params={"file": path.name})
    return len({*taken, *orphans})


class LeadDropRun(JobKind):
    """Takes the rows of a file in, each once; the result lies beside the file in done/."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        """Parts of twenty rows; a file that cannot be read is put away with the reason."""
        path = _path(job)
        try:
            reading, columns = files.read_file(path)
        except ValidationError as refusal:
            files.put_away(path, [("", _("refused"), "", "", " ".join(refusal.messages))])
            raise
        job.total = max(reading.count - 1, 0)
        parts = files.parts_of(path, reading.head[0][0], PART_ROWS)
        return [{"offset": offset, "count": count, "columns": columns} for offset, count in parts]

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        """Each row on its own: one refusal does not keep the others."""
        columns, actor = files.Columns(*params["columns"]), _acting(job)
        rows = stream_rows(files.rows_of(_path(job)), params["offset"], params["count"])
        found = [_taken_in(job, actor, number, files.values_of(cells, columns)) for number, cells in rows]
        JobRow.objects.bulk_create(found)
        refused = sum(row.outcome == "refused" for row in found)
        return Tally(len(found) - refused, refused)

    def finish(self, job: Job) -> dict[str, Any]:
        """The result file, and how many rows had which outcome."""
        files.put_away(_path(job), _results(job))
        return dict(job.rows.values_list("outcome").annotate(Count("pk")).order_by())

    def cancelled(self, job: Job) -> None:
        """What was taken in stays; the file is put away with what became of it so far."""
        files.put_away(_path(job), _results(job))

    def failed(self, job: Job) -> None:
        """The same after a fault; a file that was refused lies in done/ already."""
        if _path(job).exists():
            files.put_away(_path(job), _results(job))


def _taken_in(job: Job, actor: User, number: int, values: dict[str, str]) -> JobRow:
    row = JobRow(job=job, row_number=number, outcome="refused", label=values.get("name", "")[:200])
    asked = LeadSerializer(data=values)
    if not asked.is_valid():
        row.message = files.error_text(asked.errors)[:500]
        return row
    try:
        with transaction.atomic():
            customer, is_new = receive_lead(actor=actor, **asked.validated_data)
    except ValidationError as refusal:
        row.message = " ".join(refusal.messages)[:500]
        return row
    row.outcome, row.object_id, row.message = "created" if is_new else "known", customer.pk, customer.number
    return row


def _results(job: Job) -> Iterator[tuple[int, str, str, str, str]]:
    words = {"created": _("created"), "known": _("known already"), "refused": _("refused")}
    for row in job.rows.order_by("row_number").iterator():
        is_refused = row.outcome == "refused"
        number, reason = ("", row.message) if is_refused else (row.message, "")
        yield row.row_number, words[row.outcome], number, row.label, reason


def _acting(job: Job) -> User:
    if not job.requested_by.reach.has(files.ADD_RIGHT):
        raise ValidationError(_("%(name)s may no longer add customers.") % {"name": job.requested_by})
    return job.requested_by


def _path(job: Job) -> Path:
    return files.folder() / job.params["file"]


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [_DROP_LOCK])
        return bool(cursor.fetchone()[0])
