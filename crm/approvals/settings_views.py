"""Delegations, under one's own settings; whoever keeps the flows sees those of everybody."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs, signed_in
from crm.approvals import delegations
from crm.approvals.delegations import DELEGATE_RIGHT, KEEP_RIGHT, delegations_seen_by, running
from crm.approvals.forms import DelegationForm
from crm.approvals.purposes import purposes
from crm.ui.verb_page import verb_page

SHOWN_AT_MOST = 200


@signed_in
@require_safe
def delegation_list(request: SignedInRequest) -> HttpResponse:
    """Who decides in one's name, and in whose name one decides; for keepers of the flows everybody's."""
    user, today = request.user, timezone.localdate()
    is_keeper = user.reach.has(KEEP_RIGHT)
    seen = delegations_seen_by(user)
    labels = {code: purpose.label for code, purpose in purposes().items()}
    lines = [
        (row, [labels.get(code, code) for code in row.purposes], row.starts_on <= today, is_keeper or row.giver == user)
        for row in running(seen).order_by("starts_on", "pk")[:SHOWN_AT_MOST]
    ]
    ended = seen.exclude(pk__in=running(seen).values("pk")).order_by("-ends_on", "-pk")[:20]
    context = {"lines": lines, "ended": ended, "is_keeper": is_keeper}
    return render(request, "approvals/delegations.html", context)


@needs(DELEGATE_RIGHT)
def delegation_new(request: SignedInRequest) -> HttpResponse:
    """Let a colleague decide in one's name."""
    return verb_page(
        request,
        DelegationForm(request.POST or None, user=request.user, initial={"starts_on": timezone.localdate()}),
        lambda **fields: delegations.give_delegation(actor=request.user, **fields),
        title=_("New delegation"),
        action_label=_("Let them decide"),
        back_url=reverse("settings:delegation_list"),
        parent=_("Delegations"),
        note=_("On these days, what would wait for you waits for your colleague. What waits already stays with you."),
        done=_("Delegation added."),
    )


@signed_in
@require_POST
def delegation_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Decide oneself again."""
    row = delegations_seen_by(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404
    try:
        delegations.end_delegation(row, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Delegation ended."))
    return redirect("settings:delegation_list")
