"""Pages of billing data and of the invoice quota."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.api.once import made_once
from crm.records.forms import refused
from customers.customers.models import Customer
from sales.documents.shown import money
from sales.invoices import billing, quotas
from sales.invoices.forms import BillingForm, QuotaForm
from sales.invoices.models import BillingProfile, InvoiceQuota
from sales.invoices.page import VIEW

KEEP, QUOTA = "sales.manage_billing", "sales.manage_quota"
MONTHS_SHOWN = 36


@needs(VIEW)
@require_safe
def billing_list(request: SignedInRequest) -> HttpResponse:
    """The billing data of the customer `?customer=` names."""
    customer = _customer(request, VIEW)
    rows = BillingProfile.objects.visible_to(request.user).filter(customer=customer, archived_at=None)
    found = [(row, billing.is_old_tax_number(row.tax_number)) for row in rows.order_by("-is_default", "pk")]
    context = {"customer": customer, "profiles": found, "may_keep": may(request.user, KEEP, customer)}
    return render(request, "sales/invoices/billing.html", context)


@needs(KEEP)
def billing_add(request: SignedInRequest) -> HttpResponse:
    """New billing data of the customer `?customer=` names, made once; `?contract=` leads back to an application."""
    customer = _customer(request, KEEP)
    form = BillingForm(request.POST or None, initial={"title": customer.name, "key": str(uuid.uuid4())})

    def make() -> BillingProfile:
        return billing.add_billing(customer, actor=request.user, values=form.values())

    if form.is_valid():
        try:
            made_once(request.user, form.cleaned_data["key"], make)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            _told(request, form.cleaned_data["tax_number"], _("Billing data added."))
            return HttpResponseRedirect(_back(request, customer))
    return _form_page(request, form, _("New billing data"), customer)


@needs(KEEP, model=BillingProfile)
def billing_edit(request: SignedInRequest, profile: BillingProfile) -> HttpResponse:
    """Change billing data; what was applied for or issued stays as it is."""
    form = BillingForm(request.POST or None, instance=profile)
    if form.is_valid():
        try:
            changed = billing.change_billing(profile, actor=request.user, values=form.values())
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            _told(request, changed.tax_number, _("Saved."))
            return HttpResponseRedirect(_list_of(profile.customer))
    return _form_page(request, form, _("Edit billing data"), profile.customer)


@needs(KEEP, model=BillingProfile)
@require_POST
def billing_archive(request: SignedInRequest, profile: BillingProfile) -> HttpResponse:
    """Propose billing data no more."""
    try:
        billing.archive_billing(profile, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("%(name)s is archived.") % {"name": profile})
    return HttpResponseRedirect(_list_of(profile.customer))


@needs(QUOTA)
def quota_list(request: SignedInRequest) -> HttpResponse:
    """The quotas of the last months with what was issued of them, and a form for one."""
    form = QuotaForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            quotas.set_quota(given["month"], actor=request.user, amount=given["amount"], remark=given["remark"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Quota kept."))
            return redirect("sales:quota_list")
    rows = list(InvoiceQuota.objects.all()[:MONTHS_SHOWN])
    used = quotas.used_by_month([row.month for row in rows])
    shown = [
        (row, money(row.amount, "CNY"), money(used[row.month], "CNY"), money(row.amount - used[row.month], "CNY"))
        for row in rows
    ]
    return render(request, "sales/invoices/quotas.html", {"form": form, "quotas": shown},
                  status=422 if form.errors else 200)  # fmt: skip


def _customer(request: SignedInRequest, right: str) -> Customer:
    """The customer the address names: 404 out of reach, and while it is in a pool."""
    text = request.GET.get("customer", "")
    known = text.isascii() and text.isdecimal() and len(text) < 19
    rows: Any = Customer.objects.live().exclude(status=Customer.Status.POOL)
    reach = request.user.reach.rows(right)
    found = (rows if reach is None else rows.filter(reach)).filter(pk=int(text)).first() if known else None
    if found is None:
        raise Http404
    return found


def _told(request: SignedInRequest, tax_number: str, text: str) -> None:
    messages.success(request, text)
    if billing.is_old_tax_number(billing.clean_tax_number(tax_number)):
        messages.warning(request, _("This tax number has an old form. Ask the customer for the one of 18 characters."))


def _list_of(customer: Customer) -> str:
    return f"{reverse('sales:billing_list')}?customer={customer.pk}"


def _back(request: SignedInRequest, customer: Customer) -> str:
    text = request.GET.get("contract", "")
    if text.isascii() and text.isdecimal():
        return f"{reverse('sales:invoice_add')}?contract={text}"
    return _list_of(customer)


def _form_page(request: SignedInRequest, form: BillingForm, title: str, customer: Customer) -> HttpResponse:
    context = {"form": form, "title": title, "customer": customer, "cancel_url": _list_of(customer)}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "sales/invoices/billing_form.html", context, status=status)
