"""Pages of jobs: the list, progress, stopping, the file; and work that failed for good."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs, signed_in
from crm.jobs import actions
from crm.jobs.models import Job, Outbox
from crm.ui.paging import older_than

PAGE_SIZE = 50
ROWS_SHOWN = 200
STOP_POLLING = 286


@signed_in
@require_safe
def job_list(request: SignedInRequest) -> HttpResponse:
    jobs = Job.objects.visible_to(request.user).select_related("requested_by")
    page = older_than(jobs, request.GET.get("before", ""), PAGE_SIZE)
    return render(request, "jobs/list.html", {"page": page, "before": request.GET.get("before", "")})


@signed_in
@require_safe
def job_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    return render(request, "jobs/detail.html", _told(request, _job(request, pk)))


@signed_in
@require_safe
def job_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The changing part of the page; htmx stops asking when it is answered with 286."""
    job = _job(request, pk)
    return render(request, "jobs/_live.html", _told(request, job), status=STOP_POLLING if job.is_over else 200)


@signed_in
@require_POST
def job_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    job = Job.objects.asked_by(request.user).filter(pk=pk).first()
    if job is None:
        raise Http404
    try:
        actions.cancel_job(job, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    return redirect(job)


@signed_in
@require_safe
def job_download(request: SignedInRequest, pk: int) -> HttpResponseBase:
    job = _job(request, pk)
    try:
        path = actions.file_for(job, actor=request.user)
    except ValidationError as refusal:
        return render(request, "jobs/detail.html", {**_told(request, job), "refusal": refusal.messages[0]}, status=404)
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=job.file_name)
    answer["Content-Security-Policy"] = "sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


@needs("crm.retry_outbox")
@require_safe
def outbox_list(request: SignedInRequest) -> HttpResponse:
    dead = Outbox.objects.dead().order_by("-dead_at", "-pk")[:ROWS_SHOWN]
    return render(request, "jobs/outbox.html", {"rows": dead})


@needs("crm.retry_outbox")
@require_POST
def outbox_retry(request: SignedInRequest, pk: int) -> HttpResponse:
    row = Outbox.objects.dead().filter(pk=pk).first()
    if row is None:
        raise Http404
    actions.retry_outbox_row(row, actor=request.user)
    messages.success(request, _("It will be tried again now."))
    return redirect("jobs:outbox_list")


def _job(request: SignedInRequest, pk: int) -> Job:
    job = Job.objects.visible_to(request.user).select_related("requested_by").filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def _told(request: SignedInRequest, job: Job) -> dict[str, object]:
    polls = int(request.GET.get("n", "0")) if request.GET.get("n", "0").isdecimal() else 0
    is_mine = job.requested_by_id == request.user.pk
    return {
        "job": job,
        "rows": job.rows.all()[:ROWS_SHOWN] if job.is_over and is_mine else (),
        "is_mine": is_mine,
        "pause": 1 if polls < 20 else 3,
        "next_poll": min(polls + 1, 99),
    }
