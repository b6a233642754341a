"""Report pages; their files are made in the background and fetched from the job's page."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from crm.access.gate import SignedInRequest, needs
from reports import actions
from reports.catalogue import REPORTS, Report


@needs("reports.view_report")
def report_list(request: SignedInRequest) -> HttpResponse:
    return render(request, "reports/list.html", {"reports": REPORTS.values()})


@needs("reports.view_report")
def report_detail(request: SignedInRequest, slug: str) -> HttpResponse:
    report = _report(slug)
    form = report.form(request.GET)
    if not form.is_valid():
        return render(request, "reports/detail.html", {"report": report, "form": form}, status=400)
    document = report.build(request.user, form.wish())
    return render(request, "reports/detail.html", {"report": report, "form": form, "document": document})


@needs("reports.export_report")
def report_file(request: SignedInRequest, slug: str, file_format: str) -> HttpResponse:
    report = _report(slug)
    form = report.form(request.GET)
    if not form.is_valid():
        return render(request, "reports/detail.html", {"report": report, "form": form}, status=400)
    return redirect(actions.request_report_file(report, form, file_format, actor=request.user))


def _report(slug: str) -> Report:
    if slug not in REPORTS:
        raise Http404
    return REPORTS[slug]
