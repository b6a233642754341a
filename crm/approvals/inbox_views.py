"""The inbox: lists beside the approval one reads, and deciding on several at once."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.approvals import actions
from crm.approvals.deciding import decision_context
from crm.approvals.forms import CommentForm, CopyForm
from crm.approvals.inbox import DECIDE, VIEW, Inbox, inbox
from crm.approvals.matters import COMMENT_AT_MOST
from crm.approvals.models import ApprovalRequest
from crm.approvals.several import several_rows
from crm.ui.verb_page import verb_page

_PICK = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


@needs(VIEW)
@require_safe
def approval_list(request: SignedInRequest) -> HttpResponse:
    """The inbox; on wide screens with the first approval of the list beside it."""
    try:
        found = inbox(request.user, request.GET)
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    context: dict[str, Any] = {"inbox": found, "is_list": True}
    if found.rows:
        first = found.rows[0]
        first.is_current = True
        whole = ApprovalRequest.objects.shown_to(request.user).get(pk=first.request.pk)
        context |= decision_context(request.user, whole)
        context["next"] = _back(found)
    return render(request, "approvals/inbox.html", context)


@needs(VIEW, model=ApprovalRequest, rows="shown_to")
@require_safe
def approval_detail(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """One approval: what is decided on, what changed, its flow; on wide screens beside the list it came from."""
    try:
        found = inbox(request.user, request.GET, approval)
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    context = {"inbox": found, "is_list": False, "next": _back(found), **decision_context(request.user, approval)}
    return render(request, "approvals/inbox.html", context)


@needs(DECIDE)
def approval_several(request: SignedInRequest) -> HttpResponse:
    """Approve several at once: choose rows, one comment, and what became of each."""
    form = CommentForm(request.POST if request.method == "POST" else None)
    picks = dict(_picks(request)) if request.method == "POST" else {}
    if request.method == "POST" and form.is_valid():
        if not picks:
            form.add_error(None, _("Choose at least one."))
        else:
            return _decided(request, picks, form)
    context = {
        "rows": several_rows(request.user, request.GET.get("purpose", "")),
        "form": form,
        "picked": picks,
        "at_most": COMMENT_AT_MOST,
    }
    return render(request, "approvals/several.html", context, status=422 if form.errors else 200)


@needs(VIEW, model=ApprovalRequest)
def approval_copy(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Let colleagues read it."""
    return verb_page(
        request,
        CopyForm(request.POST or None, user=request.user),
        lambda **fields: actions.copy_to(approval, actor=request.user, **fields),
        title=_("Send copies"),
        action_label=_("Send copies"),
        back_url=approval.get_absolute_url(),
        parent=approval.title,
        done=_("Copies sent."),
    )


@needs(VIEW, model=ApprovalRequest)
def approval_read(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Mark one's copy read; the page of an unread one sends this when it is opened."""
    if request.method == "POST":
        actions.read_copy(approval, actor=request.user)
        if getattr(request, "htmx", False):
            return HttpResponse(status=204)
    return redirect(approval)


def _decided(request: SignedInRequest, picks: dict[int, str], form: CommentForm) -> HttpResponse:
    try:
        outcomes = actions.decide_many(picks, actor=request.user, comment=form.cleaned_data["comment"])
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("approvals:approval_several")
    titles = {row.pk: row for row in ApprovalRequest.objects.visible_to(request.user).filter(pk__in=picks)}
    done = sum(outcome.is_done for outcome in outcomes)
    context = {
        "outcomes": [(titles.get(outcome.request_id), outcome) for outcome in outcomes],
        "done_text": ngettext("%(count)s approved", "%(count)s approved", done) % {"count": done},
        "refused": len(outcomes) - done,
    }
    return render(request, "approvals/outcomes.html", context)


def _picks(request: HttpRequest) -> list[tuple[int, str]]:
    """The requests chosen, each with the content that was shown."""
    found = [_PICK.fullmatch(value) for value in request.POST.getlist("pick")]
    return [(int(one[1]), one[2]) for one in found if one]


def _back(found: Inbox) -> str:
    return f"{reverse('approvals:approval_list')}?{found.query}"
