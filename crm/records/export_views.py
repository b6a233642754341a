"""The page on which somebody chooses format, columns and reason of an export; every list uses it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.jobs.models import Job
from crm.records.export_requests import start_or_ask
from crm.records.exports import Export, Order, export_named, rows_left_today
from crm.records.keyset import capped_count
from crm.records.models import ExportRequest
from crm.records.selection import Selection
from crm.records.writers import FORMATS


class ExportForm(forms.Form):
    """Format, columns, reason."""

    file_format = forms.ChoiceField(
        label=_("Format"), choices=[(name, name.upper()) for name in FORMATS], widget=forms.RadioSelect, initial="xlsx"
    )
    columns = forms.MultipleChoiceField(label=_("Columns"), widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(
        label=_("What is it for?"), max_length=200, help_text=_("It is kept in the history with your name.")
    )

    def __init__(self, export: Export, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, column.header) for name, column in export.resource.columns().items()]
        self.fields["columns"].choices = choices  # type: ignore[attr-defined]
        self.fields["columns"].initial = [name for name, _header in choices]


def export_page(request: SignedInRequest, model_label: str, list_url: str) -> HttpResponse:
    """Show the page for what was chosen on the list, or start the export and go to its job."""
    export = export_named(model_label)
    is_sent = request.method == "POST" and "file_format" in request.POST
    form = ExportForm(export, request.POST if is_sent else None)
    try:
        selection = _selection(request)
        count = capped_count(export.rows(request.user, selection))
        if is_sent and form.is_valid():
            chosen = form.cleaned_data
            order = Order(model_label, selection, chosen["columns"], chosen["file_format"], chosen["reason"])
            return _begun(request, start_or_ask(request.user, order))
    except ValidationError as refusal:
        if not is_sent or not form.is_valid():
            return render(
                request, "records/export_refused.html", {"refusal": refusal, "list_url": list_url}, status=400
            )
        form.add_error(None, refusal)
    left = rows_left_today(request.user, export.right)
    context = {
        "form": form,
        "export": export,
        "selection": selection,
        "count": count,
        "left": left,
        "must_ask": count > left,
        "sees_details": request.user.reach.has(export.details_right),
        "list_url": list_url,
    }
    return render(request, "records/export.html", context, status=422 if is_sent else 200)


def _begun(request: SignedInRequest, begun: Job | ExportRequest) -> HttpResponse:
    if isinstance(begun, Job):
        return redirect(begun)
    messages.success(request, _("Asked for. You hear as soon as somebody has decided."))
    return redirect("records:export_requests")


def _selection(request: SignedInRequest) -> Selection:
    """What was chosen; an address without ids means the list as its parameters say."""
    if request.method == "POST" or "ids" in request.GET or request.GET.get("all") == "1":
        return Selection.from_request(request)
    return Selection(query=request.GET.urlencode()[:2000], is_all=True)
