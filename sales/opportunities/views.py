"""Pages of opportunities."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.access.masks import may_know_contact_details, sees_contact_details
from crm.api.once import made_once
from crm.attachments.panels import files_of
from crm.people.models import User
from crm.records.forms import has_code, refused
from crm.records.stale import fingerprint
from customers.contacts.models import Contact
from customers.customers.custom import custom_facts
from customers.customers.models import Customer
from sales.documents.choosing import choose_customer, customer_named
from sales.documents.verb_pages import posted, verb_page
from sales.opportunities import actions
from sales.opportunities.documents import begun_here, ready_for_contract
from sales.opportunities.filters import LABEL, OpportunityFilter
from sales.opportunities.forms import LoseForm, OpportunityForm, ReopenForm, StageForm
from sales.opportunities.models import Opportunity
from sales.opportunities.summary import surroundings_of
from sales.opportunities.tables import state_mark
from sales.products.formats import price_text

VIEW, ADD, CHANGE = "sales.view_opportunity", "sales.add_opportunity", "sales.change_opportunity"


@needs(VIEW, model=Opportunity)
@require_safe
def opportunity_detail(request: SignedInRequest, opportunity: Opportunity) -> HttpResponse:
    """One opportunity: how far it is, with whom, for how much."""
    user = request.user
    seen = Customer.objects.visible_to(user).filter(pk=opportunity.customer_id).first()
    if seen is not None:
        opportunity.customer = seen
    customer = opportunity.customer
    surroundings = surroundings_of(opportunity, user)
    is_open = opportunity.state == Opportunity.State.OPEN and opportunity.archived_at is None
    may_change = may(user, CHANGE, opportunity) and customer.archived_at is None
    shows_people = seen is not None and seen.status != Customer.Status.POOL
    context = {
        "opportunity": opportunity,
        "customer": seen,
        "contact": surroundings.contact if shows_people else None,
        "owner": surroundings.people.get(opportunity.owner_id or 0),
        "department": surroundings.department,
        "loss_reason": surroundings.loss_reason,
        "state": state_mark(opportunity),
        "amount": price_text(opportunity.amount, opportunity.currency),
        "path": surroundings.path,
        "custom_facts": custom_facts(LABEL, opportunity.custom, customer, user, surroundings.people),
        "files": files_of(opportunity, user),
        "documents": surroundings.documents,
        "begun_here": begun_here(seen, user) if is_open else frozenset(),
        "ready_quote": ready_for_contract(surroundings.documents, seen, user) if is_open else None,
        "may_move": may_change and is_open,
        "may_reopen": may_change and opportunity.state == Opportunity.State.LOST,
    }
    return render(request, "sales/opportunities/detail.html", context)


@needs(ADD)
def opportunity_add(request: SignedInRequest) -> HttpResponse:
    """A new opportunity of the customer `?customer=` names, or of one that is chosen first; sent twice, made once."""
    user = request.user
    customer = customer_named(user, ADD, request.GET.get("customer", ""))
    if customer is None:
        return choose_customer(
            request, ADD, add="sales:opportunity_add", title=_("New opportunity"), parent=_("Opportunities"),
            listing="sales:opportunity_list",
        )  # fmt: skip
    form = OpportunityForm(
        request.POST or None, request.FILES or None, initial={"key": str(uuid.uuid4())},
        contacts=_contacts(user, customer),
    )  # fmt: skip
    _cover(form, user, customer)
    if form.is_valid():
        try:
            with form.checked_files():
                values = {**form.values(), "custom": form.custom_values()}
                place, is_new = made_once(
                    user,
                    form.cleaned_data["key"],
                    lambda: actions.create_opportunity(customer, actor=user, values=values),
                )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Opportunity added.") if is_new else _("This one was added already."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, _("New opportunity"), customer, customer.get_absolute_url())


@needs(CHANGE, model=Opportunity)
def opportunity_edit(request: SignedInRequest, opportunity: Opportunity) -> HttpResponse:
    """Change an open opportunity."""
    user, customer = request.user, opportunity.customer
    seen = fingerprint(opportunity, actions.WATCHED)
    form = OpportunityForm(
        request.POST or None, request.FILES or None, instance=opportunity, initial={"seen": seen},
        contacts=_contacts(user, customer, opportunity.contact_id),
    )  # fmt: skip
    _cover(form, user, customer)
    status = 200
    if form.is_valid():
        changes = {name: value for name, value in form.values().items() if name in form.changed_data}
        try:
            with form.checked_files():
                actions.change_opportunity(
                    opportunity, actor=user, values=changes | form.custom_changes(), seen=form.cleaned_data["seen"]
                )
        except ValidationError as refusal:
            refused(form, refusal)
            if has_code(refusal, "stale"):
                status = 409
                form.data = request.POST.copy()
                form.data["seen"] = seen
        else:
            messages.success(request, _("Saved."))
            return redirect(opportunity)
    place = opportunity.get_absolute_url()
    return _form_page(request, form, _("Edit opportunity"), customer, place, opportunity, status)


@needs(CHANGE, model=Opportunity)
def opportunity_stage(request: SignedInRequest, opportunity: Opportunity) -> HttpResponse:
    """Put it on another stage."""
    return verb_page(
        request, opportunity, StageForm(posted(request), without=opportunity.stage), actions.move_opportunity,
        title=_("Set stage"), action_label=_("Save"), done=_("Saved."),
    )  # fmt: skip


@needs(CHANGE, model=Opportunity)
def opportunity_lose(request: SignedInRequest, opportunity: Opportunity) -> HttpResponse:
    """Close it as lost, with a reason."""
    return verb_page(
        request, opportunity, LoseForm(posted(request)), actions.lose_opportunity,
        title=_("Lose opportunity"), action_label=_("Mark as lost"), done=_("Marked as lost."), danger=True,
        facts=[_("With its last open opportunity a customer becomes a lead again."), _("It can be opened again.")],
    )  # fmt: skip


@needs(CHANGE, model=Opportunity)
def opportunity_reopen(request: SignedInRequest, opportunity: Opportunity) -> HttpResponse:
    """Talk about a lost one again."""
    return verb_page(
        request, opportunity, ReopenForm(posted(request)), actions.reopen_opportunity,
        title=_("Open again"), action_label=_("Open again"), done=_("Open again."),
    )  # fmt: skip


@needs(VIEW)
@require_safe
def opportunity_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = OpportunityFilter(request.GET, Opportunity.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter opportunities"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:opportunity_list")})


# ── parts of the pages above ──


def _contacts(user: User, customer: Customer, kept: int | None = None) -> Any:
    rows = Contact.objects.visible_to(user).filter(customer=customer)
    return rows.live() | rows.filter(pk=kept) if kept else rows.live()


def _cover(form: OpportunityForm, user: User, customer: Customer) -> None:
    entitled, sees = may_know_contact_details(user, customer), sees_contact_details(user, customer)
    form.cover(user, customer, is_entitled=entitled, sees=sees)


def _form_page(
    request: SignedInRequest, form: OpportunityForm, title: str, customer: Customer, cancel_url: str,
    opportunity: Opportunity | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {"form": form, "title": title, "cancel_url": cancel_url, "customer": customer, "opportunity": opportunity}
    if form.is_bound and form.errors and status == 200:
        status = 422
    return render(request, "sales/opportunities/form.html", context, status=status)
