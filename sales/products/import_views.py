"""Pages of the import of products: upload, look, apply."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import has_code, refused
from crm.ui.widgets import DayInput
from sales.products.importing import (
    CHANGED,
    NEW,
    REFUSED,
    UNCHANGED,
    apply_import,
    plan_import,
    stage_file,
    staged_file,
)
from sales.products.resources import ProductResource

KEEP = "sales.change_product"
SHOWN = 200
LABELS = {
    NEW: (gettext_lazy("new"), "green"),
    CHANGED: (gettext_lazy("changed"), "blue"),
    UNCHANGED: (gettext_lazy("unchanged"), "gray"),
    REFUSED: (gettext_lazy("refused"), "red"),
}


class UploadForm(forms.Form):
    """A spreadsheet."""

    file = forms.FileField(label=gettext_lazy("Spreadsheet"))


class ApplyForm(forms.Form):
    """From when on prices are wished for, and why."""

    starts_on = forms.DateField(label=gettext_lazy("Prices from"), widget=DayInput)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)


@needs(KEEP)
def product_import(request: SignedInRequest) -> HttpResponse:
    """Choose a file."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            token = stage_file(upload, upload.name, upload.size, actor=request.user)
        except ValidationError as refusal:
            form.add_error("file", refusal)
        else:
            return redirect("sales:product_import_check", token)
    names = [column.header for column in ProductResource.importable(request.user).values()]
    headers = pgettext("list", ", ").join(names)
    context = {"form": form, "headers": headers}
    return render(request, "sales/products/import.html", context, status=422 if form.errors else 200)


@needs(KEEP)
def product_import_check(request: SignedInRequest, token: str) -> HttpResponse:
    """What would happen; sent, it happens."""
    staged = staged_file(token, actor=request.user)
    if staged is None:
        raise Http404
    plan = plan_import(staged)
    form = ApplyForm(request.POST or None, initial={"starts_on": timezone.localdate(), "seen": plan.digest})
    status = 200
    if form.is_valid():
        try:
            done = _applied(request, token, form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
            status = 409 if has_code(refusal, "stale") else 422
            form.data = request.POST.copy()
            form.data["seen"] = plan.digest
        else:
            messages.success(request, _told(done))
            return redirect("sales:product_list")
    elif form.is_bound:
        status = 422
    labels = {name: column.header for name, column in ProductResource.columns().items()}
    shown = sorted(plan.outcomes, key=lambda outcome: (outcome.kind != REFUSED, outcome.number))[:SHOWN]
    context = {
        "form": form,
        "name": staged.name,
        "counts": [(LABELS[kind][0], LABELS[kind][1], plan.counts[kind]) for kind in LABELS],
        "prices": plan.counts["prices"],
        "rows": [
            (
                outcome,
                LABELS[outcome.kind],
                ", ".join(labels.get(name, name) for name in sorted(outcome.changed | set(outcome.prices))),
            )
            for outcome in shown
        ],
        "more": max(len(plan.outcomes) - SHOWN, 0),
        "can_apply": any(plan.counts[kind] for kind in (NEW, CHANGED)),
    }
    return render(request, "sales/products/import_check.html", context, status=status)


def _applied(request: SignedInRequest, token: str, chosen: dict[str, Any]) -> dict[str, int]:
    starts_on: date = chosen["starts_on"]
    plan = apply_import(token, actor=request.user, seen=chosen["seen"], starts_on=starts_on, reason=chosen["reason"])
    return plan.counts


def _told(counts: dict[str, int]) -> str:
    text = _("%(new)s added, %(changed)s changed.") % {"new": counts[NEW], "changed": counts[CHANGED]}
    if counts["prices"]:
        text += " " + _("%(count)s prices wait for a second person.") % {"count": counts["prices"]}
    return text
