"""Pages of quotes: reading and writing them. What else is done with one is in verb_views.py."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.people.models import User
from crm.records.forms import has_code, refused
from sales.documents.choosing import choose_customer, customer_named
from sales.documents.line_forms import LineEditor, lines_answer
from sales.opportunities.models import Opportunity
from sales.products.models import TaxRate
from sales.products.prices import prices_for
from sales.quotes import actions
from sales.quotes.filters import QuoteFilter
from sales.quotes.forms import QuoteForm
from sales.quotes.models import Quote, QuoteLine
from sales.quotes.page import page_of, versions_compared
from sales.requirements.models import Requirement

VIEW, ADD, CHANGE = "sales.view_quote", "sales.add_quote", "sales.change_quote"


@needs(VIEW, model=Quote, rows="shown_to")
@require_safe
def quote_detail(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """One version of a quote: what it offers, what changed, who decides."""
    return render(request, "sales/quotes/detail.html", page_of(quote, request.user))


@needs(VIEW, model=Quote)
@require_safe
def quote_compare(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """What this version says otherwise than another one of the same quote in reach, `?with=` its number."""
    versions = Quote.objects.visible_to(request.user).filter(root_id=quote.root_id)
    others = list(versions.exclude(pk=quote.pk).order_by("-version"))
    asked = request.GET.get("with", "")
    older = next((one for one in others if str(one.version) == asked), others[0] if others else None)
    changes = versions_compared(quote, older) if older else []
    context = {"quote": quote, "others": others, "older": older, "changes": changes}
    return render(request, "sales/quotes/compare.html", context)


@needs(ADD)
def quote_add(request: SignedInRequest) -> HttpResponse:
    """A new quote of the customer `?customer=` names, or that of `?opportunity=` or `?requirement=`; made once."""
    user = request.user
    source = _source(user, request)
    customer = source.customer if source else customer_named(user, ADD, request.GET.get("customer", ""))
    if customer is None:
        return _choose_customer(request)
    form = QuoteForm(request.POST or None, customer=customer, user=user, initial=_from_source(source))
    quote = Quote(customer=customer)
    editor = LineEditor(
        request.POST if request.method == "POST" else None, quote, form.line_terms(), lines=_lines_from(source, form)
    )
    if request.method == "POST" and editor.asked:
        editor.change_rows()
    elif request.method == "POST" and form.is_valid() & editor.is_valid():
        try:
            place, is_new = made_once(
                user,
                form.cleaned_data["key"],
                lambda: actions.add_quote(customer, actor=user, values=form.values(), lines=editor.values()),
            )
        except ValidationError as refusal:
            _take_refusal(form, editor, refusal)
        else:
            messages.success(request, _("Quote saved as a draft.") if is_new else _("This one was added already."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, editor, _("New quote"), reverse("sales:quote_totals_new"))


@needs(CHANGE, model=Quote)
def quote_edit(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """Change a draft, returned or withdrawn quote."""
    if not quote.is_editable:
        messages.error(request, _("This quote cannot be changed any more. Make a new version."))
        return redirect(quote)
    form = QuoteForm(request.POST or None, customer=quote.customer, user=request.user, quote=quote)
    data = request.POST if request.method == "POST" else None
    editor = LineEditor(data, quote, form.line_terms(), lines=quote.lines.all())
    status = 0
    if request.method == "POST" and editor.asked:
        editor.change_rows()
    elif request.method == "POST" and form.is_valid() & editor.is_valid():
        try:
            actions.change_quote(
                quote, actor=request.user, values=form.values(), lines=editor.values(), seen=form.cleaned_data["seen"]
            )
        except ValidationError as refusal:
            _take_refusal(form, editor, refusal)
            status = 409 if has_code(refusal, "stale") else 0
        else:
            messages.success(request, _("Saved."))
            return redirect(quote)
    url = reverse("sales:quote_totals", args=[quote.pk])
    return _form_page(request, form, editor, _("Edit quote"), url, quote, status)


@needs(ADD)
@require_POST
def quote_totals_new(request: SignedInRequest) -> HttpResponse:
    """What the typed lines of a new quote come to; `?customer=` says whose prices count, 404 out of reach."""
    customer = customer_named(request.user, ADD, request.GET.get("customer", ""))
    if customer is None:
        raise Http404
    form = QuoteForm(request.POST, customer=customer, user=request.user)
    editor = LineEditor(request.POST, Quote(), form.line_terms())
    return lines_answer(request, editor, request.get_full_path())


@needs(CHANGE, model=Quote)
@require_POST
def quote_totals(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """What the typed lines of a quote come to."""
    form = QuoteForm(request.POST, customer=quote.customer, user=request.user, quote=quote)
    return lines_answer(request, LineEditor(request.POST, quote, form.line_terms()), request.path)


@needs(VIEW)
@require_safe
def quote_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = QuoteFilter(request.GET, Quote.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter quotes"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:quote_list")})


# ── parts of the pages above ──


def _source(user: User, request: SignedInRequest) -> Any:
    """The opportunity or approved requirement an address names, if its customer is in reach for quotes."""
    rows = {
        "requirement": Requirement.objects.visible_to(user).filter(state="approved"),
        "opportunity": Opportunity.objects.visible_to(user).open(),
    }
    for name, found in rows.items():
        text = request.GET.get(name, "")
        if text.isascii() and text.isdecimal() and len(text) < 19:
            row = found.select_related("customer").filter(pk=int(text)).first()
            if row is not None and customer_named(user, ADD, str(row.customer_id)):
                return row
    return None


def _from_source(source: Any) -> dict[str, Any]:
    """What a quote takes over from the opportunity or requirement it answers."""
    if source is None:
        return {}
    shared = {"currency": source.currency, "contact": source.contact_id}
    if isinstance(source, Opportunity):
        return {**shared, "opportunity": source.pk, "title": source.name}
    return {**shared, "requirement": source.pk, "opportunity": source.opportunity_id, "title": source.title}


def _lines_from(source: Any, form: QuoteForm) -> list[QuoteLine]:
    """The lines of a requirement as lines of a quote, at the prices hoped for or ours."""
    if not isinstance(source, Requirement):
        return []
    terms = form.line_terms()
    wanted = list(source.lines.select_related("product"))
    prices = prices_for([line.product for line in wanted if line.product], terms.customer, terms.day)
    rates = TaxRate.objects.valid_on(terms.day).order_by("-is_default", "-rate")
    usual = rates.values_list("rate", flat=True).first() or Decimal(0)
    return [
        QuoteLine(
            product=line.product, code=line.product.code if line.product else "", name=line.name, unit=line.unit,
            spec=line.note, quantity=line.quantity, tax_rate=line.product.tax_rate if line.product else usual,
            price=line.target_price or (prices[line.product_id].price if line.product_id else Decimal(0)),
        )
        for line in wanted
    ]  # fmt: skip


def _choose_customer(request: SignedInRequest) -> HttpResponse:
    return choose_customer(
        request, ADD, add="sales:quote_add", title=_("New quote"), parent=_("Quotes"), listing="sales:quote_list"
    )


def _take_refusal(form: QuoteForm, editor: LineEditor, refusal: ValidationError) -> None:
    rest = editor.take_refusal(refusal)
    if rest is not None:
        refused(form, rest)


def _form_page(
    request: SignedInRequest,
    form: QuoteForm,
    editor: LineEditor,
    title: str,
    lines_url: str,
    quote: Quote | None = None,
    status: int = 0,
) -> HttpResponse:
    is_refused = request.method == "POST" and not editor.asked
    editor.preview()
    context = {
        "form": form, "editor": editor, "title": title, "quote": quote, "customer": form.customer,
        "lines_url": lines_url if quote else f"{lines_url}?customer={form.customer.pk}",
        "cancel_url": quote.get_absolute_url() if quote else reverse("sales:quote_list"),
    }  # fmt: skip
    return render(request, "sales/quotes/form.html", context, status=status or (422 if is_refused else 200))
