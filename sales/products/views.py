"""Pages of products."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.api.once import made_once
from crm.attachments.panels import files_of
from crm.records.forms import has_code, refused
from crm.records.selection import Selection
from crm.records.stale import fingerprint
from crm.records.views import offer_undo
from sales.products import actions
from sales.products.filters import ProductFilter
from sales.products.formats import rate_text
from sales.products.forms import ProductForm, initial_of
from sales.products.models import Product
from sales.products.summary import list_prices, price_history, price_rows
from sales.products.tables import state_mark

VIEW, KEEP, PRICE = "sales.view_product", "sales.change_product", "sales.change_price"


@needs(VIEW, model=Product)
@require_safe
def product_detail(request: SignedInRequest, product: Product) -> HttpResponse:
    """One product: what it is, what it costs whom, and how its prices came to be."""
    user = request.user
    files = files_of(product, user)
    context = {
        "product": product,
        "category": product.category.name if product.category else "",
        "state": state_mark(product),
        "rate": rate_text(product.tax_rate),
        "prices": price_rows(product, user),
        "lists": list_prices(product, user),
        "history": price_history(product, user),
        "picture": next((file for file in files if file.width), None),
        "files": files,
        "may_keep": may(user, KEEP),
        "may_price": may(user, PRICE) and product.archived_at is None,
    }
    return render(request, "sales/products/detail.html", context)


@needs(KEEP)
def product_add(request: SignedInRequest) -> HttpResponse:
    """A new product; sent twice, it is made once."""
    form = ProductForm(request.POST or None, initial={"key": str(uuid.uuid4()), "is_delivered": True})
    if form.is_valid():
        try:
            place, is_new = made_once(
                request.user,
                form.cleaned_data["key"],
                lambda: actions.create_product(actor=request.user, values=form.values()),
            )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            said = _("Product added. It is sold as soon as it has a price and is put on sale.")
            messages.success(request, said if is_new else _("This product was added already."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, _("New product"), reverse("sales:product_list"))


@needs(KEEP, model=Product)
def product_edit(request: SignedInRequest, product: Product) -> HttpResponse:
    """Change what is said of a product."""
    seen = fingerprint(product, actions.WATCHED)
    form = ProductForm(request.POST or None, initial={**initial_of(product), "seen": seen}, product=product)
    status = 200
    if form.is_valid():
        try:
            actions.change_product(product, actor=request.user, values=form.values(), seen=form.cleaned_data["seen"])
        except ValidationError as refusal:
            refused(form, refusal)
            if has_code(refusal, "stale"):
                status, form.data = 409, request.POST.copy()
                form.data["seen"] = seen
        else:
            messages.success(request, _("Saved."))
            return redirect(product)
    return _form_page(request, form, _("Edit product"), product.get_absolute_url(), product, status)


@needs(KEEP, model=Product)
@require_POST
def product_on_sale(request: SignedInRequest, product: Product) -> HttpResponse:
    """Offer it on new documents."""
    return _done(request, product, actions.put_on_sale, _("“%(name)s” is on sale."))


@needs(KEEP, model=Product)
@require_POST
def product_off_sale(request: SignedInRequest, product: Product) -> HttpResponse:
    """Offer it no longer."""
    return _done(request, product, actions.take_off_sale, _("“%(name)s” is no longer on sale."))


@needs(KEEP, model=Product)
@require_POST
def product_archive(request: SignedInRequest, product: Product) -> HttpResponse:
    """Into the recycle bin."""
    return _done(request, product, actions.archive_product, _("“%(name)s” is in the recycle bin."))


@needs(KEEP, model=Product)
@require_POST
def product_unarchive(request: SignedInRequest, product: Product) -> HttpResponse:
    """Out of the recycle bin."""
    return _done(request, product, actions.unarchive_product, _("“%(name)s” is back."))


@needs(KEEP)
@require_POST
def products_on_sale(request: SignedInRequest) -> HttpResponse:
    """Put the chosen products on sale."""
    return _switched(request, is_on_sale=True)


@needs(KEEP)
@require_POST
def products_off_sale(request: SignedInRequest) -> HttpResponse:
    """Take the chosen products off sale."""
    return _switched(request, is_on_sale=False)


@needs(VIEW)
@require_safe
def product_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = ProductFilter(request.GET, Product.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter products"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:product_list")})


# ── parts of the pages above ──


def _form_page(
    request: SignedInRequest,
    form: ProductForm,
    title: str,
    cancel_url: str,
    product: Product | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "title": title, "cancel_url": cancel_url, "product": product}
    if form.is_bound and form.errors and status == 200:
        status = 422
    return render(request, "sales/products/form.html", context, status=status)


def _done(request: SignedInRequest, product: Product, act: Any, text: str) -> HttpResponse:
    try:
        act(product, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, text % {"name": product})
    return redirect(product)


def _switched(request: SignedInRequest, *, is_on_sale: bool) -> HttpResponse:
    place = reverse("sales:product_list")
    query = request.POST.get("query", "")[:2000]
    try:
        selection = Selection.from_request(request)
        if not selection.ids and not selection.is_all:
            raise ValidationError(_("Choose products on the list first."))
        rows = selection.rows(Product.objects.within(request.user, KEEP), ProductFilter, request.user)
        entry = actions.switch_products(rows, actor=request.user, is_on_sale=is_on_sale)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        count = entry.row_count
        if is_on_sale:
            text = ngettext("%(count)s product is on sale.", "%(count)s products are on sale.", count)
        else:
            text = ngettext("%(count)s product is off sale.", "%(count)s products are off sale.", count)
        offer_undo(request, text % {"count": count}, entry)
    return HttpResponseRedirect(f"{place}?{query}" if query else place)
