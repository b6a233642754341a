"""Check, apply and undo of imports as jobs of chunks: a killed worker loses and repeats nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import tied_to
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.records.spreadsheets import row_offsets, stream_rows
from customers.imports.actions import count_outcomes
from customers.imports.applying import apply_rows
from customers.imports.causes import Cause, rows_with
from customers.imports.checking import Checker, stage
from customers.imports.models import ImportSet
from customers.imports.receiving import remove_files, rows_file_of
from customers.imports.repairing import repair_part
from customers.imports.undoing import undo_rows

CHECK_ROWS = 4000
APPLY_ROWS = 4000
RIGHT = "customers.import_customer"
State = ImportSet.State


class ImportJob(JobKind):
    """What the three have in common: the import they work on and where it stands when they end early."""

    state_after_stop = State.APPLIED

    def import_set(self, job: Job) -> ImportSet:
        """The import of a job, with rights asked for again."""
        if not job.requested_by.reach.has(RIGHT):
            raise ValidationError(_("You may no longer import customers."))
        found = ImportSet.objects.select_related("operation").get(pk=job.params["import_set"])
        found.requested_by = job.requested_by
        return found

    def parts(self, job: Job) -> list[dict[str, Any]]:
        """Ranges of row numbers with the rows there is something to do for."""
        numbers = list(
            self.import_set(job).rows.filter(outcome__in=["created", "changed"]).order_by("row_number")
            .values_list("row_number", flat=True)
        )  # fmt: skip
        job.total = len(numbers)
        starts = range(0, len(numbers), APPLY_ROWS)
        return [{"first": numbers[at], "last": numbers[min(at + APPLY_ROWS, len(numbers)) - 1]} for at in starts]

    def _end(self, job: Job, state: str, **fields: Any) -> None:
        import_set = ImportSet.objects.get(pk=job.params["import_set"])
        count_outcomes(import_set)
        ImportSet.objects.filter(pk=import_set.pk).update(state=state, **fields)

    def cancelled(self, job: Job) -> None:
        """What is done stays done."""
        self._end(job, self.state_after_stop, error=_("Stopped; rows not yet done were left out."))

    def failed(self, job: Job) -> None:
        """What is done stays done."""
        self._end(job, self.state_after_stop, error=_("Stopped by a fault; rows not yet done were left out."))


class ImportCheck(ImportJob):
    """The dry run: rows into staging, each with what it would do."""

    state_after_stop = State.FAILED

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        import_set = self.import_set(job)
        if not import_set.file_path or not rows_file_of(import_set).exists():
            raise ValidationError(_("The uploaded file is gone. Upload it again."))
        import_set.rows.all()._raw_delete(import_set.rows.db)  # staging of an earlier check; nothing points to it
        job.total = import_set.total
        for offset, count in row_offsets(rows_file_of(import_set), import_set.header_row, CHECK_ROWS):
            yield {"offset": offset, "count": count}

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        import_set = self.import_set(job)
        rows = stream_rows(rows_file_of(import_set), params["offset"], params["count"])
        decided = Checker(import_set).decide(rows)
        stage(import_set, decided)
        refused = sum(row.outcome == "refused" for row in decided)
        return Tally(done=len(decided) - refused, failed=refused)

    def finish(self, job: Job) -> dict[str, Any]:
        self._end(job, State.CHECKED, error="")
        return ImportSet.objects.get(pk=job.params["import_set"]).counts


class ImportRepair(ImportJob):
    """The same repair for very many rows; those already repaired no longer share the cause."""

    state_after_stop = State.CHECKED

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        rows = rows_with(self.import_set(job), Cause(*job.params["cause"]))
        numbers = list(rows.values_list("row_number", flat=True))
        job.total = len(numbers)
        for at in range(0, len(numbers), CHECK_ROWS):
            yield {"first": numbers[at], "last": numbers[min(at + CHECK_ROWS, len(numbers)) - 1]}

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        import_set, shared = self.import_set(job), Cause(*job.params["cause"])
        rows = list(rows_with(import_set, shared).filter(row_number__range=(params["first"], params["last"])))
        passed = repair_part(import_set, rows, shared, job.params["choice"], job.params["text"], job.requested_by)
        return Tally(done=passed, failed=len(rows) - passed)

    def finish(self, job: Job) -> dict[str, Any]:
        self._end(job, State.CHECKED, error="")
        return {"passed": job.done, "refused": job.failed}


class ImportApply(ImportJob):
    """The writing; the events of all its rows hang on the operation that started it."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        return self.parts(job)

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        assert job.operation is not None
        with tied_to(job.operation):
            return apply_rows(self.import_set(job), params["first"], params["last"])

    def finish(self, job: Job) -> dict[str, Any]:
        self._end(job, State.APPLIED, error="", applied_at=timezone.now())
        import_set = ImportSet.objects.get(pk=job.params["import_set"])
        remove_files(import_set)
        return import_set.counts


class ImportUndo(ImportJob):
    """The way back."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        return self.parts(job)

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        assert job.operation is not None
        with tied_to(job.operation):
            return undo_rows(self.import_set(job), params["first"], params["last"], job.requested_by)

    def finish(self, job: Job) -> dict[str, Any]:
        self._end(job, State.UNDONE, error="")
        return {"taken_back": job.done, "kept": job.failed}
