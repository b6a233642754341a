"""Pages of mails to contacts."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.access.masks import shown
from crm.records.forms import refused
from customers.contacts.models import Contact
from customers.messages.actions import RIGHT, plan_mail, stop_mail
from customers.messages.forms import MailForm
from customers.messages.models import ContactMail

SHOWN = 20


@needs(RIGHT, model=Contact)
def contact_mail(request: SignedInRequest, contact: Contact) -> HttpResponse:
    """Write to a person; their address stays masked."""
    form = MailForm(request.POST or None)
    if form.is_valid():
        try:
            plan_mail(contact, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("The mail is on its way."))
            return redirect("customers:contact_mail", contact.pk)
    context = {
        "contact": contact, "customer": contact.customer, "form": form,
        "address": shown(request.user, contact.customer, "email", contact.email),
        "mails": list(contact.mails.select_related("planned_by")[:SHOWN]),
    }  # fmt: skip
    return render(request, "customers/messages/mail.html", context, status=422 if form.errors else 200)


@needs(RIGHT, model=ContactMail)
@require_POST
def mail_stop(request: SignedInRequest, mail: ContactMail) -> HttpResponse:
    """Take a planned mail back."""
    try:
        stop_mail(mail, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Stopped."))
    return redirect("customers:contact_mail", mail.contact_id)
