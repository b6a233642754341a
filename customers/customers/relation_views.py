"""Pages about the companies around a customer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.records.forms import refused
from crm.records.together import read_together
from customers.customers import relations
from customers.customers.models import Customer
from customers.customers.relation_forms import CompanyForm, FindCompanyForm, RelationForm
from customers.customers.search import search_condition
from customers.customers.summary import companies_of, surroundings

CHANGE = "customers.change_customer"
FOUND_AT_MOST = 20


@needs("customers.view_customer", model=Customer)
@require_safe
def customer_companies(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """The group as a tree, and the relations to other companies."""
    top, unseen, is_cut = relations.group_of(customer, request.user)
    context = {
        "customer": customer,
        "top": top,
        "unseen": unseen,
        "is_cut": is_cut,
        "companies": companies_of(customer, read_together(surroundings(customer, request.user))),
        "may_relate": customer.archived_at is None and may(request.user, CHANGE, customer),
    }
    return render(request, "customers/customers/companies.html", context)


@needs(CHANGE, model=Customer)
def customer_parent(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Choose the parent company, or none."""
    found, search = _found(request, customer)
    form = CompanyForm(request.POST or None)
    if form.is_valid():
        chosen = form.cleaned_data["other"]
        parent = Customer.objects.visible_to(request.user).filter(pk=chosen).first() if chosen else None
        try:
            if chosen and parent is None:
                raise ValidationError({"other": _("Choose a company you can see.")})
            relations.set_parent(customer, actor=request.user, parent=parent)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("customers:customer_companies", customer.pk)
    context = {"title": _("Parent company"), "may_be_none": customer.parent_id is not None}
    return _choose_page(request, customer, form, search, found, context)


@needs(CHANGE, model=Customer)
def customer_relate(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Choose another company and how the two hang together."""
    found, search = _found(request, customer)
    form = RelationForm(request.POST or None)
    if form.is_valid():
        wanted = form.cleaned_data
        other = Customer.objects.visible_to(request.user).filter(pk=wanted["other"] or 0).first()
        try:
            if other is None:
                raise ValidationError({"other": _("Choose a company you can see.")})
            relations.relate(customer, actor=request.user, other=other, kind=wanted["kind"], remark=wanted["remark"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Relation saved."))
            return redirect("customers:customer_companies", customer.pk)
    return _choose_page(request, customer, form, search, found, {"title": _("New relation")})


@needs(CHANGE, model=Customer)
@require_POST
def customer_unrelate(request: SignedInRequest, customer: Customer, relation: int) -> HttpResponse:
    """End a relation."""
    try:
        relations.unrelate(customer, actor=request.user, relation_id=relation)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Relation ended."))
    return redirect("customers:customer_companies", customer.pk)


def _found(request: SignedInRequest, customer: Customer) -> tuple[list[Customer] | None, FindCompanyForm]:
    """The companies in reach that fit what was searched for; None before anything was."""
    search = FindCompanyForm(request.GET or None)
    if not search.is_valid():
        return None, search
    try:
        rows = Customer.objects.visible_to(request.user).live().exclude(pk=customer.pk)
        found = rows.filter(search_condition(search.cleaned_data["q"], request.user)).order_by("-pk")[:FOUND_AT_MOST]
        return list(found), search
    except ValidationError as refusal:
        refused(search, refusal)
        return None, search


def _choose_page(
    request: SignedInRequest,
    customer: Customer,
    form: CompanyForm,
    search: FindCompanyForm,
    found: list[Customer] | None,
    context: dict[str, Any],
) -> HttpResponse:
    shown = {"customer": customer, "form": form, "search": search, "found": found, **context}
    return render(request, "customers/customers/choose_company.html", shown, status=422 if form.errors else 200)
