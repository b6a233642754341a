"""The files of reports, made in the bulk worker out of the same document as the page."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.people.models import User
from reports.catalogue import REPORTS
from reports.figures.documents import Document
from reports.printing import write_pdf, write_xlsx

# what a report counts, and which columns of pooled customers it tells apart
_RIGHTS = ("reports.export_report", "customers.view_customer", "customers.view_history", "customers.assign_customer")


class ReportRun(JobKind):
    """One chunk: build the document as its requester may see it now, write the file."""

    extension = ""
    file_right = "reports.export_report"

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        """A single chunk with the random name of the file, and how far its requester reaches."""
        job.total = 1
        return [{"file": f"jobs/{secrets.token_hex(16)}", "reach": job.requested_by.reach.extent(*_RIGHTS)}]

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        """Make the file; made again after a crash, it has the same name."""
        if not job.requested_by.reach.has("reports.export_report"):
            raise ValidationError(_("Your role does not include this."))
        path = Path(settings.MEDIA_ROOT) / params["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        self.write(self.document(job), path)
        return Tally(1)

    def finish(self, job: Job) -> dict[str, Any]:
        """The file, and under which name it is downloaded."""
        report = REPORTS[job.params["slug"]]
        chunk = job.chunks.get(number=1).params
        job.file_out = chunk["file"]
        job.file_name = f"{report.title}-{timezone.localdate():%Y%m%d}.{self.extension}"
        return {"reach": chunk.get("reach")}

    def refuse_file(self, job: Job, actor: User) -> None:
        """ValidationError where its requester reaches other rows now than when it was begun."""
        if job.result.get("reach") != actor.reach.extent(*_RIGHTS):
            text = _("What you may export has changed since. Start again to get a new file.")
            raise ValidationError(text, code="gone")

    def document(self, job: Job) -> Document:
        """The report for the requester, on the day of the request."""
        report = REPORTS[job.params["slug"]]
        form = report.form(QueryDict(job.params["query"]), today=date.fromisoformat(job.params["today"]))
        if not form.is_valid():
            raise ValidationError([message for messages in form.errors.values() for message in messages])
        return report.build(job.requested_by, form.wish())

    def write(self, document: Document, path: Path) -> None:
        """Write the file."""
        raise NotImplementedError


class ReportPdfRun(ReportRun):
    """A report on paper."""

    extension = "pdf"

    def write(self, document: Document, path: Path) -> None:
        """Write the PDF."""
        write_pdf(document, path)


class ReportXlsxRun(ReportRun):
    """A report as a workbook."""

    extension = "xlsx"

    def write(self, document: Document, path: Path) -> None:
        """Write the workbook."""
        write_xlsx(document, path)
