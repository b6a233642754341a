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
from reports.workbench.desk import OfficeDesk, SalesDesk, greeting, unread_notices


@signed_in
@require_safe
def workbench(request: SignedInRequest) -> HttpResponse:
    """What to do now: for sellers follow-ups and customers, for administrators the system, for others their places."""
    user: Any = request.user
    context: dict[str, Any] = {
        "greeting": greeting(timezone.now()),
        "today": timezone.localdate(),
        "may_finish": user.reach.has("customers.change_task"),
        "notices": unread_notices(user),
    }
    if user.reach.has("customers.add_task"):
        context |= {"quick": QuickTaskForm(), "quick_day": timezone.localdate()}
    if user.reach.has("customers.own_customer"):
        desk = SalesDesk(user, wants_own=request.GET.get("of") == "me")
        return render(request, "workbench/sales.html", {**context, "desk": desk})
    if user.reach.has("customers.view_customer"):
        context["desk"] = OfficeDesk(user)
    elif user.reach.has("crm.view_system"):
        context["checks"] = [(name, result == "ok") for name, result in health_checks().items()]
    if user.reach.has("crm.view_system"):
        context["jobs"] = Job.objects.select_related("requested_by").order_by("-pk")[:8]
    groups = [places for _label, places in setting_groups(user)]
    context["places"] = [place for places in groups[1:] for place in places]
    return render(request, "workbench/office.html", context)
