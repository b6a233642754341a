"""Pages on which prices are asked for and decided."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import refused
from sales.products.forms import DecideForm, PriceForm
from sales.products.models import PriceChange, PriceList, Product
from sales.products.pricing import RIGHT, Wish, ask_for_prices, decide_prices, withdraw_price
from sales.products.summary import shown_changes

PAGE_SIZE = 50


@needs(RIGHT, model=Product)
def product_price(request: SignedInRequest, product: Product) -> HttpResponse:
    """Ask for new prices of a product."""
    form = PriceForm(request.POST or None, product=product, user=request.user)
    if form.is_valid():
        chosen = form.cleaned_data
        wishes = [Wish(product, name, chosen[name]) for name in form.prices()]
        changed = [wish for wish in wishes if wish.after != getattr(product, wish.field)]
        try:
            ask_for_prices(
                changed or wishes, actor=request.user, starts_on=chosen["starts_on"], reason=chosen["reason"]
            )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Asked for. It is in force when a second person has agreed."))
            return redirect(product)
    context = {"form": form, "product": product}
    return render(request, "sales/products/price.html", context, status=422 if form.errors else 200)


@needs(RIGHT)
@require_safe
def price_changes(request: SignedInRequest) -> HttpResponse:
    """Prices that wait for a second person, and what was decided lately."""
    rows = PriceChange.objects.visible_to(request.user)
    rows = rows.select_related("product", "price_list", "asked_by", "decided_by")
    page = Paginator(rows.exclude(state=PriceChange.State.OPEN), PAGE_SIZE).get_page(request.GET.get("page"))
    waiting = shown_changes(rows.open()[:500], request.user)
    context = {
        "waiting": waiting,
        "ending": PriceList.objects.visible_to(request.user).ending().select_related("ending_asked_by")[:PAGE_SIZE],
        "may_decide": any(change.may_decide for change in waiting),
        "decided": shown_changes(page.object_list, request.user),
        "page": page,
    }
    return render(request, "sales/products/price_changes.html", context)


@needs(RIGHT)
@require_POST
def price_decide(request: SignedInRequest) -> HttpResponse:
    """Agree to, or refuse, the chosen price changes."""
    rows = PriceChange.objects.within(request.user, RIGHT).select_related("product")
    form = DecideForm(request.POST, rows.filter(pk__in=_ids(request)))
    is_agreed = request.POST.get("decision") == "agree"
    if not form.is_valid():
        messages.error(request, _("Choose at least one price change."))
        return redirect("sales:price_changes")
    try:
        done = decide_prices(form.chosen(), actor=request.user, is_agreed=is_agreed, answer=form.cleaned_data["answer"])
    except (ValidationError, PermissionDenied) as refusal:
        messages.error(request, " ".join(getattr(refusal, "messages", [str(refusal)])))
    else:
        messages.success(request, _told(len(done), is_agreed=is_agreed))
    return redirect("sales:price_changes")


@needs(RIGHT, model=PriceChange)
@require_POST
def price_withdraw(request: SignedInRequest, change: PriceChange) -> HttpResponse:
    """Take one's own wish back."""
    try:
        withdraw_price(change, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Withdrawn."))
    return redirect(change.product)


def _told(count: int, *, is_agreed: bool) -> str:
    values = {"count": count}
    if is_agreed:
        return ngettext("%(count)s price change agreed.", "%(count)s price changes agreed.", count) % values
    return ngettext("%(count)s price change refused.", "%(count)s price changes refused.", count) % values


def _ids(request: SignedInRequest) -> list[Any]:
    return [word for word in request.POST.getlist("changes")[:500] if word.isdecimal() and len(word) < 19]
