"""The background work of the pools."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from customers.pool import recycling


class RecycleRun(JobKind):
    """Takes back what the rules of the pools say; run twice or late, it does the same as once and on time."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        chunks = list(recycling.planned_chunks(datetime.fromisoformat(job.params["as_of"])))
        job.total = sum(chunk["count"] for chunk in chunks)
        return chunks

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        return recycling.recycle_chunk(job, params)

    def finish(self, job: Job) -> dict[str, Any]:
        return recycling.finish_run(job)
