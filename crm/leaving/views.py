"""The leaver's desk: everything a person has on one page, and one step that hands it over."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access.gate import SignedInRequest, may, needs
from crm.leaving import actions
from crm.leaving.forms import LeavingForm
from crm.leaving.models import Departure
from crm.people.belongings import belongings
from crm.people.models import User
from crm.ui.verb_page import show_refusal


@needs("crm.change_user", model=User, rows="visible_to")
@require_http_methods(["GET", "POST"])
def user_leave(request: SignedInRequest, user: User) -> HttpResponse:
    """What the person has; the form while they are here, else what waits, runs or was done."""
    departure = user.departures.select_related("job", "heir", "requested_by").first()
    if request.headers.get("HX-Request") and departure is not None and departure.job is not None:
        return _progress(request, departure)
    if departure is not None and departure.state == Departure.State.CANCELLED:
        departure = None
    is_over = departure is not None and departure.finished_at is not None
    if is_over and user.is_active:  # came back since
        departure, is_over = None, False
    form = LeavingForm(request.POST or None, leaver=user) if departure is None and user.is_active else None
    if form is not None and form.is_valid():
        try:
            actions.plan_departure(user, actor=request.user, **form.plan())
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The hand-over is planned."))
            return redirect("settings:user_leave", user.pk)
    context: dict[str, Any] = {
        "person": user,
        "form": form,
        "departure": departure,
        "receivers": User.objects.filter(pk__in=departure.receiver_ids) if departure else [],
        "lines": _lines(request.user, user, departure),
        "is_open": departure is not None and departure.state == Departure.State.RUNNING,
        "is_waiting": departure is not None and departure.state == Departure.State.SCHEDULED,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "settings/leaving/leave.html", context, status=status)


@needs("crm.change_user", model=User, rows="visible_to")
@require_POST
def user_leave_cancel(request: SignedInRequest, user: User) -> HttpResponse:
    """Forget a departure before its day."""
    departure = user.departures.open().first()
    try:
        if departure is None:
            raise ValidationError(_("This has begun or ended already."))
        actions.cancel_departure(departure, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The departure is cancelled."))
    return redirect("settings:user_leave", user.pk)


def _progress(request: SignedInRequest, departure: Departure) -> HttpResponse:
    answer = render(request, "settings/leaving/_progress.html", {"departure": departure, "job": departure.job})
    if departure.state != Departure.State.RUNNING:
        answer["HX-Refresh"] = "true"
    return answer


def _lines(viewer: User, leaver: User, departure: Departure | None) -> list[dict[str, Any]]:
    """Each kind of thing: what there is now, what becomes of it, what was handed over."""
    handed = departure.counts if departure else {}
    return [
        {
            "belonging": belonging,
            "count": belonging.count(leaver),
            "groups": belonging.groups(leaver) if belonging.groups else [],
            "url": belonging.place(leaver) if belonging.place and may(viewer, belonging.right) else "",
            "handed": handed.get(code, 0),
        }
        for code, belonging in belongings().items()
    ]
