"""The rows of a requirement as they are typed, with or without a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from crm.records.row_editor import RowEditor
from crm.ui.widgets import MoneyInput
from sales.documents.line_forms import MOST_PROPOSED, plain
from sales.documents.lines import MOST_LINES
from sales.products.models import Product
from sales.requirements.lines import NeedValues
from sales.requirements.models import RequirementLine


class NeedForm(forms.Form):
    """What one row may hold."""

    id = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    product = forms.CharField(required=False, max_length=200)
    name = forms.CharField(required=False, max_length=200)
    unit = forms.CharField(required=False, max_length=20)
    quantity = forms.DecimalField(max_digits=14, decimal_places=4, widget=MoneyInput)
    target_price = forms.DecimalField(required=False, max_digits=16, decimal_places=4, widget=MoneyInput)
    note = forms.CharField(required=False, max_length=300)


FIELDS = tuple(NeedForm.base_fields)


@dataclass
class NeedRow:
    """One row as it is shown: what was typed and what is wrong with it."""

    texts: dict[str, str]
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed here."""
        return not any(self.texts[name].strip() for name in ("id", "product", "name", "target_price", "note"))


class NeedEditor(RowEditor):
    """The rows of a requirement that is written: read from a request, or from its kept lines."""

    prefix, most = "lines", MOST_LINES

    def __init__(self, data: Mapping[str, Any] | None, currency: str, lines: Iterable[RequirementLine] = ()) -> None:
        self.currency = currency
        self.asked = str(data.get("line", "")) if data is not None else ""
        lines = list(lines)
        # the code a kept line was written with leads to its product, whatever is on sale today
        self._kept = {line.product.code.upper(): line.product for line in lines if line.product}
        self.rows = self._typed(data) if data is not None else [NeedRow(_texts_of(line)) for line in lines]
        self.errors: list[str] = []
        self._given: list[NeedValues] = []
        if not self.rows:
            self.rows.append(_blank())

    def change_rows(self) -> None:
        """Do what a button of the rows asks: add, remove or move one."""
        self.move_rows()
        if not self.rows or (self.asked == "add" and len(self.rows) < MOST_LINES):
            self.rows.append(_blank())

    def is_valid(self) -> bool:
        """Whether each row can be read; what is wrong stands at its row."""
        typed = [row for row in self.rows if not row.is_blank]
        self.rows = typed or self.rows[:1]
        products = self._products()
        read = [_read(row, products) for row in typed]
        self._given = [one for one in read if one is not None]
        return len(self._given) == len(typed)

    def values(self) -> list[NeedValues]:
        """What the actions take."""
        return self._given

    def proposed(self) -> list[tuple[str, str]]:
        """Codes of products on sale with their names, for typing."""
        rows = Product.objects.on_sale().filter(currency=self.currency).order_by("code")
        return list(rows.values_list("code", "name")[:MOST_PROPOSED])

    def _typed(self, data: Mapping[str, Any]) -> list[NeedRow]:
        return [
            NeedRow({name: str(data.get(f"lines-{place}-{name}", ""))[:400] for name in FIELDS})
            for place in range(self.typed_count(data))
        ]

    def _products(self) -> dict[str, Product]:
        """The products the rows name, by their codes (and names) in capitals."""
        named = {row.texts["product"].strip().upper() for row in self.rows} - {""}
        if not named:
            return {}
        rows = Product.objects.annotate(upper_code=Upper("code"), upper_name=Upper("name"))
        found = rows.filter(Q(upper_code__in=named) | Q(upper_name__in=named, is_on_sale=True, archived_at=None))
        return self._kept | {one.upper_name: one for one in found} | {one.upper_code: one for one in found}


def _texts_of(line: RequirementLine) -> dict[str, str]:
    price = "" if line.target_price is None else plain(line.target_price)
    return {
        "id": str(line.pk), "product": line.product.code if line.product else "", "name": line.name,
        "unit": line.unit, "quantity": plain(line.quantity), "target_price": price, "note": line.note,
    }  # fmt: skip


def _blank() -> NeedRow:
    return NeedRow(dict.fromkeys(FIELDS, "") | {"quantity": "1"})


def _read(row: NeedRow, products: Mapping[str, Product]) -> NeedValues | None:
    form = NeedForm(row.texts)
    named = row.texts["product"].strip().upper()
    if named and named not in products and form.errors is not None:
        form.add_error("product", _("No product has the code or name “%(text)s”.") % {"text": named[:60]})
    if not form.is_valid():
        row.errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        return None
    given: dict[str, Any] = form.cleaned_data
    quantity: Decimal = given["quantity"]
    return NeedValues(
        quantity, given["name"].strip(), products[named].pk if named else None, given["id"], given["unit"].strip(),
        given["target_price"], given["note"].strip(),
    )  # fmt: skip
