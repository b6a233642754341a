"""Pages of contracts: the contract, drawing one up, changing it and its instalments, supplements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.records.forms import refused
from customers.customers.models import Customer
from sales.contracts import actions, making, planning
from sales.contracts.filters import ContractFilter
from sales.contracts.forms import ContractForm, NewContractForm, SupplementForm
from sales.contracts.models import Contract
from sales.contracts.page import contract_page
from sales.contracts.plan_forms import PlanEditor
from sales.documents.line_forms import LineEditor, lines_answer

VIEW, ADD, CHANGE = "sales.view_contract", "sales.add_contract", "sales.change_contract"


@needs(VIEW, model=Contract, rows="shown_to")
@require_safe
def contract_detail(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """One contract with its lines, instalments, sums, orders and supplements."""
    return render(request, "sales/contracts/detail.html", contract_page(contract, request.user))


@needs(ADD)
def contract_add(request: SignedInRequest) -> HttpResponse:
    """Draw up a contract; `?quote=` chooses quotes, `?customer=` offers those of one customer."""
    customer = _customer(request)
    form = NewContractForm(
        request.POST or None, user=request.user, customer_id=customer.pk if customer else None,
        initial={"quotes": request.GET.getlist("quote")},
    )  # fmt: skip
    if form.is_valid():
        values, quotes = form.values(), list(form.cleaned_data["quotes"])
        place = _made(
            request, form, lambda: making.make_contract(quotes, actor=request.user, values=values),
            _("Contract drawn up. Look it through, then submit it."),
        )  # fmt: skip
        if place:
            return HttpResponseRedirect(place)
    context = {"form": form, "cancel_url": reverse("sales:contract_list"), "customer": customer}
    return render(request, "sales/contracts/new.html", context, status=422 if form.errors else 200)


@needs(CHANGE, model=Contract)
def contract_edit(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Change a contract that is not put up for approval; of a supplement also its lines."""
    if contract.main_id:
        return _supplement_page(request, contract)
    form = ContractForm(request.POST or None, user=request.user, contract=contract)
    if form.is_valid():
        try:
            actions.change_contract(contract, actor=request.user, values=form.values(), seen=form.cleaned_data["seen"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(contract)
    return _form_page(request, form, _("Edit contract"), contract)


@needs(CHANGE, model=Contract)
def contract_instalments(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Change when and in which parts a contract is paid."""
    editor = PlanEditor(request.POST if request.method == "POST" else None, contract)
    wrong: list[str] = []
    if editor.asked:
        editor.change_rows()
    elif editor.is_bound and editor.is_valid():
        try:
            planning.plan_instalments(contract, actor=request.user, rows=editor.values())
        except ValidationError as refusal:
            wrong = refusal.messages
        else:
            messages.success(request, _("Instalments saved."))
            return redirect(contract)
    is_wrong = bool(wrong) or (editor.is_bound and not editor.asked)
    context = {"contract": contract, "editor": editor, "wrong": wrong}
    return render(request, "sales/contracts/instalments.html", context, status=422 if is_wrong else 200)


@needs(ADD, model=Contract)
def contract_supplement(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Draw up a supplement to a contract that goes on."""
    return _supplement_page(request, _blank_supplement(contract), contract)


@needs(CHANGE, model=Contract)
@require_POST
def contract_totals(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """What the typed lines of a supplement come to; nothing is kept."""
    supplement = contract if contract.main_id else _blank_supplement(contract)
    editor = LineEditor(request.POST, supplement, making.line_terms(supplement))
    return lines_answer(request, editor, reverse("sales:contract_totals", args=[contract.pk]))


@needs(VIEW)
@require_safe
def contract_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = ContractFilter(request.GET, Contract.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter contracts"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:contract_list")})


# ── parts of the pages above ──


def _supplement_page(request: SignedInRequest, supplement: Contract, main: Contract | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = SupplementForm(data, user=request.user, contract=supplement)
    lines = supplement.lines.all() if supplement.pk else ()
    editor = LineEditor(data, supplement, making.line_terms(supplement), lines)
    if editor.asked:
        editor.change_rows()
    elif data is not None and form.is_valid() & editor.is_valid():
        place = _made(request, form, lambda: _keep(request, supplement, main, form, editor), _("Saved."), editor)
        if place:
            return HttpResponseRedirect(place)
    if not editor.asked:
        editor.preview()
    shown = main or supplement
    context = {
        "form": form, "editor": editor, "title": _("New supplement") if main else _("Edit supplement"),
        "contract": shown, "lines_url": reverse("sales:contract_totals", args=[shown.pk]),
        "is_new": main is not None,
    }  # fmt: skip
    status = _refused_status(form) if data is not None and not editor.asked else 200
    return render(request, "sales/contracts/supplement.html", context, status=status)


def _keep(
    request: SignedInRequest, supplement: Contract, main: Contract | None, form: SupplementForm, editor: LineEditor
) -> Contract:
    actor, values, lines = request.user, form.values(), editor.values()
    if main is not None:
        return making.add_supplement(main, actor=actor, values=values, lines=lines)
    seen = form.cleaned_data["seen"]
    return making.change_supplement(supplement, actor=actor, values=values, lines=lines, seen=seen)


def _made(
    request: SignedInRequest, form: Any, make: Callable[[], Contract], text: str, editor: LineEditor | None = None
) -> str:
    """The address of what was made or changed; "" where it was refused, with the words at their fields."""
    try:
        place, _is_new = made_once(request.user, form.cleaned_data.get("key", ""), make)
    except ValidationError as refusal:
        rest = editor.take_refusal(refusal) if editor else refusal
        if rest is not None:
            refused(form, rest)
        return ""
    messages.success(request, text)
    return place


def _blank_supplement(main: Contract) -> Contract:
    return Contract(
        main=main, customer=main.customer, currency=main.currency, is_tax_included=main.is_tax_included,
        type_id=main.type_id, signer_ours_id=main.signer_ours_id,
    )  # fmt: skip


def _form_page(request: SignedInRequest, form: ContractForm, title: str, contract: Contract) -> HttpResponse:
    context = {"form": form, "title": title, "contract": contract}
    return render(request, "sales/contracts/form.html", context, status=_refused_status(form) if form.is_bound else 200)


def _refused_status(form: ContractForm) -> int:
    """409 where somebody else changed it meanwhile, 422 for anything else that was refused."""
    return 409 if form.has_error(NON_FIELD_ERRORS, "stale") else 422


def _customer(request: SignedInRequest) -> Customer | None:
    text = request.GET.get("customer", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    return Customer.objects.visible_to(request.user).live().filter(pk=int(text)).first()
