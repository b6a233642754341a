"""Pages of consents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, may, needs
from crm.records.forms import refused
from customers.contacts.models import Contact
from customers.privacy.consents import RECORD_RIGHT, VIEW_RIGHT, may_process, record_consent, withdraw_consent
from customers.privacy.forms import ConsentForm, WithdrawalForm
from customers.privacy.lists import ConsentFilter
from customers.privacy.models import Consent, Purpose


@needs(VIEW_RIGHT)
def consent_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the register with its choices."""
    filters = ConsentFilter(request.GET, Consent.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter consents"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("customers:consent_list")})


@needs(VIEW_RIGHT, model=Contact)
def contact_consents(request: SignedInRequest, contact: Contact) -> HttpResponse:
    """For what a person's data may be used, since when and why; new entries and withdrawals."""
    return _page(request, contact, ConsentForm(initial={"given_at": timezone.localtime()}))


@needs(RECORD_RIGHT, model=Contact)
@require_POST
def consent_record(request: SignedInRequest, contact: Contact) -> HttpResponse:
    """Keep a consent or another lawful basis."""
    form = ConsentForm(request.POST)
    if form.is_valid():
        try:
            record_consent(contact, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Recorded."))
            return redirect("customers:contact_consents", contact.pk)
    return _page(request, contact, form, status=422)


@needs(RECORD_RIGHT, model=Contact)
@require_POST
def consent_withdraw(request: SignedInRequest, contact: Contact) -> HttpResponse:
    """Stop a purpose at once."""
    form = WithdrawalForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(_("Choose the purpose and how the person told us."))
        withdraw_consent(contact, actor=request.user, **form.cleaned_data)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Stopped. Nothing is sent for this purpose from now on."))
    return redirect("customers:contact_consents", contact.pk)


def _page(request: SignedInRequest, contact: Contact, form: ConsentForm, status: int = 200) -> HttpResponse:
    entries = list(contact.consents.order_by("purpose", "-given_at"))
    lines: list[dict[str, Any]] = []
    for purpose, label in Purpose.choices:
        kept = [entry for entry in entries if entry.purpose == purpose]
        lines.append({
            "purpose": purpose, "label": label, "entries": kept,
            "is_allowed": contact.pk in may_process([contact.pk], purpose),
        })  # fmt: skip
    context = {
        "contact": contact, "customer": contact.customer, "lines": lines, "form": form,
        "withdrawal": WithdrawalForm(), "may_record": may(request.user, RECORD_RIGHT, contact.customer),
    }  # fmt: skip
    return render(request, "customers/privacy/consents.html", context, status=status)
