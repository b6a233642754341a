"""Long documents are printed in the bulk worker."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.people.models import User
from sales.printing.rendering import PRINTED, print_row
from sales.printing.templates import template_for


class DocumentPrintRun(JobKind):
    """One chunk: print one document as its requester may see it now."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        """A single chunk with the random name of the file."""
        job.total = 1
        return [{"file": f"jobs/{secrets.token_hex(16)}"}]

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        """Make the file; made again after a crash, it has the same name."""
        wish = job.params
        row = _row(job, job.requested_by)
        if row is None:
            raise ValidationError(_("This document is out of your reach."))
        try:
            made = print_row(
                wish["kind"], row, job.requested_by, template_for(wish["kind"], wish["language"], wish["template"])
            )
        except PermissionDenied as denied:
            raise ValidationError(str(denied)) from denied
        path = Path(settings.MEDIA_ROOT) / params["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.content)
        return Tally(1)

    def finish(self, job: Job) -> dict[str, Any]:
        """The file, and under which name it is downloaded."""
        job.file_out = job.chunks.get(number=1).params["file"]
        job.file_name = f"{job.title}.pdf"
        return {}

    def refuse_file(self, job: Job, actor: User) -> None:
        """ValidationError where its requester does not see the document any more."""
        if _row(job, actor) is None:
            raise ValidationError(_("This document is out of your reach."), code="gone")


def _row(job: Job, user: User) -> Any:
    model, right = PRINTED[job.params["kind"]]
    return model.objects.within(user, right).filter(pk=job.params["pk"]).first()
