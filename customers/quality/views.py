"""Pages of data quality: the overview, and the worklist with its repairs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.access.masks import shown
from crm.people.models import User
from crm.records.forms import refused
from crm.records.keyset import Order
from crm.records.stale import fingerprint
from customers.customers import actions
from customers.customers.forms import CustomerForm
from customers.customers.models import Customer
from customers.quality.archiving import may_archive
from customers.quality.findings import FINDINGS, Finding
from customers.quality.overview import faulty, overview_of
from customers.quality.paging import paged
from customers.quality.scoring import score_one

CHANGE = "customers.change_customer"
PAGE_SIZE = 50
_WORST = Order("worst", gettext_lazy("lowest score first"), "quality__score")
# what a repair form keeps besides the field it is about
_KEPT = {"seen", "duplicate_reason"}


@needs(CHANGE)
@require_safe
def quality(request: SignedInRequest) -> HttpResponse:
    """What is wrong with the customers one may change, and whose they are."""
    context = {"overview": overview_of(request.user), "tab": "overview", "may_archive": may_archive(request.user)}
    return render(request, "customers/quality/overview.html", context)


@needs(CHANGE)
@require_safe
def worklist(request: SignedInRequest) -> HttpResponse:
    """The customers with one fault, the worst first, each with its repair."""
    overview = overview_of(request.user)
    asked = request.GET.get("problem", "")
    if asked and asked not in FINDINGS:
        raise Http404
    code = asked or next((line.finding.code for line in overview.lines), "")
    rows = faulty(request.user).filter(quality__problems__contains=[code]).select_related("owner", "quality")
    try:
        page = paged(request, rows, _WORST, PAGE_SIZE, kept={"problem": code})
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    finding = FINDINGS.get(code)
    context = {
        **page,
        "overview": overview,
        "finding": finding,
        "lines": [_line(row, finding, request.user) for row in page["rows"]] if finding else [],
        "tab": "worklist",
        "may_archive": may_archive(request.user),
    }
    return render(request, "customers/quality/worklist.html", context)


@needs(CHANGE, model=Customer)
@require_http_methods(["GET", "POST"])
def repair(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Put one field of a customer right: a part of the worklist for htmx, else a page."""
    finding = FINDINGS.get(request.GET.get("problem", ""))
    if finding is None or not finding.field:
        raise Http404
    is_part = bool(getattr(request, "htmx", False))
    back = f"{reverse('customers:worklist')}?{urlencode({'problem': finding.code})}"
    form = _repair_form(request, customer, finding.field)
    if form is None:
        messages.error(request, _("The contact details of this customer are hidden from you."))
        return redirect(customer)
    if request.method == "POST" and form.is_valid():
        try:
            _save(form, customer, request.user)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            if is_part:
                return render(request, "customers/quality/_repaired.html", {"customer": customer})
            messages.success(request, _("Saved."))
            return redirect(back)
    context = {"customer": customer, "finding": finding, "form": form, "back_url": back, "is_part": is_part}
    template = "customers/quality/_repair.html" if is_part else "customers/quality/repair.html"
    return render(request, template, context, status=422 if form.errors and not is_part else 200)


def _repair_form(request: SignedInRequest, customer: Customer, field: str) -> CustomerForm | None:
    """The form of the customer with nothing but one field; None where the person may not know that field."""
    seen = fingerprint(customer, actions.WATCHED)
    form = CustomerForm(request.POST or None, instance=customer, initial={"seen": seen}, auto_id=f"id_{customer.pk}_%s")
    form.cover(request.user, customer)
    for name in set(form.fields) - _KEPT - {field}:
        del form.fields[name]
    return form if field in form.fields else None


def _save(form: CustomerForm, customer: Customer, actor: User) -> None:
    given = form.cleaned_data
    changes = {name: value for name, value in form.values().items() if name in form.changed_data}
    actions.update_customer(
        customer, actor=actor, values=changes, seen=given["seen"], duplicate_reason=given["duplicate_reason"]
    )
    score_one(customer)


def _line(row: Any, finding: Finding, user: User) -> dict[str, Any]:
    value = getattr(row, finding.field) if finding.code.startswith("bad_") else ""
    return {
        "customer": row,
        "score": row.quality.score,
        "value": shown(user, row, finding.field, value) if finding.field in ("phone", "email") else value,
        "repair_url": f"{reverse('customers:quality_repair', args=[row.pk])}?{urlencode({'problem': finding.code})}"
        if finding.field
        else "",
        "contact_url": reverse("customers:contact_add", args=[row.pk]) if finding.code == "no_contact" else "",
    }
