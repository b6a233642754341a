"""Pages of the export ledger, and of the requests for exports above the daily limit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from crm.access.gate import SignedInRequest, needs, signed_in
from crm.history.models import Operation
from crm.records.export_requests import DECIDE_RIGHT, State, decide_export, has_lapsed, refuse_decider
from crm.records.exports import VERB, export_named
from crm.records.models import ExportRequest
from crm.ui.paging import older_than
from crm.ui.verb_page import show_refusal

ALL_RIGHT = "crm.view_audit"
PAGE_SIZE = 50


class DecideExportForm(forms.Form):
    """Grant or refuse, and what to say with it."""

    decision = forms.ChoiceField(
        choices=[("grant", gettext_lazy("Grant")), ("refuse", gettext_lazy("Refuse"))],
        label=gettext_lazy("Decision"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Grant or refuse.")},
    )
    answer = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("Answer"), help_text=gettext_lazy("Needed for a refusal.")
    )


@signed_in
@require_safe
def export_ledger(request: SignedInRequest) -> HttpResponse:
    """One's own exports; everybody's for those who read the audit log."""
    before = request.GET.get("before", "")
    done = Operation.objects.filter(verb=VERB).select_related("actor").prefetch_related("jobs")
    page = older_than(done if request.user.reach.has(ALL_RIGHT) else done.filter(actor=request.user), before, PAGE_SIZE)
    lines = [_line(entry) for entry in page.rows]
    return render(request, "records/export_ledger.html", {"lines": lines, "page": page, "before": before})


@signed_in
@require_safe
def export_requests(request: SignedInRequest) -> HttpResponse:
    """One's own requests; everybody's for those who decide."""
    before, is_decider = request.GET.get("before", ""), request.user.reach.has(DECIDE_RIGHT)
    asked = ExportRequest.objects.select_related("asked_by", "decided_by", "job")
    page = older_than(asked if is_decider else asked.filter(asked_by=request.user), before, PAGE_SIZE)
    lines = [
        {
            "wish": wish,
            "title": export_named(wish.model).title,
            "filter": wish.params.get("filter", ""),
            "tone": {State.OPEN: "blue", State.GRANTED: "green"}.get(State(wish.state), "amber"),
            "may_decide": is_decider
            and wish.asked_by_id != request.user.pk
            and wish.state == State.OPEN
            and not has_lapsed(wish),
            "job": wish.job if wish.asked_by_id == request.user.pk else None,
        }
        for wish in page.rows
    ]
    return render(request, "records/export_requests.html", {"lines": lines, "page": page, "before": before})


@needs(DECIDE_RIGHT)
@require_http_methods(["GET", "POST"])
def export_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """Grant or refuse a request of somebody else."""
    wish = ExportRequest.objects.select_related("asked_by").filter(pk=pk).first()
    if wish is None:
        raise Http404
    refuse_decider(wish, request.user)
    form = DecideExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            decide_export(wish, actor=request.user, is_granted=said["decision"] == "grant", answer=said["answer"])
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Decided."))
            return redirect("records:export_requests")
    address = reverse("records:export_requests")
    context = {
        "title": _("Decide on an export"),
        "parent": _("Requests for exports"),
        "parent_url": address,
        "facts": _facts(wish),
        "form": form,
        "action_label": _("Decide"),
        "cancel_url": address,
    }
    return render(request, "records/confirm.html", context, status=422 if form.errors else 200)


def _facts(wish: ExportRequest) -> list[str]:
    """What a decider learns: everything but the rows."""
    return [
        _("%(name)s wants to export %(what)s.") % {"name": wish.asked_by, "what": wish},
        _("Filter: %(filter)s") % {"filter": wish.params.get("filter") or _("the whole list")},
        _("With contact details in full.") if wish.has_contact_details else _("Contact details are masked."),
        _("What for: %(reason)s") % {"reason": wish.reason},
    ]


def _line(entry: Operation) -> dict[str, Any]:
    facts, job = entry.facts, next(iter(entry.jobs.all()), None)
    return {
        "entry": entry,
        "title": export_named(facts["model"]).title,
        "filter": facts.get("filter", ""),
        "details": facts.get("details"),
        "digest": job.result.get("sha256", "") if job else "",
        "job": job,
    }
