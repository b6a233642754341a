"""Pages of contacts."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.api.once import made_once
from crm.records.forms import refused
from customers.contacts import actions
from customers.contacts.filters import ContactFilter
from customers.contacts.forms import ContactForm
from customers.contacts.hints import similar_contacts
from customers.contacts.map import decision_map
from customers.contacts.models import Contact
from customers.customers import reveals
from customers.customers.detail_views import revealed
from customers.customers.models import Customer
from customers.customers.summary import contact_rows, contacts_of

CHANGE = "customers.change_contact"


@needs("customers.add_contact", model=Customer)
def contact_add(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """A new person at a customer."""
    form = ContactForm(request.POST or None, request.FILES or None, initial={"key": str(uuid.uuid4())})
    form.offer_superiors(customer, request.user)
    if form.is_valid():
        try:
            with form.checked_files():
                place, _is_new = made_once(
                    request.user,
                    form.cleaned_data["key"],
                    lambda: actions.add_contact(
                        customer,
                        actor=request.user,
                        values=form.values(),
                        duplicate_reason=form.cleaned_data["duplicate_reason"],
                    ),
                )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Contact added."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, customer, _("New contact"))


@needs(CHANGE, model=Contact)
def contact_edit(request: SignedInRequest, contact: Contact) -> HttpResponse:
    """Change the details of a person."""
    form = ContactForm(request.POST or None, request.FILES or None, instance=contact)
    form.cover(request.user, contact.customer)
    form.offer_superiors(contact.customer, request.user)
    if form.is_valid():
        try:
            reason = form.cleaned_data["duplicate_reason"]
            with form.checked_files():
                actions.update_contact(contact, actor=request.user, values=form.values(), duplicate_reason=reason)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(contact)
    return _form_page(request, form, contact.customer, _("Edit contact"), contact)


@needs("customers.view_customer", model=Customer)
@require_safe
def contact_map(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Who decides, who reports to whom, and where each stands towards us."""
    is_open = customer.archived_at is None and customer.status != Customer.Status.POOL
    context = {
        "customer": customer,
        "people": decision_map(contacts_of(customer, request.user, contact_rows(customer, request.user))),
        "may_add": is_open and may(request.user, "customers.add_contact", customer),
        "may_change": is_open and may(request.user, CHANGE, customer),
    }
    return render(request, "customers/contacts/map.html", context)


@needs("customers.view_contact", model=Customer)
@require_safe
def contact_hints(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """People in reach who look like the one being typed; a part for the form."""
    asked = {name: request.GET.get(name, "")[:120] for name in ("name", "phone", "email")}
    without = request.GET.get("without", "")
    known = int(without) if without.isascii() and without.isdecimal() and len(without) < 19 else 0
    hints = similar_contacts(customer, request.user, without=known, **asked)
    return render(request, "customers/contacts/_hints.html", {"hints": hints})


@needs(CHANGE, model=Contact)
@require_POST
def contact_primary(request: SignedInRequest, contact: Contact) -> HttpResponse:
    """Make a person the main contact."""
    try:
        actions.make_primary(contact, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("%(name)s is the main contact.") % {"name": contact})
    return redirect(contact)


@needs(CHANGE, model=Contact)
@require_POST
def contact_archive(request: SignedInRequest, contact: Contact) -> HttpResponse:
    """Take a person off the customer."""
    try:
        actions.archive_contact(contact, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("%(name)s is archived.") % {"name": contact})
    return redirect(contact.customer)


@needs(reveals.RIGHT, model=Contact)
@require_POST
def contact_reveal(request: SignedInRequest, contact: Contact) -> HttpResponse:
    """The full phone or e-mail of a person."""
    return revealed(request, contact, request.POST.get("field", ""))


@needs("customers.view_contact")
def contact_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = ContactFilter(request.GET, Contact.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter contacts"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("customers:contact_list")})


def _form_page(
    request: SignedInRequest, form: ContactForm, customer: Customer, title: str, contact: Contact | None = None
) -> HttpResponse:
    context = {"form": form, "customer": customer, "contact": contact, "title": title}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "customers/contacts/form.html", context, status=status)
