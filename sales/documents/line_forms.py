"""The line editor: rows that are typed, added, removed and moved with or without a script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.db.models.functions import Upper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.records.row_editor import RowEditor
from crm.ui.widgets import MoneyInput
from sales.documents.lines import LARGEST_LINE, MOST_LINES, LineValues, Terms, with_tax
from sales.documents.models import Document, Line
from sales.money import ZERO, Totals, cents, combined_discount, line_totals
from sales.products.models import Product, TaxRate
from sales.products.prices import counting_day, prices_for

# the products whose codes are proposed while typing; others are found all the same
MOST_PROPOSED = 500
_PRODUCT_FIELD = re.compile(r"lines-(\d{1,3})-product")


class LineForm(forms.Form):
    """What one row may hold; percentages as people say them."""

    id = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    product = forms.CharField(required=False, max_length=200)
    name = forms.CharField(required=False, max_length=200)
    spec = forms.CharField(required=False, max_length=300)
    unit = forms.CharField(required=False, max_length=20)
    quantity = forms.DecimalField(max_digits=14, decimal_places=4, widget=MoneyInput)
    price = forms.DecimalField(max_digits=16, decimal_places=4, widget=MoneyInput)
    discount = forms.DecimalField(required=False, max_digits=7, decimal_places=4, widget=MoneyInput)
    tax_rate = forms.DecimalField(max_digits=7, decimal_places=6)


FIELDS = tuple(LineForm.base_fields)


@dataclass
class Row:
    """One row of the editor as it is shown: what was typed, what is wrong with it, what it costs."""

    texts: dict[str, str]
    errors: dict[str, list[str]] = field(default_factory=dict)
    amount: Decimal | None = None
    rates: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed here."""
        return not any(self.texts.get(name, "").strip() for name in ("id", "product", "name", "price"))


