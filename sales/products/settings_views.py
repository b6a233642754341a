"""Settings pages: the tree of categories, and the dated tax rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.ui.verb_page import verb_page
from crm.ui.widgets import DayInput, SearchSelect
from sales.products import categories, rates
from sales.products.categories import categories_in_order
from sales.products.formats import rate_text
from sales.products.models import ProductCategory, TaxRate

KEEP, SALES_DATA = "sales.change_product", "sales.manage_sales_data"


class CategoryForm(forms.Form):
    """A category and its place."""

    name = forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=80)
    parent = forms.TypedChoiceField(
        label=gettext_lazy("Below"), required=False, coerce=int, empty_value=None, widget=SearchSelect
    )

    def __init__(self, *args: Any, without: ProductCategory | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [(row, name) for row, name in categories_in_order() if without is None or without.pk not in row.path]
        self._rows = {row.pk: row for row, _name in rows}
        choices = [("", _("at the top")), *((row.pk, name) for row, name in rows)]
        self.fields["parent"].choices = choices  # type: ignore[attr-defined]

    def clean_parent(self) -> ProductCategory | None:
        """The category itself."""
        chosen = self.cleaned_data["parent"]
        return self._rows[chosen] if chosen else None


class CategoryEditForm(CategoryForm):
    """A category, its place, and whether products may be put into it."""

    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)


class TaxRateForm(forms.Form):
    """A rate in percent and its first day."""

    name = forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=40)
    percent = forms.DecimalField(
        label=gettext_lazy("Rate in percent"), min_value=0, max_value=Decimal("99.9999"), decimal_places=4
    )
    valid_from = forms.DateField(label=gettext_lazy("Valid from"), widget=DayInput)


class EndForm(forms.Form):
    """The last day of a rate."""

    valid_until = forms.DateField(label=gettext_lazy("Valid until"), widget=DayInput)


@needs(KEEP)
@require_safe
def category_list(request: SignedInRequest) -> HttpResponse:
    """The tree."""
    rows = [(row, len(row.path) - 1) for row, _name in categories_in_order()]
    return render(request, "sales/products/categories.html", {"rows": rows})


@needs(KEEP)
def category_add(request: SignedInRequest) -> HttpResponse:
    """A new category."""
    return verb_page(
        request, CategoryForm(request.POST or None, initial={"parent": request.GET.get("parent", "")}),
        lambda name, parent: categories.add_category(actor=request.user, name=name, parent=parent),
        title=_("New category"), action_label=_("Add"), back_url=reverse("settings:product_categories"),
        parent=_("Product categories"), done=_("Category added."),
    )  # fmt: skip


@needs(KEEP, model=ProductCategory)
def category_edit(request: SignedInRequest, category: ProductCategory) -> HttpResponse:
    """Rename it, put it below another one, take it out of use."""
    initial = {"name": category.name, "parent": category.parent_id, "is_active": category.is_active}
    return verb_page(
        request, CategoryEditForm(request.POST or None, initial=initial, without=category),
        lambda **values: categories.change_category(category, actor=request.user, **values),
        title=_("Edit category"), action_label=_("Save"), back_url=reverse("settings:product_categories"),
        parent=_("Product categories"), done=_("Saved."),
    )  # fmt: skip


@needs(KEEP, model=ProductCategory)
@require_POST
def category_move(request: SignedInRequest, category: ProductCategory) -> HttpResponse:
    """One place up or down among its neighbours."""
    categories.move_category(category, actor=request.user, is_up=request.POST.get("way") == "up")
    return redirect("settings:product_categories")


@needs(SALES_DATA)
@require_safe
def tax_rate_list(request: SignedInRequest) -> HttpResponse:
    """All rates, those in force first."""
    today = timezone.localdate()
    valid = set(TaxRate.objects.valid_on(today).values_list("pk", flat=True))
    rows = [(row, rate_text(row.rate), row.pk in valid, row.valid_from > today) for row in TaxRate.objects.all()]
    rows.sort(key=lambda row: not row[2])
    return render(request, "sales/products/tax_rates.html", {"rows": rows})


@needs(SALES_DATA)
def tax_rate_add(request: SignedInRequest) -> HttpResponse:
    """A rate from a day on."""
    return verb_page(
        request, TaxRateForm(request.POST or None, initial={"valid_from": timezone.localdate()}),
        lambda name, percent, valid_from: rates.add_tax_rate(
            actor=request.user, name=name, rate=percent / 100, valid_from=valid_from
        ),
        title=_("New tax rate"), action_label=_("Add"), back_url=reverse("settings:tax_rates"),
        parent=_("Tax rates"), done=_("Tax rate added."),
        note=_("A rate of the same name ends on the day before. Documents keep the rate they have."),
    )  # fmt: skip


@needs(SALES_DATA, model=TaxRate)
def tax_rate_end(request: SignedInRequest, rate: TaxRate) -> HttpResponse:
    """Let a rate end on a day."""
    return verb_page(
        request, EndForm(request.POST or None, initial={"valid_until": timezone.localdate()}),
        lambda valid_until: rates.end_tax_rate(rate, actor=request.user, valid_until=valid_until),
        title=_("End “%(name)s”") % {"name": rate}, action_label=_("Save"), back_url=reverse("settings:tax_rates"),
        parent=_("Tax rates"), done=_("Saved."), note=_("Documents keep the rate they have."),
    )  # fmt: skip


@needs(SALES_DATA, model=TaxRate)
@require_POST
def tax_rate_propose(request: SignedInRequest, rate: TaxRate) -> HttpResponse:
    """Propose it for new products."""
    try:
        rates.propose_tax_rate(rate, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("“%(name)s” is proposed for new products.") % {"name": rate})
    return redirect("settings:tax_rates")
