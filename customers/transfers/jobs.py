"""The background work of a transfer and of its undo."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.history.operations import tied_to
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from customers.transfers import finishing
from customers.transfers.chunk import Chunk
from customers.transfers.models import Transfer
from customers.transfers.querysets import TRANSFER_RIGHT
from customers.transfers.running import chunks, move_chunk, put_back_chunk


class TransferRun(JobKind):
    """Moves the planned rows of a transfer."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        going = _transfer(job).rows.going()
        job.total = going.count()
        return chunks(going)

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        with tied_to(_entitled(job)):
            return move_chunk(Chunk(_transfer(job), params["first"], params["last"]), job.requested_by)

    def finish(self, job: Job) -> dict[str, Any]:
        return finishing.finish_transfer(_transfer(job), Transfer.State.DONE)

    def cancelled(self, job: Job) -> None:
        finishing.finish_transfer(_transfer(job), Transfer.State.CANCELLED)

    def failed(self, job: Job) -> None:
        finishing.finish_transfer(_transfer(job), Transfer.State.FAILED)


class TransferUndo(JobKind):
    """Puts back what a transfer moved."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        moved = _transfer(job).rows.moved()
        job.total = moved.count()
        return chunks(moved)

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        with tied_to(_entitled(job)):
            return put_back_chunk(Chunk(_transfer(job), params["first"], params["last"]), job.requested_by)

    def finish(self, job: Job) -> dict[str, Any]:
        return finishing.finish_undo(_transfer(job))


def _transfer(job: Job) -> Transfer:
    return Transfer.objects.select_related("operation", "requested_by").get(pk=job.params["transfer"])


def _entitled(job: Job) -> Any:
    if not job.requested_by.reach.has(TRANSFER_RIGHT):
        raise ValidationError(_("%(name)s may no longer move customers.") % {"name": job.requested_by})
    return job.operation
