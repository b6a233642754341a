"""Pages of payments: looking at them, claiming and changing them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.attachments.actions import attach_files
from crm.attachments.receiving import received
from crm.people.models import User
from crm.records.forms import has_code, refused
from crm.records.stale import fingerprint
from customers.customers.models import Customer
from sales.contracts.models import Contract
from sales.documents.choosing import choose_customer, customer_named
from sales.payments import actions
from sales.payments.filters import PaymentFilter
from sales.payments.forms import PaymentForm
from sales.payments.holding import seen_account
from sales.payments.models import Payment
from sales.payments.page import payment_page

VIEW, ADD, CHANGE = "sales.view_payment", "sales.add_payment", "sales.change_payment"


@needs(VIEW, model=Payment, rows="shown_to")
@require_safe
def payment_detail(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """One payment: what it settles, who confirmed it, which line of the bank tells of it."""
    return render(request, "sales/payments/detail.html", payment_page(payment, request.user))


@needs(ADD)
def payment_add(request: SignedInRequest) -> HttpResponse:
    """Note a payment of the customer or for the contract that the address names; sent twice, noted once."""
    user = request.user
    contract = _contract(user, request.GET.get("contract", ""))
    wanted = str(contract.customer_id) if contract else request.GET.get("customer", "")
    customer = customer_named(user, ADD, wanted)
    if customer is None:
        return choose_customer(
            request, ADD, add="sales:payment_add", title=_("New payment"), parent=_("Payments"),
            listing="sales:payment_list",
        )  # fmt: skip
    currency = contract.currency if contract else _currency(request.GET.get("currency", ""))
    form = _form(request, customer, currency, contract=contract)
    if form.is_valid():
        try:
            place = _claimed(form, user, customer)
        except ValidationError as refusal:
            refused(form, _at_fields(refusal))
        else:
            messages.success(request, _("Payment noted. Submit it so that finance confirms it."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, _("New payment"), customer, customer.get_absolute_url())


@needs(CHANGE, model=Payment)
def payment_edit(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """Change a claim that was not put up or came back."""
    form = _form(request, payment.customer, payment.currency, payment=payment)
    seen, status = fingerprint(payment, actions.WATCHED), 200
    if not form.is_bound:
        form.initial["seen"] = seen
    if form.is_valid():
        try:
            with received(_slips(form), "slip") as files, transaction.atomic():
                actions.change_payment(
                    payment, actor=request.user, values=form.values(), seen=form.cleaned_data["seen"]
                )
                if files:
                    attach_files(payment, files, actor=request.user, note=_("slip"))
        except ValidationError as refusal:
            refused(form, _at_fields(refusal))
            if has_code(refusal, "stale"):
                status, form.data = 409, request.POST.copy()
                form.data["seen"] = seen
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(payment.get_absolute_url())
    return _form_page(request, form, _("Edit payment"), payment.customer, payment.get_absolute_url(), status)


@needs(VIEW)
@require_safe
def payment_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = PaymentFilter(request.GET, Payment.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter payments"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:payment_list")})


# ── parts of the pages above ──


def _claimed(form: PaymentForm, user: User, customer: Customer) -> str:
    """The address of the claim, made once, with its slip."""
    with received(_slips(form), "slip") as files:

        def make() -> Payment:
            payment = actions.claim_payment(customer, actor=user, values=form.values())
            if files:
                attach_files(payment, files, actor=user, note=_("slip"))
            return payment

        with transaction.atomic():
            return made_once(user, form.cleaned_data["key"], make)[0]


def _slips(form: PaymentForm) -> list[UploadedFile[Any]]:
    slip = form.cleaned_data.get("slip")
    return [slip] if slip else []


def _form(
    request: SignedInRequest, customer: Customer, currency: str, *, contract: Contract | None = None,
    payment: Payment | None = None,
) -> PaymentForm:  # fmt: skip
    account = seen_account(customer.pk, currency)
    seen = set(Contract.objects.visible_to(request.user).filter(pk__in=account.contracts).values_list("pk", flat=True))
    fixed = contract.pk if contract else None
    parts = [part for part in account.open_parts(fixed) if part.contract_id in seen]
    contracts = Contract.objects.visible_to(request.user).running().main_ones().filter(customer=customer)
    is_post = request.method == "POST"
    return PaymentForm(
        request.POST if is_post else None, request.FILES if is_post else None, parts=parts, account=account,
        contracts=contracts, payment=payment, initial={"contract": fixed, "currency": currency, "method": "transfer"},
    )  # fmt: skip


def _form_page(
    request: SignedInRequest, form: PaymentForm, title: str, customer: Customer, cancel_url: str, status: int = 200
) -> HttpResponse:
    if status == 200 and form.is_bound:
        status = 422
    context = {"form": form, "title": title, "customer": customer, "cancel_url": cancel_url}
    return render(request, "sales/payments/form.html", context, status=status)


def _at_fields(refusal: ValidationError) -> ValidationError:
    """What is wrong with the wished instalments stands above the form."""
    if not hasattr(refusal, "error_dict") or "wanted" not in refusal.error_dict:
        return refusal
    named = dict(refusal.error_dict)
    named["__all__"] = [*named.get("__all__", []), *named.pop("wanted")]
    return ValidationError(named)


def _contract(user: User, text: str) -> Contract | None:
    rows = Contract.objects.visible_to(user).running().main_ones().select_related("customer")
    return rows.filter(pk=int(text)).first() if _is_id(text) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _currency(text: str) -> str:
    return text if text in {"CNY", "USD", "EUR", "HKD", "JPY"} else "CNY"
