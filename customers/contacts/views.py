"""Pages of contacts."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.records.forms import refused
from customers.contacts import actions
from customers.contacts.filters import ContactFilter
from customers.contacts.forms import ContactForm
from customers.contacts.models import Contact
from customers.customers import reveals
from customers.customers.models import Customer
from customers.customers.views import revealed

CHANGE = "customers.change_contact"


@needs("customers.add_contact", model=Customer)
def contact_add(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """A new person at a customer."""
    form = ContactForm(request.POST or None, initial={"key": str(uuid.uuid4())})
    if form.is_valid():
        try:
            place, _is_new = made_once(
                request.user,
                form.cleaned_data["key"],
                lambda: actions.add_contact(customer, actor=request.user, values=form.values()),
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
    form = ContactForm(request.POST or None, instance=contact)
    form.cover(request.user, contact.customer)
    if form.is_valid():
        try:
            actions.update_contact(contact, actor=request.user, values=form.values())
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(contact)
    return _form_page(request, form, contact.customer, _("Edit contact"), contact)


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
