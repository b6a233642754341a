"""Settings: the rules that hand out customers."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import refused
from crm.records.keyset import Order, keyset_page, read_cursor
from customers.customers.models import Customer
from customers.leads import actions, keeping
from customers.leads.forms import AllotmentForm
from customers.leads.models import Allotment, AllotmentRecord
from customers.leads.preview import preview_of
from customers.leads.querysets import KEEP_RIGHT

PAGE_SIZE = 50
_LATEST = Order("-id", gettext_lazy("latest first"), "id", is_descending=True)


@needs(KEEP_RIGHT)
@require_safe
def allotment_list(request: SignedInRequest) -> HttpResponse:
    """All rules in the order in which they are asked."""
    rules = Allotment.objects.visible_to(request.user).select_related("pool").annotate(people=Count("shares"))
    return render(request, "customers/leads/rules.html", {"rules": rules.order_by("position", "pk")})


@needs(KEEP_RIGHT)
@require_http_methods(["GET", "POST"])
def allotment_add(request: SignedInRequest) -> HttpResponse:
    """A new rule."""
    return _edited(request, Allotment(), _("New rule"))


@needs(KEEP_RIGHT, model=Allotment)
@require_http_methods(["GET", "POST"])
def allotment_edit(request: SignedInRequest, allotment: Allotment) -> HttpResponse:
    """A rule with its conditions and receivers."""
    return _edited(request, allotment, allotment.name)


@needs(KEEP_RIGHT, model=Allotment)
@require_POST
def allotment_delete(request: SignedInRequest, allotment: Allotment) -> HttpResponse:
    """Drop a rule."""
    try:
        keeping.delete_allotment(allotment, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The rule was deleted. What it handed out stays with its owners."))
    return redirect("settings:allotment_list")


@needs(KEEP_RIGHT, model=Allotment)
@require_http_methods(["GET", "POST"])
def allotment_try(request: SignedInRequest, allotment: Allotment) -> HttpResponse:
    """Who would get what of what waits now; by POST they get it."""
    if request.method == "POST":
        try:
            outcome = actions.run_allotment(allotment, actor=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect("settings:allotment_try", allotment.pk)
        text = ngettext("%(count)s customer handed out.", "%(count)s customers handed out.", outcome.count)
        messages.success(request, text % {"count": outcome.count})
        return redirect("settings:allotment_history", allotment.pk)
    preview = preview_of(allotment, request.user)
    return render(request, "customers/leads/try.html", {"rule": allotment, "preview": preview})


@needs(KEEP_RIGHT, model=Allotment)
@require_safe
def allotment_history(request: SignedInRequest, allotment: Allotment) -> HttpResponse:
    """Who got which customer by a rule, latest first; customers out of reach are not named."""
    rows, status = AllotmentRecord.objects.filter(allotment=allotment).select_related("user"), 200
    try:
        cursor = read_cursor(request.GET.get("cursor", ""), rows, _LATEST)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        rows, cursor, status = rows.none(), None, 400
    page = keyset_page(rows, _LATEST, cursor, PAGE_SIZE)
    seen = Customer.objects.visible_to(request.user).in_bulk([row.customer_id for row in page.rows])
    context = {
        "rule": allotment,
        "lines": [(row, seen.get(row.customer_id)) for row in page.rows],
        "previous_url": f"?cursor={page.previous}" if page.previous else "",
        "next_url": f"?cursor={page.next}" if page.next else "",
    }
    return render(request, "customers/leads/history.html", context, status=status)


def _edited(request: SignedInRequest, allotment: Allotment, title: str) -> HttpResponse:
    form = AllotmentForm(request.POST or None, instance=allotment)
    if form.is_valid():
        try:
            kept = keeping.save_allotment(form.instance, form.weights(), actor=request.user)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("The rule was saved."))
            return redirect("settings:allotment_try", kept.pk)
    context = {"form": form, "rule": allotment, "title": title, "parent_url": reverse("settings:allotment_list")}
    return render(request, "customers/leads/rule.html", context, status=422 if form.errors else 200)
