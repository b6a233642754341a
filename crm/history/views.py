"""The audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.history.audit import AuditForm, names_subject, operations_matching
from crm.history.models import Operation
from crm.history.verbs import worded
from crm.ui.paging import older_than

if TYPE_CHECKING:
    from crm.people.models import User

PAGE_SIZE = 50


@needs("crm.view_audit")
@require_safe
def audit_list(request: SignedInRequest) -> HttpResponse:
    """Operations, newest first, a page at a time by id."""
    before = request.GET.get("before", "")
    form = AuditForm(request.GET or None)
    rows = operations_matching(form.cleaned_data if form.is_valid() else {}, request.user)
    page = older_than(rows, before, PAGE_SIZE)
    kept = request.GET.copy()
    kept.pop("before", None)
    context = {
        "form": form,
        "entries": [_told(entry, request.user) for entry in page.rows],
        "next": page.next,
        "before": before,
        "kept": kept.urlencode(),
    }
    status = 400 if form.is_bound and not form.is_valid() else 200
    return render(request, "settings/audit_list.html", context, status=status)


def _told(entry: Operation, user: User) -> tuple[Any, ...]:
    """An operation in words; what it is about is a number to those who may not read its name."""
    if not names_subject(user, entry.subject_type):
        model = apps.get_model(entry.subject_type)
        entry.subject_label = f"{model._meta.verbose_name} #{entry.subject_id or ''}".removesuffix(" #")
        entry.reason = ""
    return (entry, *worded(entry.verb, entry.subject_label))
