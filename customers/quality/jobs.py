"""The background work of cleaning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.records.selection import Selection
from customers.quality import normalising


class Normalisation(JobKind):
    """Writes the uniform spelling part by part; rights, reach and what was seen are asked again for each."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        ids = normalising.chosen_ids(Selection.from_params(job.params), job.requested_by, job.params["fields"])
        job.total = len(ids)
        size = normalising.CHUNK
        return [{"ids": ids[start : start + size]} for start in range(0, len(ids), size)]

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        if not job.requested_by.reach.has(normalising.RIGHT):
            raise ValidationError(_("You may no longer change customers."))
        assert job.operation is not None  # normalise gives it one
        seen = datetime.fromisoformat(job.params["seen"])
        outcome = normalising.normalise_part(
            params["ids"], actor=job.requested_by, codes=job.params["fields"], seen=seen, entry=job.operation
        )
        return Tally(len(outcome.changed), outcome.skipped)

    def finish(self, job: Job) -> dict[str, Any]:
        job.refresh_from_db(fields=["done", "failed"])
        facts = [[_("Customers changed"), f"{job.done:,}"], [_("Stayed as they are"), f"{job.failed:,}"]]
        return {"facts": facts, "url": reverse("customers:normalise")}
