"""What a kind of job must say about itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from crm.jobs.models import Job
    from crm.people.models import User


class Tally(NamedTuple):
    """How many records of a chunk went well and how many did not."""

    done: int
    failed: int = 0


class JobKind:
    """A kind of long work. Everything a method writes commits together with the state of its chunk."""

    queue = "bulk"
    keeps_file_days = 7
    file_right = ""  # asked again when somebody fetches the file; "" asks only who they are

    def refuse_file(self, job: Job, actor: User) -> None:
        """ValidationError where its requester may not fetch the file any more; what it holds is a thing of the past."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        """The parameters of each chunk; sets `job.total`. Runs once, in its own transaction."""
        raise NotImplementedError

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        """Do one chunk, rights checked again for `job.requested_by`; twenty seconds at most."""
        raise NotImplementedError

    def finish(self, job: Job) -> dict[str, Any]:
        """After the last chunk: the result shown on the job page. May set `job.file_out` and `job.file_name`."""
        return {}

    def cancelled(self, job: Job) -> None:
        """After somebody cancelled; what is done stays done."""

    def failed(self, job: Job) -> None:
        """After the job failed for good."""


@cache
def kind_named(name: str) -> JobKind:
    """The kind settings.HARBOUR_JOB_KINDS gives for a name."""
    kind: JobKind = import_string(settings.HARBOUR_JOB_KINDS[name])()
    return kind
