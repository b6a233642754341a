"""Pages of invoices: reading them, applying for them, changing an application."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.records.forms import refused
from sales.contracts.models import Contract
from sales.documents.shown import money
from sales.invoices import actions
from sales.invoices.filters import InvoiceFilter
from sales.invoices.forms import InvoiceForm, PartsForm
from sales.invoices.limits import billable_lines, free_of_received, free_of_total, may_come_before_payment
from sales.invoices.models import Invoice
from sales.invoices.offered import invoiceable
from sales.invoices.page import ADD, CHANGE, VIEW, invoice_page

CONTRACTS_SHOWN = 100


@needs(VIEW, model=Invoice, rows="shown_to")
@require_safe
def invoice_detail(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """One invoice with its lines, buyer, chain and approval."""
    return render(request, "sales/invoices/detail.html", invoice_page(invoice, request.user))


@needs(ADD)
def invoice_add(request: SignedInRequest) -> HttpResponse:
    """Apply for an invoice on the contract `?contract=` names; without one, choose it."""
    contract = _contract(request)
    if contract is None:
        return _choose_page(request)
    data = request.POST if request.method == "POST" else None
    form = InvoiceForm(data, user=request.user, customer_id=contract.customer_id)
    parts = PartsForm(data, billable_lines(contract))
    if data is not None and form.is_valid() & parts.is_valid():
        try:
            place, _is_new = made_once(
                request.user,
                form.cleaned_data["key"],
                lambda: actions.apply_for_invoice(
                    contract, actor=request.user, values=form.values(), parts=parts.parts()
                ),
            )
        except ValidationError as refusal:
            _take(form, parts, refusal)
        else:
            messages.success(request, _("Application kept. Look it through, then submit it."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, parts, contract, _("Apply for an invoice"))


@needs(CHANGE, model=Invoice)
def invoice_edit(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Change an application nobody decides on."""
    data = request.POST if request.method == "POST" else None
    contract = invoice.contract
    form = InvoiceForm(data, user=request.user, customer_id=invoice.customer_id, invoice=invoice)
    kept = {line.contract_line_id or 0: (line.gross, line.quantity) for line in invoice.lines.all()}
    parts = PartsForm(data, billable_lines(contract, invoice), kept)
    if data is not None and form.is_valid() & parts.is_valid():
        try:
            actions.change_invoice(
                invoice, actor=request.user, values=form.values(), parts=parts.parts(), seen=form.cleaned_data["seen"]
            )
        except ValidationError as refusal:
            _take(form, parts, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(invoice)
    return _form_page(request, form, parts, contract, _("Edit application"), invoice)


@needs(VIEW)
@require_safe
def invoice_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = InvoiceFilter(request.GET, Invoice.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter invoices"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:invoice_list")})


def _contract(request: SignedInRequest) -> Contract | None:
    """The contract the address names: 404 where it is not one the person may apply on."""
    text = request.GET.get("contract", "")
    if not text:
        return None
    known = text.isascii() and text.isdecimal() and len(text) < 19
    rows = Contract.objects.within(request.user, ADD).select_related("customer", "type", "owner")
    found = rows.filter(pk=int(text), archived_at=None).first() if known else None
    if found is None:
        raise Http404
    return found


def _choose_page(request: SignedInRequest) -> HttpResponse:
    contracts = [(row, money(free_of_total(row), row.currency)) for row in invoiceable(request.user)[:CONTRACTS_SHOWN]]
    return render(request, "sales/invoices/choose.html", {"contracts": contracts})


def _take(form: InvoiceForm, parts: PartsForm, refusal: ValidationError) -> None:
    rest = parts.take_refusal(refusal)
    if rest is not None:
        refused(form, rest)


def _form_page(
    request: SignedInRequest, form: InvoiceForm, parts: PartsForm, contract: Contract, title: str,
    invoice: Invoice | None = None,
) -> HttpResponse:  # fmt: skip
    paid = free_of_received(contract, invoice)
    context: dict[str, Any] = {
        "form": form, "parts": parts, "contract": contract, "title": title, "invoice": invoice,
        "customer": contract.customer,
        "cancel_url": (invoice or contract).get_absolute_url(),
        "free": money(free_of_total(contract, invoice), contract.currency),
        "paid_free": money(max(paid, paid * 0), contract.currency),
        "may_early": may_come_before_payment(contract),
        "has_profiles": form.fields["profile"].queryset.exists(),  # type: ignore[attr-defined]
    }  # fmt: skip
    status = 422 if form.is_bound and (form.errors or parts.errors) else 200
    if form.has_error(NON_FIELD_ERRORS, "stale"):
        status = 409
    return render(request, "sales/invoices/form.html", context, status=status)
