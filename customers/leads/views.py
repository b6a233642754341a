"""Pages of leads: the filter of the inbox, handing out, discarding."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.history.models import Operation
from crm.records.forms import refused
from crm.records.selection import Selection
from customers.customers.filter_choices import filter_form
from customers.customers.filters import CustomerFilter
from customers.customers.models import Customer
from customers.leads import actions, discarding
from customers.leads.forms import DiscardForm, HandOutForm


@needs(actions.ASSIGN_RIGHT)
@require_safe
def lead_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the inbox with its choices: a page, or the dialog for htmx."""
    filters = CustomerFilter(request.GET, Customer.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filter_form(filters, request.user), "title": _("Filter leads"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("customers:lead_list")})


@needs(actions.ASSIGN_RIGHT)
@require_POST
def leads_hand_out(request: SignedInRequest) -> HttpResponse:
    """Give the chosen leads to people: by a rule, or evenly."""
    is_sent = "people" in request.POST or "allotment" in request.POST
    form = HandOutForm(request.POST if is_sent else None, actor=request.user)
    try:
        selection, rows = _chosen(request, actions.ASSIGN_RIGHT)
        count = rows.count()
        if form.is_valid():
            return _handed_out(request, rows, form)
    except ValidationError as refusal:
        if not is_sent or not refused_by(form, refusal):
            messages.error(request, " ".join(refusal.messages))
            return redirect("customers:lead_list")
    title = ngettext("Hand out %(count)s lead", "Hand out %(count)s leads", count) % {"count": count}
    facts = [
        _("Who is full or away is passed over; what nobody can take stays in the inbox."),
        _("Everybody who receives some is told once."),
    ]
    context = {"title": title, "facts": facts, "action_label": _("Hand out"), "form": form}
    return _selection_page(request, selection, context)


@needs(discarding.DISCARD_RIGHT)
@require_POST
def customers_discard(request: SignedInRequest) -> HttpResponse:
    """Many potential customers into the recycle bin, with one reason."""
    form = DiscardForm(request.POST if "reason" in request.POST else None)
    try:
        selection, rows = _chosen(request, discarding.DISCARD_RIGHT)
        count = rows.count()
        if form.is_valid():
            entry = discarding.discard_customers(rows, actor=request.user, **form.cleaned_data)
            done = ngettext("%(count)s customer discarded.", "%(count)s customers discarded.", entry.row_count)
            offer_undo(request, done % {"count": entry.row_count}, entry)
            return redirect("customers:lead_list")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("customers:lead_list")
    title = ngettext("Discard %(count)s potential customer", "Discard %(count)s potential customers", count)
    context = {
        "title": title % {"count": count}, "facts": _discard_facts(), "action_label": _("Discard lead"), "danger": True,
        "form": form,
    }  # fmt: skip
    return _selection_page(request, selection, context)


@needs(discarding.DISCARD_RIGHT, model=Customer)
@require_http_methods(["GET", "POST"])
def customer_discard(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """A potential customer into the recycle bin, with the reason."""
    form = DiscardForm(request.POST or None)
    if form.is_valid():
        try:
            entry = discarding.discard_customer(customer, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            offer_undo(request, _("“%(name)s” is discarded.") % {"name": customer}, entry)
            return redirect("customers:lead_list" if request.user.reach.has(actions.ASSIGN_RIGHT) else "/")
    context = {
        "title": _("Discard potential customer"), "text": customer.name, "facts": _discard_facts(), "form": form,
        "action_label": _("Discard lead"), "danger": True, "cancel_url": customer.get_absolute_url(),
        "parent": customer, "parent_url": customer.get_absolute_url(),
    }  # fmt: skip
    return render(request, "records/confirm.html", context, status=422 if form.errors else 200)


# ── parts ──


def refused_by(form: HandOutForm, refusal: ValidationError) -> bool:
    """Put a refusal at the field it names; whether it names one of this form."""
    is_named = hasattr(refusal, "error_dict") and set(refusal.error_dict) <= set(form.fields)
    if is_named:
        form.add_error(None, refusal)
    return is_named


def offer_undo(request: SignedInRequest, text: str, entry: Operation) -> None:
    """Say what was done, with a button that takes it back."""
    messages.success(request, text, extra_tags=f"undo:{reverse('records:undo', args=[entry.pk])}")


def _chosen(request: SignedInRequest, right: str) -> tuple[Selection, QuerySet[Customer]]:
    selection = Selection.from_request(request)
    if not selection.ids and not selection.is_all:
        raise ValidationError(_("Choose leads on the list first."))
    scoped = Customer.objects.within(request.user, right).live().waiting()
    rows = selection.rows(scoped, CustomerFilter, request.user)
    if not rows.exists():
        raise ValidationError(_("None of the chosen customers is a potential one."))
    return selection, rows


def _handed_out(request: SignedInRequest, rows: QuerySet[Customer], form: HandOutForm) -> HttpResponse:
    said = form.cleaned_data
    if said["allotment"]:
        outcome = actions.hand_out_by_rule(rows, said["allotment"], actor=request.user)
    else:
        outcome = actions.hand_out_evenly(rows, said["people"], actor=request.user, reason=said["reason"])
    if outcome.count:
        text = ngettext("%(count)s lead handed out.", "%(count)s leads handed out.", outcome.count)
        given = [f"{person} {count}" for person, count in outcome.given.items()]
        messages.success(request, f"{text % {'count': outcome.count}} {' · '.join(given)}")
    if not outcome.count:
        messages.warning(
            request, _("Nothing was handed out: the rule does not fit, or all its receivers are full or away.")
        )
    elif outcome.left:
        text = ngettext("%(count)s lead found nobody.", "%(count)s leads found nobody.", outcome.left)
        messages.warning(request, text % {"count": outcome.left})
    return redirect("customers:lead_list")


def _discard_facts() -> list[str]:
    return [
        _("It leaves every list, search and report, and lies in the recycle bin with your reason."),
        _("Whoever puts it back finds it as it was: a potential customer."),
    ]


def _selection_page(request: SignedInRequest, selection: Selection, context: dict[str, Any]) -> HttpResponse:
    kept = [("ids", ",".join(map(str, selection.ids))), ("all", "1" if selection.is_all else "")]
    kept.append(("query", selection.query))
    place = {"kept": kept, "parent_url": reverse("customers:lead_list"), "danger": False}
    status = 422 if context["form"].errors else 200
    return render(request, "customers/leads/confirm.html", {**place, **context}, status=status)
