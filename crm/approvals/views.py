"""What is done with one approval: the decisions, bringing others in, and where a document would go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.forms import BaseForm
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from psycopg.errors import LockNotAvailable

from crm.access.gate import SignedInRequest, needs, signed_in
from crm.approvals import actions
from crm.approvals.compared import since_seen
from crm.approvals.forms import AddApproverForm, ColleagueForm, CommentForm, DecisionForm, ReasonForm, ReturnForm
from crm.approvals.models import ApprovalRequest
from crm.approvals.purposes import purpose_named, purposes
from crm.approvals.routing import preview
from crm.people.models import User
from crm.records.forms import has_code, refused
from crm.records.views import next_address

VIEW, DECIDE, DELEGATE = "crm.view_approval", "crm.decide_approval", "crm.delegate_approval"


@signed_in
@require_safe
def approval_preview(request: SignedInRequest, purpose: str, pk: int) -> HttpResponse:
    """Where a document in one's reach would go if one submitted it now; htmx gets the list alone."""
    declared = purposes().get(purpose)
    if declared is None:
        raise Http404
    manager: Any = apps.get_model(declared.model)._default_manager
    document = manager.within(request.user, declared.view_right).filter(pk=pk).first()
    if document is None:
        raise Http404
    context = {"preview": preview(purpose, document, actor=request.user), "document": document}
    is_part = getattr(request, "htmx", False)
    return render(request, "approvals/_preview.html" if is_part else "approvals/preview.html", context)


@needs(DECIDE, model=ApprovalRequest, rows="visible_to")
def approval_approve(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Agree."""
    if request.method != "POST":
        return redirect(approval)
    form = DecisionForm(request.POST)
    return _verb(request, approval, form, actions.approve, _("Approve"), _("Approved."))


@needs(DECIDE, model=ApprovalRequest, rows="visible_to")
def approval_reject(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Refuse for good."""
    if request.method != "POST":
        return redirect(approval)
    form = ReasonForm(request.POST)
    return _verb(request, approval, form, actions.reject, _("Reject"), _("Rejected."))


@needs(DECIDE, model=ApprovalRequest, rows="visible_to")
def approval_return(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Give the document back to be changed; where several steps were reached, asks at which it begins again."""
    if request.method != "POST":
        return redirect(approval)
    form = ReturnForm(request.POST, approval=approval)
    if "to_step" not in request.POST and len(form.fields["to_step"].choices) > 1:  # type: ignore[attr-defined]
        form = ReturnForm(initial=request.POST.dict(), approval=approval)
    return _verb(request, approval, form, actions.return_request, _("Return it"), _("Returned."))


@needs(DELEGATE, model=ApprovalRequest, rows="visible_to")
def approval_delegate(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Hand one's turn on."""
    form = ColleagueForm(request.POST or None, user=request.user)
    return _verb(request, approval, form, actions.delegate, _("Hand on"), _("Handed on."))


@needs(DECIDE, model=ApprovalRequest, rows="visible_to")
def approval_add_approver(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Let a colleague decide too."""
    form = AddApproverForm(request.POST or None, user=request.user)
    return _verb(request, approval, form, actions.add_approver, _("Add an approver"), _("Added."))


@needs(VIEW, model=ApprovalRequest)
def approval_comment(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Say something that decides nothing."""
    form = CommentForm(request.POST or None)
    return _verb(request, approval, form, actions.add_comment, _("Comment on it"), _("Comment kept."))


@needs(VIEW, model=ApprovalRequest)
def approval_withdraw(request: SignedInRequest, approval: ApprovalRequest) -> HttpResponse:
    """Take a document back."""
    form = CommentForm(request.POST or None)
    return _verb(request, approval, form, actions.withdraw, _("Withdraw"), _("Withdrawn."))


def _verb(
    request: SignedInRequest,
    approval: ApprovalRequest,
    form: BaseForm,
    act: Callable[..., Any],
    label: str,
    done: str,
) -> HttpResponse:
    """A page with a form and what it does; refused with 409 where somebody was first or the content changed."""
    status = 200
    user: User = request.user
    if form.is_valid():
        try:
            act(approval, actor=user, **form.cleaned_data)
        except ValidationError as refusal:
            if any(has_code(refusal, code) for code in ("decided", "stale", "conflict")):
                return _overtaken(request, approval, refusal, form.cleaned_data.get("seen", ""))
            refused(form, refusal)
            status = 422
        except OperationalError as fault:
            if not isinstance(fault.__cause__, LockNotAvailable):
                raise
            busy = ValidationError(_("Somebody else is changing this right now. Try again."), code="busy")
            return _overtaken(request, approval, busy)
        else:
            messages.success(request, done)
            return HttpResponseRedirect(next_address(request, approval.get_absolute_url()))
    elif form.errors:
        status = 422
    context = {
        "form": form,
        "title": label,
        "action_label": label,
        "back_url": approval.get_absolute_url(),
        "parent": approval.title,
    }
    return render(request, "settings/form.html", context, status=status)


def _overtaken(
    request: SignedInRequest, approval: ApprovalRequest, refusal: ValidationError, seen: str = ""
) -> HttpResponse:
    """Who was first and when, or what changed since this person looked: status 409, nothing was changed."""
    row = ApprovalRequest.objects.visible_to(request.user).select_related("submitted_by").get(pk=approval.pk)
    is_stale = has_code(refusal, "stale")
    context = {
        "row": row,
        "refusals": refusal.messages,
        "is_stale": is_stale,
        "differences": since_seen(purpose_named(row.purpose), row, seen) if is_stale else [],
    }
    return render(request, "approvals/overtaken.html", context, status=409)
