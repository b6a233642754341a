"""The first page after signing in."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, signed_in
from crm.jobs.models import Job
from crm.operations.health import health_checks
from crm.ui.settings_places import setting_groups
from customers.tasks.forms import QuickTaskForm
from reports.workbench.desk import Desk, OfficeDesk, SalesDesk, greeting


@signed_in
@require_safe
def workbench(request: SignedInRequest) -> HttpResponse:
    """What to do now: for sellers follow-ups and customers, for administrators the system, for others their places."""
    user: Any = request.user
    desk = _desk(user, wants_own=request.GET.get("of") == "me")
    context: dict[str, Any] = {
        "greeting": greeting(timezone.now()),
        "today": timezone.localdate(),
        "notices": desk.notices(),
        "approvals": desk.approvals(),
        "bank_lines": desk.bank_lines(),
        "may_finish": user.reach.has("customers.change_task"),
    }
    if user.reach.has("customers.add_task"):
        context |= {"quick": QuickTaskForm(), "quick_day": timezone.localdate()}
    if isinstance(desk, SalesDesk):
        return render(request, "workbench/sales.html", {**context, "desk": desk})
    if isinstance(desk, OfficeDesk):
        context["desk"] = desk
    elif user.reach.has("crm.view_system"):
        context["checks"] = [(name, result == "ok") for name, result in health_checks().items()]
    if user.reach.has("crm.view_system"):
        context["jobs"] = Job.objects.select_related("requested_by").order_by("-pk")[:8]
    groups = [places for _label, places in setting_groups(user)]
    context["places"] = [place for places in groups[1:] for place in places]
    return render(request, "workbench/office.html", context)


def _desk(user: Any, *, wants_own: bool) -> Desk:
    if user.reach.has("customers.own_customer"):
        return SalesDesk(user, wants_own=wants_own)
    return OfficeDesk(user) if user.reach.has("customers.view_customer") else Desk(user)
