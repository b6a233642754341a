"""The lines of a document: what was typed is checked, priced and kept; amounts are snapshots (TRUST 5.2, 12.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customers.customers.identity import clean_line
from customers.customers.models import Customer
from sales.documents.models import Document, Line
from sales.money import LARGEST, ZERO, cents, combined_discount, line_totals, total_of
from sales.products.models import Product, TaxRate
from sales.products.prices import Price, counting_day, prices_for

MOST_LINES = 200
MOST_QUANTITY = Decimal("9999999999")
# so that quantity × price × discount stays exact in 28 digits
LARGEST_LINE = Decimal("99999999999999.99")
PRICE_STEP = Decimal("0.0001")


@dataclass(frozen=True)
class Terms:
    """What all lines of a document share; `customer` and `day` say which prices count, `day` which tax rates.

    `discount` is the one on the whole document, as a fraction of 1.
    """

    currency: str
    is_tax_included: bool
    day: date
    discount: Decimal = Decimal(0)
    customer: Customer | None = None


@dataclass(frozen=True)
class LineValues:
    """What was typed for one line: fractions of 1 for `discount` and `tax_rate`, `id` where it changes a kept line.

    `more` holds what lines of one kind of document have besides.
    """

    quantity: Decimal
    price: Decimal
    tax_rate: Decimal
    name: str = ""
    product_id: int | None = None
    id: int | None = None
    spec: str = ""
    unit: str = ""
    discount: Decimal = Decimal(0)
    more: Mapping[str, Any] = field(default_factory=dict)


def with_tax(price: Decimal, tax_rate: Decimal, *, is_tax_included: bool) -> Decimal:
    """A price without tax as it stands on a document of this kind, to four places."""
    return (price * (1 + tax_rate) if is_tax_included else price).quantize(PRICE_STEP, ROUND_HALF_UP)


def checked_lines(document: Document, given: Sequence[LineValues], terms: Terms) -> list[Line]:
    """The lines as they would be kept, in order and priced; nothing is written.

    ValidationError by `lines.<place>.<field>` (places count from 0), or by `lines` for what concerns them together.
    """
    if len(given) > MOST_LINES:
        raise ValidationError({"lines": _("A document has %(most)s lines at most.") % {"most": MOST_LINES}})
    kept = _kept_lines(document)
    if unknown := [place for place, one in enumerate(given) if one.id is not None and one.id not in kept]:
        raise ValidationError({f"lines.{place}.id": _("This line is not one of this document.") for place in unknown})
    named = [one.id for one in given if one.id is not None]
    if len(named) != len(set(named)):
        raise ValidationError({"lines": _("A line stands here twice.")})
    products = Product.objects.in_bulk({one.product_id for one in given if one.product_id is not None})
    prices = prices_for(products.values(), terms.customer, counting_day(terms.day))
    rates = set(TaxRate.objects.valid_on(terms.day).values_list("rate", flat=True))
    lines: list[Line] = []
    wrong: dict[str, str] = {}
    for place, one in enumerate(given):
        line = kept.get(one.id) if one.id is not None else None
        product = products.get(one.product_id) if one.product_id is not None else None
        if refusals := _refusals(one, line, product, terms, rates):
            wrong |= {f"lines.{place}.{name}": text for name, text in refusals.items()}
            continue
        lines.append(_filled(line or _new_line(document), one, product, prices, terms, place + 1))
    if wrong:
        raise ValidationError(wrong)
    _refuse_amounts(lines)
    return lines


def keep_lines(document: Document, lines: Sequence[Line]) -> None:
    """Write the lines of a saved document, remove those that are gone, and put the totals on the document (unsaved)."""
    kept = _kept_lines(document)
    gone = kept.keys() - {line.pk for line in lines}
    model = _line_model(document)
    model._default_manager.filter(pk__in=gone).delete()
    names = [one.name for one in model._meta.concrete_fields if not one.primary_key]
    changed = [line for line in lines if line.pk and _values(line, names) != _values(kept[line.pk], names)]
    if changed:
        model._default_manager.bulk_update(changed, names)
    new = [line for line in lines if not line.pk]
    for line in new:
        line.document = document  # type: ignore[attr-defined]
    model._default_manager.bulk_create(new)
    set_totals(document, lines)


def set_totals(document: Document, lines: Iterable[Line]) -> None:
    """Put the sum of the lines on the document, unsaved."""
    total = total_of(lines)
    document.net, document.tax, document.gross = total.net, total.tax, total.gross


def before_discount(lines: Iterable[Line]) -> Decimal:
    """What the lines would cost without any discount, in the price mode of the document."""
    return sum((cents(line.quantity * line.price) for line in lines), ZERO)


def refuse_unsellable(lines: Sequence[Line], day: date) -> None:
    """ValidationError for lines whose product went off sale, or whose tax rate is not in force on a day."""
    if not lines:
        raise ValidationError({"lines": _("A document needs at least one line.")}, code="no_lines")
    ids = {line.product_id for line in lines if line.product_id}
    sold = set(Product.objects.on_sale().filter(pk__in=ids).values_list("pk", flat=True))
    rates = set(TaxRate.objects.valid_on(day).values_list("rate", flat=True))
    wrong = {}
    for place, line in enumerate(lines):
        if line.product_id and line.product_id not in sold:
            wrong[f"lines.{place}.product"] = _("“%(name)s” is not on sale any more.") % {"name": line.name}
        elif line.tax_rate not in rates:
            wrong[f"lines.{place}.tax_rate"] = _rate_refusal(line.tax_rate, day)
    if wrong:
        raise ValidationError(wrong)


def line_refusals(refusal: ValidationError) -> list[str]:
    """What was refused of lines in sentences that say which line."""
    told = []
    for name, errors in (refusal.error_dict if hasattr(refusal, "error_dict") else {}).items():
        where, _dot, rest = name.partition(".")
        place = rest.split(".")[0]
        texts = [text for error in errors for text in error.messages]
        is_line = where == "lines" and place.isdecimal()
        told += [_("Line %(number)s: %(text)s") % {"number": int(place) + 1, "text": text} if is_line else text
                 for text in texts]  # fmt: skip
    return told or refusal.messages


def _refusals(
    one: LineValues, line: Line | None, product: Product | None, terms: Terms, rates: set[Decimal]
) -> dict[str, str]:
    """What is wrong with one line, by field."""
    wrong = {}
    if not one.quantity.is_finite() or not 0 < one.quantity <= MOST_QUANTITY:
        wrong["quantity"] = _("More than 0 and at most %(most)s.") % {"most": f"{MOST_QUANTITY:,}"}
    if not one.price.is_finite() or one.price < 0:
        wrong["price"] = _("A price is 0 or more.")
    if not one.discount.is_finite() or not 0 <= one.discount <= 1:
        wrong["discount"] = _("A discount is between 0 and 100 percent.")
    if one.tax_rate not in rates:
        wrong["tax_rate"] = _rate_refusal(one.tax_rate, terms.day)
    if not wrong and one.quantity * one.price > LARGEST_LINE:
        wrong["price"] = _("This amount is too large.")
    is_kept = line is not None and line.product_id == one.product_id
    if one.product_id is not None:
        is_sold = product is not None and product.is_on_sale and product.archived_at is None
        if not is_kept and not is_sold:
            wrong["product"] = _("This product is not on sale.")
        elif product is not None and product.currency != terms.currency:
            wrong["product"] = _("This product is sold in %(currency)s.") % {"currency": product.currency}
    if not clean_line(one.name) and product is None:
        wrong["name"] = _("A line needs a product or a name.")
    return wrong


def _rate_refusal(rate: Decimal, day: date) -> str:
    words = {"rate": f"{(rate * 100).normalize():f}", "day": day.isoformat()}
    return _("A tax rate of %(rate)s%% is not in force on %(day)s.") % words


def _filled(
    line: Line, one: LineValues, product: Product | None, prices: Mapping[int, Price], terms: Terms, position: int
) -> Line:
    """A line with the values of one row; the product is copied when it is new to the line."""
    if line.product_id != one.product_id or not line.pk:
        line.product = product
        line.code = product.code if product else ""
        _take_prices(line, product, prices)
    line.position = position
    line.name = clean_line(one.name) or (product.name if product else "")
    line.spec, line.unit = clean_line(one.spec), clean_line(one.unit) or (product.unit if product else "")
    line.quantity, line.price, line.tax_rate = one.quantity, one.price, one.tax_rate
    line.discount = combined_discount(one.discount, terms.discount)
    if hasattr(line, "own_discount"):
        line.own_discount = one.discount
    for name, value in one.more.items():
        setattr(line, name, value)
    total = line_totals(line.quantity, line.price, line.discount, line.tax_rate, is_tax_included=terms.is_tax_included)
    line.net, line.tax, line.gross = total.net, total.tax, total.gross
    return line


def _take_prices(line: Line, product: Product | None, prices: Mapping[int, Price]) -> None:
    """Copy what the product costs today onto lines that keep it."""
    if not hasattr(line, "floor_price"):
        return
    counts = prices[product.pk] if product else None
    line.list_price = counts.price if counts else None  # type: ignore[attr-defined]
    line.floor_price = counts.floor if counts else None
    line.cost_price = product.cost_price if product else None  # type: ignore[attr-defined]


def _refuse_amounts(lines: Sequence[Line]) -> None:
    total = total_of(lines)
    if total.gross > LARGEST or any(line.gross > LARGEST for line in lines):
        raise ValidationError({"lines": _("The total is too large.")})


def _kept_lines(document: Document) -> dict[int, Line]:
    return {line.pk: line for line in document.lines.all()} if document.pk else {}  # type: ignore[attr-defined]


def _line_model(document: Document) -> type[Line]:
    field: Any = type(document)._meta.fields_map["lines"]
    model: type[Line] = field.related_model
    return model


def _new_line(document: Document) -> Line:
    return _line_model(document)()


def _values(line: Line, names: Sequence[str]) -> list[Any]:
    return [line.serializable_value(name) for name in names]
