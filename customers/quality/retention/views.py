"""The page of retention: what a run would erase, and the run itself."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.history.models import Operation
from crm.records.keyset import COUNT_CAP
from crm.ui.formats import n0
from customers.quality.retention import running
from customers.quality.retention.classes import HISTORY_MINIMUM_DAYS

RUNS_SHOWN = 10


@needs(running.VIEW_RIGHT)
@require_safe
def retention(request: SignedInRequest) -> HttpResponse:
    """Every class with its period, its minimum and what a run would erase now; the latest runs."""
    lines = running.preview()
    ended = Operation.objects.filter(verb=running.ENDED).select_related("actor").order_by("-pk")
    context = {
        "lines": lines,
        "cap": COUNT_CAP,
        "runs": ended[:RUNS_SHOWN],
        "history_days": HISTORY_MINIMUM_DAYS,
        "is_running": running.is_running(),
        "may_run": request.user.reach.has(running.RUN_RIGHT),
        "may_set": request.user.reach.has("crm.manage_company"),
    }
    return render(request, "customers/quality/retention.html", context)


@needs(running.RUN_RIGHT)
@require_http_methods(["GET", "POST"])
def retention_run(request: SignedInRequest) -> HttpResponse:
    """Asks once with the counts, then starts the run."""
    if request.method == "POST":
        try:
            job = running.start_retention(request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect("settings:retention")
        return redirect(job)
    back = reverse("settings:retention")
    going = [line for line in running.preview() if line.count]
    facts = [f"{line.kind.label}: {n0(min(line.count, COUNT_CAP))}{'+' * (line.count > COUNT_CAP)}" for line in going]
    context = {
        "title": _("Run retention now"),
        "text": _("What is erased cannot be put back.") if going else _("Nothing is past its period."),
        "facts": facts,
        "action_label": _("Erase now"),
        "danger": True,
        "parent": _("Retention"),
        "parent_url": back,
        "cancel_url": back,
    }
    return render(request, "records/confirm.html", context)