class LineEditor(RowEditor):
    """The rows of a document that is written: read from a request, or from its kept lines.

    A row costs its gross where prices include tax and its net where they do not. `more` names the fields that the form
    class of a kind of document adds to those of LineForm.
    """

    prefix, most = "lines", MOST_LINES
    form_class: ClassVar[type[LineForm]] = LineForm
    more: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Mapping[str, Any] | None, document: Document, terms: Terms, lines: Iterable[Line] = ()):
        self.document, self.terms = document, terms
        self.names = (*FIELDS, *self.more)
        self.is_bound = data is not None
        self.asked = str(data.get("line", "")) if data is not None else ""
        self.rows = self._typed(data) if data is not None else [Row(self.texts_of(line)) for line in lines]
        self.errors: list[str] = []
        self._lines: list[Line] | None = None
        self.totals = Totals()
        self.before_discount = ZERO
        self._given: list[LineValues] = []
        if not self.rows:
            self.rows.append(self._blank())

    # ── reading ──

    def change_rows(self, changed_product: str = "") -> None:
        """Do what a button of the rows asks: add, remove, move or fill; `changed_product` names the field just left."""
        self.move_rows()
        if not self.rows or (self.asked == "add" and len(self.rows) < MOST_LINES):
            self.rows.append(self._blank())
        chosen = _PRODUCT_FIELD.fullmatch(changed_product)
        self._fill(int(chosen[1]) if chosen else -1)
        self.preview()

    def is_valid(self) -> bool:
        """Whether each row can be read; what is wrong stands at its row."""
        products = self._products()
        typed = [row for row in self.rows if not row.is_blank]
        self.rows = typed or self.rows[:1]
        self._fill(-1, products)
        read = [self._read(row, products) for row in typed]
        self._given = [one for one in read if one is not None]
        return len(self._given) == len(typed)

    def values(self) -> list[LineValues]:
        """What the actions take."""
        return self._given

    def preview(self) -> None:
        """Price the rows that can be read; the others cost nothing yet."""
        products, terms = self._products(), self.terms
        self.totals, self.before_discount = Totals(), ZERO
        for row in self.rows:
            one = self._read(Row(row.texts), products)
            row.amount = None
            if one is None or one.quantity * one.price > LARGEST_LINE or min(one.quantity, one.price) < 0:
                continue
            discount = combined_discount(one.discount, terms.discount)
            cost = line_totals(one.quantity, one.price, discount, one.tax_rate, is_tax_included=terms.is_tax_included)
            row.amount = cost.gross if terms.is_tax_included else cost.net
            self.totals += cost
            self.before_discount += cents(one.quantity * one.price)

    # ── showing ──

    def proposed(self) -> list[tuple[str, str]]:
        """Codes of products on sale with their names, for typing."""
        rows = Product.objects.on_sale().filter(currency=self.terms.currency).order_by("code")
        return list(rows.values_list("code", "name")[:MOST_PROPOSED])

    def numbered_rows(self) -> list[tuple[int, Row]]:
        """The rows with their places, each with the tax rates of the day and the one it has."""
        rates = TaxRate.objects.valid_on(self.terms.day).order_by("-rate").values_list("rate", flat=True)
        offered = {plain(rate): f"{plain(rate * 100)}%" for rate in rates}
        for row in self.rows:
            own = row.texts["tax_rate"]
            row.rates = [*offered.items(), *([] if own in offered or not own else [(own, own)])]
        return list(enumerate(self.rows))

    def texts_of(self, line: Line) -> dict[str, str]:
        """A kept line as it was typed."""
        discount = getattr(line, "own_discount", line.discount)
        return {
            "id": str(line.pk or ""), "product": line.code, "name": line.name, "spec": line.spec, "unit": line.unit,
            "quantity": plain(line.quantity), "price": plain(line.price), "discount": plain(discount * 100),
            "tax_rate": plain(line.tax_rate),
        }  # fmt: skip

    # ── inside ──

    def _typed(self, data: Mapping[str, Any]) -> list[Row]:
        return [
            Row({name: str(data.get(f"lines-{place}-{name}", ""))[:400] for name in self.names})
            for place in range(self.typed_count(data))
        ]

    def _blank(self) -> Row:
        rate = TaxRate.objects.valid_on(self.terms.day).order_by("-is_default", "-rate").values_list("rate", flat=True)
        return Row(dict.fromkeys(self.names, "") | {"quantity": "1", "tax_rate": plain(rate.first() or Decimal(0))})

    def _products(self) -> dict[str, Product]:
        """The products the rows name, by their codes (and names) in capitals."""
        named = {row.texts["product"].strip().upper() for row in self.rows} - {""}
        if not named:
            return {}
        words = Product.objects.annotate(upper_code=Upper("code"), upper_name=Upper("name"))
        found = words.filter(Q(upper_code__in=named) | Q(upper_name__in=named, is_on_sale=True, archived_at=None))
        # the code a kept line was written with leads to its product, whatever that is called today
        kept = [line for line in self._kept() if line.product and line.code.upper() in named]
        return (
            {line.code.upper(): line.product for line in kept}
            | {one.upper_name: one for one in found}
            | {one.upper_code: one for one in found}
        )

    def _kept(self) -> list[Line]:
        if self._lines is None:
            lines: Any = self.document.lines if self.document.pk else None  # type: ignore[attr-defined]
            self._lines = list(lines.select_related("product")) if lines else []
        return self._lines

    def _fill(self, changed: int, products: dict[str, Product] | None = None) -> None:
        """Copy from its product what a row leaves empty; all of it where the product was just changed."""
        products = self._products() if products is None else products
        day = counting_day(self.terms.day)
        prices = prices_for(products.values(), self.terms.customer, day) if products else {}
        for place, row in enumerate(self.rows):
            product = products.get(row.texts["product"].strip().upper())
            is_fresh = place == changed or not (row.texts["name"].strip() or row.texts["price"].strip())
            if product is None or product.currency != self.terms.currency:
                continue
            price = with_tax(prices[product.pk].price, product.tax_rate, is_tax_included=self.terms.is_tax_included)
            offered = {"product": product.code, "name": product.name, "spec": product.spec, "unit": product.unit,
                       "price": plain(price), "tax_rate": plain(product.tax_rate)}  # fmt: skip
            if is_fresh:
                row.texts |= offered
            for name in ("name", "unit", "price"):
                row.texts[name] = row.texts[name].strip() or offered[name]

    def _read(self, row: Row, products: dict[str, Product]) -> LineValues | None:
        form = self.form_class(row.texts)
        named = row.texts["product"].strip().upper()
        if named and named not in products and form.errors is not None:
            form.add_error("product", _("No product has the code or name “%(text)s”.") % {"text": named[:60]})
        if not form.is_valid():
            row.errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
            return None
        given = form.cleaned_data
        return LineValues(
            quantity=given["quantity"], price=given["price"], tax_rate=given["tax_rate"], name=given["name"].strip(),
            product_id=products[named].pk if named else None, id=given["id"], spec=given["spec"].strip(),
            unit=given["unit"].strip(), discount=(given["discount"] or Decimal(0)) / 100,
            more={name: given[name] for name in self.more},
        )  # fmt: skip

    @property
    def total(self) -> Decimal:
        """What all rows cost, in the price mode of the document."""
        return self.totals.gross if self.terms.is_tax_included else self.totals.net

    @property
    def saved(self) -> Decimal:
        """How much the discounts take off."""
        return self.before_discount - self.total


def plain(number: Decimal) -> str:
    """A number without the zeros that say nothing: 0.130000 gives 0.13."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def lines_answer(request: HttpRequest, editor: LineEditor, url: str) -> HttpResponse:
    """What htmx gets for typed rows: the amounts alone, or the whole editor where its rows change."""
    product = request.headers.get("HX-Trigger-Name", "")
    changes = bool(editor.asked) or bool(_PRODUCT_FIELD.fullmatch(product))
    if changes:
        editor.change_rows(product)
    else:
        editor.preview()
    template = "sales/documents/_lines.html" if changes else "sales/documents/_line_amounts.html"
    return render(request, template, {"editor": editor, "lines_url": url})
