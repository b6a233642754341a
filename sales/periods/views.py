"""The page of closed periods."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import refused
from crm.ui.widgets import DayInput
from sales.documents.verb_forms import ReasonForm
from sales.periods import actions
from sales.periods.closing import closed_until
from sales.periods.models import PeriodClose

CLOSE = "sales.close_period"
SHOWN = 100


class CloseForm(forms.Form):
    """Up to which day the books are closed."""

    until = forms.DateField(label=gettext_lazy("Close until"), widget=DayInput)
    note = forms.CharField(label=pgettext_lazy("books", "Note"), max_length=200, required=False)


@needs(CLOSE)
def period_list(request: SignedInRequest) -> HttpResponse:
    """What is closed since when, and the form that closes more."""
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    form = CloseForm(request.POST if request.method == "POST" else None, initial={"until": last})
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.close_books(actor=request.user, until=given["until"], note=given["note"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Books closed until %(day)s.") % {"day": date_format(given["until"])})
            return HttpResponseRedirect(reverse("sales:period_list"))
    rows = list(PeriodClose.objects.select_related("closed_by", "reopened_by")[:SHOWN])
    newest = next((row for row in rows if row.reopened_at is None), None)
    context = {"form": form, "rows": rows, "newest": newest, "until": closed_until()}
    return render(request, "sales/periods/list.html", context, status=422 if form.errors else 200)


@needs(CLOSE, model=PeriodClose)
def period_reopen(request: SignedInRequest, period: PeriodClose) -> HttpResponse:
    """Open the books again that were closed last."""
    form, list_url = ReasonForm(request.POST if request.method == "POST" else None), reverse("sales:period_list")
    if form.is_valid():
        try:
            actions.reopen_books(period, actor=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Books opened again."))
            return HttpResponseRedirect(list_url)
    context = {
        "title": _("Open the books again"), "action_label": _("Open again"), "form": form, "danger": True,
        "text": _("Closed until %(day)s") % {"day": date_format(period.until)}, "parent": _("Closed periods"),
        "parent_url": list_url, "cancel_url": list_url,
    }  # fmt: skip
    return render(request, "records/confirm.html", context, status=422 if form.errors else 200)
