"""Input about products and their prices; what is wrong beyond shape is said by the actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.ui.widgets import DayInput, MoneyInput, SearchSelect
from sales.documents.models import CURRENCIES
from sales.products.categories import categories_in_order
from sales.products.formats import plain_number, rate_text
from sales.products.models import PriceChange, Product, ProductCategory, TaxRate
from sales.products.secrets import sees_cost, sees_floor


class RateField(forms.TypedChoiceField):
    """One of the tax rates valid today, or the one a product has already."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Tax rate"), empty_value=None, **kwargs)

    def offer(self, before: Any) -> None:
        """Offer the rates of today."""
        rates = list(TaxRate.objects.valid_on(timezone.localdate()))
        known = {row.rate: row for row in rates}
        choices = [(plain_number(rate), rate_text(rate)) for rate in known]
        if before is not None and before not in known:
            choices.insert(0, (plain_number(before), rate_text(before)))
        self.choices, self.coerce = choices, lambda text: TaxRate._meta.get_field("rate").to_python(text)
        default = next((row.rate for row in rates if row.is_default), rates[0].rate if rates else None)
        self.initial = plain_number(before if before is not None else default)


class ProductForm(forms.Form):
    """What is said of a product; prices are asked for on a page of their own."""

    code = forms.CharField(label=pgettext_lazy("product", "Code"), max_length=40)
    name = forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=200)
    spec = forms.CharField(
        label=_("Description"), max_length=300, required=False, help_text=_("Printed below the name on quotes.")
    )
    category = forms.TypedChoiceField(
        label=_("Category"), required=False, coerce=int, empty_value=None, widget=SearchSelect
    )
    unit = forms.CharField(label=_("Unit"), max_length=20, help_text=_("For example: set, piece, day."))
    tax_rate = RateField()
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES)
    is_delivered = forms.BooleanField(
        label=_("Is delivered"), required=False, help_text=_("Signed contracts put it on the delivery plan.")
    )
    service = forms.ChoiceField(
        label=_("Service to book"), choices=Product.Service.choices, required=False,
        help_text=_("A signed contract proposes such a booking."),
    )  # fmt: skip
    remark = forms.CharField(
        label=_("Remark"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, product: Product | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        kept = product.category_id if product else None
        rows = [(row, name) for row, name in categories_in_order() if row.is_active or row.pk == kept]
        fields["category"].choices = [("", _("not set")), *((row.pk, name) for row, name in rows)]
        self._categories = {row.pk: row for row, _name in rows}
        fields["tax_rate"].offer(product.tax_rate if product else None)
        if product and product.list_price:
            del fields["currency"]

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        cleaned: dict[str, Any] = dict(self.cleaned_data)
        cleaned.pop("seen")
        cleaned.pop("key")
        found: ProductCategory | None = self._categories.get(cleaned["category"]) if cleaned["category"] else None
        return {**cleaned, "category": found}


def initial_of(product: Product) -> dict[str, Any]:
    """What the form of a product begins with."""
    names = ("code", "name", "spec", "unit", "currency", "is_delivered", "service", "remark")
    return {name: getattr(product, name) for name in names} | {
        "category": product.category_id,
        "tax_rate": plain_number(product.tax_rate),
    }


def _price(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_digits=16, decimal_places=4, required=False, widget=MoneyInput(before="")
    )


class PriceForm(forms.Form):
    """The prices of a product as somebody wants them; an emptied minimum or cost is taken away."""

    list_price = _price(_("List price"))
    minimum_price = _price(_("Minimum price"))
    cost_price = _price(_("Cost"))
    starts_on = forms.DateField(label=_("In force from"), widget=DayInput)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, product: Product, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["list_price"].required = True
        if not sees_floor(user):
            del self.fields["minimum_price"]
        if not sees_cost(user):
            del self.fields["cost_price"]
        for name in self.prices():
            self.initial[name] = plain_number(getattr(product, name))
        self.initial.setdefault("starts_on", timezone.localdate())

    def prices(self) -> list[str]:
        """The names of the prices the person may ask for."""
        return [name for name in ("list_price", "minimum_price", "cost_price") if name in self.fields]


class DecideForm(forms.Form):
    """Which price changes, and why."""

    answer = forms.CharField(label=_("Answer"), max_length=200, required=False)
    changes = forms.TypedMultipleChoiceField(coerce=int)

    def __init__(self, data: Any, changes: Iterable[PriceChange]) -> None:
        super().__init__(data)
        self._rows = {row.pk: row for row in changes}
        self.fields["changes"].choices = [(pk, str(row)) for pk, row in self._rows.items()]  # type: ignore[attr-defined]

    def chosen(self) -> list[PriceChange]:
        """The changes that are meant."""
        return [self._rows[pk] for pk in self.cleaned_data["changes"]]
