"""What is done with many customers of the list at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.records.selection import Selection
from crm.records.views import offer_undo
from customers.customers import bulk
from customers.customers.filters import CustomerFilter
from customers.customers.forms import (
    BulkArchiveForm,
    BulkStageForm,
    BulkTagForm,
)
from customers.customers.models import Customer

CHANGE = "customers.change_customer"
ARCHIVE = "customers.archive_customer"


@needs(CHANGE)
@require_POST
def customer_tag(request: SignedInRequest) -> HttpResponse:
    """One tag on or off many customers."""
    form = BulkTagForm(request.POST if "tag" in request.POST else None, initial=request.POST.dict())

    def act(rows: Any, values: dict[str, Any]) -> Any:
        return bulk.tag_customers(rows, actor=request.user, tag=values["tag"], takes_off=values["takes_off"])

    return _bulk_page(request, form, CHANGE, act, {"title": _("Tag customers"), "action_label": _("Tag customers")})


@needs(CHANGE)
@require_POST
def customer_stage(request: SignedInRequest) -> HttpResponse:
    """One stage for many customers."""
    form = BulkStageForm(request.POST if "stage" in request.POST else None, initial=request.POST.dict())

    def act(rows: Any, values: dict[str, Any]) -> Any:
        return bulk.stage_customers(rows, actor=request.user, stage=values["stage"])

    return _bulk_page(request, form, CHANGE, act, {"title": _("Set stage"), "action_label": _("Set stage")})


@needs(ARCHIVE)
@require_POST
def customers_archive(request: SignedInRequest) -> HttpResponse:
    """Many customers into the recycle bin."""
    form = BulkArchiveForm(request.POST if "reason" in request.POST else None, initial=request.POST.dict())

    def act(rows: Any, values: dict[str, Any]) -> Any:
        return bulk.archive_customers(rows, actor=request.user, reason=values["reason"])

    context = {
        "title": _("Archive customers"), "action_label": _("Archive"), "danger": True,
        "facts": [_("They leave every list, search and report."), _("They can be put back from the recycle bin.")],
    }  # fmt: skip
    return _bulk_page(request, form, ARCHIVE, act, context)


def _bulk_page(request: SignedInRequest, form: BaseForm, right: str, act: Any, context: dict[str, Any]) -> HttpResponse:
    list_url = reverse("customers:customer_list")
    try:
        selection = Selection.from_request(request)
        if not selection.ids and not selection.is_all:
            raise ValidationError(_("Choose customers on the list first."))
        rows = selection.rows(Customer.objects.within(request.user, right).live(), CustomerFilter, request.user)
        if form.is_bound and form.is_valid():
            entry = act(rows, form.cleaned_data)
            count = entry.row_count
            text = ngettext("%(count)s customer changed.", "%(count)s customers changed.", count) % {"count": count}
            offer_undo(request, text, entry)
            return HttpResponseRedirect(f"{list_url}?{selection.query}" if selection.query else list_url)
        count = rows.count()
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(list_url)
    form.initial = {**form.initial, "ids": ",".join(map(str, selection.ids)), "all": "1" if selection.is_all else "",
                    "query": selection.query}  # fmt: skip
    text = ngettext("%(count)s customer is meant.", "%(count)s customers are meant.", count) % {"count": count}
    place = {"parent": _("Customers"), "parent_url": list_url, "cancel_url": list_url, "text": text}
    status = 422 if form.is_bound else 200
    return render(request, "records/confirm.html", {**place, **context, "form": form}, status=status)
