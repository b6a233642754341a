"""Asking for the file of a report."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from crm.history.operations import operation
from crm.jobs.actions import start_job
from crm.jobs.models import Job
from crm.people.models import User
from reports.catalogue import Report
from reports.forms import NewBusinessForm

SAME_REQUEST = timedelta(minutes=1)


def request_report_file(report: Report, form: NewBusinessForm, file_format: str, *, actor: User) -> Job:
    """Start making a report's file (pdf or xlsx); asked for again within a minute, it is the same job."""
    params = {"slug": report.slug, **form.as_params()}
    facts = {"report": report.slug, "format": file_format, "query": params["query"]}
    with operation(actor, "report_requested", facts=facts) as entry:
        _one_request_at_a_time(actor)
        recent = Job.objects.filter(
            requested_by=actor,
            kind=f"report-{file_format}",
            params=params,
            created_at__gt=timezone.now() - SAME_REQUEST,
        ).exclude(state__in=[Job.State.FAILED, Job.State.CANCELLED])
        title = f"{report.title} ({file_format.upper()})"
        return recent.first() or start_job(
            f"report-{file_format}", title, requested_by=actor, params=params, operation=entry
        )


def _one_request_at_a_time(actor: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('report_requested'), %s)", [actor.pk])
