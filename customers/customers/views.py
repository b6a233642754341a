"""Pages of customers."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.people.models import User
from crm.records.forms import refused
from crm.records.stale import fingerprint
from crm.records.views import offer_undo
from customers.customers import actions
from customers.customers.filter_choices import filter_form
from customers.customers.filters import CustomerFilter
from customers.customers.forms import (
    CustomerForm,
    NewCustomerForm,
    ReasonForm,
)
from customers.customers.identity import clean_phone
from customers.customers.models import Customer
from customers.duplicates.asking import hints_too_often
from customers.duplicates.checking import find_duplicates

CHANGE = "customers.change_customer"
ARCHIVE = "customers.archive_customer"


@needs("customers.view_customer")
def customer_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices: a page, or the dialog for htmx."""
    filters = CustomerFilter(request.GET, Customer.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filter_form(filters, request.user), "title": _("Filter customers"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("customers:customer_list")})


@needs("customers.add_customer")
def customer_add(request: SignedInRequest) -> HttpResponse:
    """A new customer with its main contact; sent twice, it is made once."""
    actor: User = request.user
    initial = {"key": str(uuid.uuid4()), "owner": actor.pk, "name": request.GET.get("name", "")[:200]}
    form = NewCustomerForm(request.POST or None, request.FILES or None, initial=initial, owners=_possible_owners(actor))
    if form.is_valid():
        owner = form.cleaned_data["owner"] if "owner" in form.fields else _own(actor)
        reason = form.cleaned_data["duplicate_reason"]
        try:
            with form.checked_files():
                values = {**form.values(), "custom": form.custom_values()}
                place, is_new = made_once(
                    actor,
                    form.cleaned_data["key"],
                    lambda: actions.create_customer(
                        actor=actor, owner=owner, values=values, contact=form.contact(), duplicate_reason=reason
                    ),
                )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Customer added.") if is_new else _("This customer was added already."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, _("New customer"), reverse("customers:customer_list"))


@needs(CHANGE, model=Customer)
def customer_edit(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Change the details; what somebody else changed meanwhile is said, and what was typed is kept."""
    seen = fingerprint(customer, actions.WATCHED)
    form = CustomerForm(request.POST or None, request.FILES or None, instance=customer, initial={"seen": seen})
    form.cover(request.user, customer)
    status = 200
    if form.is_valid():
        changes = {name: value for name, value in form.values().items() if name in form.changed_data}
        try:
            with form.checked_files():
                actions.update_customer(
                    customer, actor=request.user, values=changes | form.custom_changes(),
                    seen=form.cleaned_data["seen"], duplicate_reason=form.cleaned_data["duplicate_reason"],
                )  # fmt: skip
        except ValidationError as refusal:
            refused(form, refusal)
            if "stale" in {error.code for error in getattr(refusal, "error_list", [])}:
                status = 409
                form.data = request.POST.copy()
                form.data["seen"] = seen
        else:
            messages.success(request, _("Saved."))
            return redirect(customer)
    return _form_page(request, form, _("Edit customer"), customer.get_absolute_url(), customer, status)


@needs("customers.add_customer")
def customer_duplicates(request: SignedInRequest) -> HttpResponse:
    """What is known that looks like the customer being typed; a part for the form, only as often as one types."""
    if hints_too_often(request.user):
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    asked = request.GET
    phones = [clean_phone(asked.get(name, "")[:40]) for name in ("phone", "contact_phone")]
    emails = [asked.get(name, "").strip()[:120] for name in ("email", "contact_email")]
    without = asked.get("without", "")
    found = find_duplicates(
        request.user, name=asked.get("name", "")[:200], credit_code=asked.get("credit_code", "").strip().upper()[:18],
        website=asked.get("website", "")[:200], phones=phones, emails=emails,
        without=int(without) if without.isdecimal() and len(without) < 19 else None,
    )  # fmt: skip
    return render(request, "customers/customers/_duplicates.html", {"duplicates": found.matches})


@needs(ARCHIVE, model=Customer)
def customer_archive(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Into the recycle bin, with undo."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            entry = actions.archive_customer(customer, actor=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            offer_undo(request, _("“%(name)s” is in the recycle bin.") % {"name": customer}, entry)
            return redirect("customers:customer_list")
    context = {
        "title": _("Archive customer"), "text": _("“%(name)s” goes into the recycle bin.") % {"name": customer},
        "facts": [_("It leaves every list, search and report."), _("It can be put back from the recycle bin.")],
        "action_label": _("Archive"), "danger": True,
    }  # fmt: skip
    return _confirm_page(request, form, context, customer)


@needs(ARCHIVE, model=Customer)
@require_POST
def customer_unarchive(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Out of the recycle bin."""
    try:
        actions.unarchive_customer(customer, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("“%(name)s” is back.") % {"name": customer})
    return redirect(customer)


# ── parts of the pages above ──


def _form_page(
    request: SignedInRequest,
    form: BaseForm,
    title: str,
    cancel_url: str,
    customer: Customer | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "title": title, "cancel_url": cancel_url, "customer": customer}
    if form.is_bound and form.errors and status == 200:
        status = 422
    return render(request, "customers/customers/form.html", context, status=status)


def _confirm_page(
    request: SignedInRequest, form: BaseForm, context: dict[str, Any], customer: Customer
) -> HttpResponse:
    place = {"parent": customer, "parent_url": customer.get_absolute_url(), "cancel_url": customer.get_absolute_url()}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "records/confirm.html", {**context, **place, "form": form}, status=status)


def _own(actor: User) -> User | None:
    return actor if actor.reach.has(actions.OWN_RIGHT) else None


def _possible_owners(actor: User) -> Any:
    """Whom the actor may add customers for; None where there is no choice."""
    if not actor.reach.has("customers.assign_customer"):
        return None
    people = User.objects.able_to_own()
    if actor.reach.scopes["customers.assign_customer"] == "all":
        return people
    own: list[Any] = [actor.department_id]
    return people.filter(department_id__in=actor.reach.below_ids or own)
