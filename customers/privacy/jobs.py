"""The background work of requests of persons."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from customers.privacy.documents import kept_documents, told_kept
from customers.privacy.erasure import anonymise_contacts
from customers.privacy.models import PersonRequest
from customers.privacy.package import write_package
from customers.privacy.requests import EXECUTE, finish_request, put_back_request

TOGETHER = 20


class PersonJob(JobKind):
    """What both kinds share: the request is held by its state, and freed again when the work ends badly."""

    queue = "default"

    def request_of(self, job: Job) -> PersonRequest:
        """The request, while it may be carried out by the one who started this."""
        asked = PersonRequest.objects.get(pk=job.params["request"])
        if asked.state != PersonRequest.State.RUNNING or asked.job_id != job.pk:
            raise ValidationError(_("This request is no longer being carried out."))
        if not job.requested_by.reach.has(EXECUTE):
            raise ValidationError(_("Your role does not include this."))
        return asked

    def cancelled(self, job: Job) -> None:
        """It can be carried out again; what is erased stays erased."""
        put_back_request(job.params["request"])

    def failed(self, job: Job) -> None:
        """It can be carried out again."""
        put_back_request(job.params["request"])


class PersonPackage(PersonJob):
    """The ZIP a person gets; fetched by the one who started it, as long as they may carry requests out."""

    file_right = EXECUTE
    keeps_file_days = 7

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        """A single chunk with the random name of the file."""
        self.request_of(job)
        job.total = 1
        return [{"file": f"jobs/{secrets.token_hex(16)}"}]

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        """Write the file; written again after a crash, it has the same name."""
        path = Path(settings.MEDIA_ROOT) / params["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        write_package(self.request_of(job), path)
        return Tally(1)

    def finish(self, job: Job) -> dict[str, Any]:
        """The file under the number of the request, which names nobody."""
        asked = self.request_of(job)
        job.file_out, job.file_name = job.chunks.get(number=1).params["file"], f"{asked.number}.zip"
        finish_request(asked.pk)
        return {}


class PersonErasure(PersonJob):
    """The erasure of the contacts of a request, some at a time."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        """Chunks of contacts; the first says which documents keep the name, as nobody can tell afterwards."""
        ids = self.request_of(job).contact_ids
        job.total = len(ids)
        kept = [[name, str(ground)] for name, ground in told_kept(kept_documents(ids))]
        parts = [ids[at : at + TOGETHER] for at in range(0, len(ids), TOGETHER)]
        return [{"contacts": part, "kept": [] if place else kept} for place, part in enumerate(parts)]

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        """Erase them; those erased before count as well."""
        asked, with_texts = self.request_of(job), bool(job.params.get("with_texts"))
        anonymise_contacts(params["contacts"], "request", asked, actor=job.requested_by, with_texts=with_texts)
        return Tally(len(params["contacts"]))

    def finish(self, job: Job) -> dict[str, Any]:
        """Close the request; its answer names what is kept, and on which ground."""
        kept = job.chunks.get(number=1).params["kept"]
        lines = [_("Kept %(documents)s (%(reason)s).") % {"documents": name, "reason": why} for name, why in kept]
        told = "\n".join([_("Erased for good."), *lines])
        finish_request(self.request_of(job).pk, told)
        return {"facts": kept}
