"""What is needed, line by line: a product or a thing in words, how much of it, and the price hoped for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customers.customers.identity import clean_line
from sales.documents.lines import LARGEST_LINE, MOST_LINES, MOST_QUANTITY
from sales.money import ZERO, cents
from sales.products.models import Product
from sales.requirements.models import Requirement, RequirementLine

_KEPT = ("position", "product_id", "name", "unit", "quantity", "target_price", "note")


@dataclass(frozen=True)
class NeedValues:
    """What was typed for one line; `id` where it changes a kept line, `name` may be left to the product."""

    quantity: Decimal
    name: str = ""
    product_id: int | None = None
    id: int | None = None
    unit: str = ""
    target_price: Decimal | None = None
    note: str = ""


def checked_needs(requirement: Requirement, given: Sequence[NeedValues]) -> list[RequirementLine]:
    """The lines as they would be kept, in order; nothing is written.

    ValidationError by `lines.<place>.<field>` (places count from 0), or by `lines` for what concerns them together.
    """
    if len(given) > MOST_LINES:
        raise ValidationError({"lines": _("A document has %(most)s lines at most.") % {"most": MOST_LINES}})
    kept = {line.pk: line for line in requirement.lines.all()} if requirement.pk else {}
    named = [one.id for one in given if one.id is not None]
    if len(named) != len(set(named)):
        raise ValidationError({"lines": _("A line stands here twice.")})
    products = Product.objects.in_bulk({one.product_id for one in given if one.product_id is not None})
    lines, wrong = [], {}
    for place, one in enumerate(given):
        if one.id is not None and one.id not in kept:
            wrong[f"lines.{place}.id"] = _("This line is not one of this document.")
            continue
        line = kept.get(one.id) if one.id is not None else None
        product = products.get(one.product_id) if one.product_id is not None else None
        if refusals := _refusals(one, line, product, requirement.currency):
            wrong |= {f"lines.{place}.{name}": text for name, text in refusals.items()}
            continue
        lines.append(_filled(line or RequirementLine(document=requirement), one, product, place + 1))
    if wrong:
        raise ValidationError(wrong)
    return lines


def keep_needs(requirement: Requirement, lines: Sequence[RequirementLine]) -> None:
    """Write the lines of a saved requirement; those that are gone are removed, those that stay the same are left."""
    kept = {line.pk: line for line in requirement.lines.all()}
    requirement.lines.filter(pk__in=kept.keys() - {line.pk for line in lines}).delete()
    changed = [line for line in lines if line.pk and _values(line) != _values(kept[line.pk])]
    if changed:
        RequirementLine.objects.bulk_update(changed, [name.removesuffix("_id") for name in _KEPT])
    new = [line for line in lines if not line.pk]
    for line in new:
        line.document = requirement
    RequirementLine.objects.bulk_create(new)


def estimate(lines: Iterable[RequirementLine]) -> Decimal:
    """What the customer hopes to pay for all lines that say a price."""
    return sum((cents(line.quantity * line.target_price) for line in lines if line.target_price is not None), ZERO)


def _refusals(one: NeedValues, line: RequirementLine | None, product: Product | None, currency: str) -> dict[str, str]:
    """What is wrong with one line, by field."""
    wrong = {}
    if not one.quantity.is_finite() or not 0 < one.quantity <= MOST_QUANTITY:
        wrong["quantity"] = _("More than 0 and at most %(most)s.") % {"most": f"{MOST_QUANTITY:,}"}
    price = one.target_price
    if price is not None and (not price.is_finite() or price < 0):
        wrong["target_price"] = _("A price is 0 or more.")
    elif not wrong and price is not None and one.quantity * price > LARGEST_LINE:
        wrong["target_price"] = _("This amount is too large.")
    is_kept = line is not None and line.product_id == one.product_id
    if one.product_id is not None:
        is_sold = product is not None and product.is_on_sale and product.archived_at is None
        if not is_kept and not is_sold:
            wrong["product"] = _("This product is not on sale.")
        elif product is not None and product.currency != currency:
            wrong["product"] = _("This product is sold in %(currency)s.") % {"currency": product.currency}
    if not clean_line(one.name) and product is None:
        wrong["name"] = _("A line needs a product or a name.")
    return wrong


def _filled(line: RequirementLine, one: NeedValues, product: Product | None, position: int) -> RequirementLine:
    line.position, line.product = position, product
    line.name = clean_line(one.name) or (product.name if product else "")
    line.unit = clean_line(one.unit) or (product.unit if product else "")
    line.quantity, line.target_price, line.note = one.quantity, one.target_price, clean_line(one.note)
    return line


def _values(line: RequirementLine) -> list[object]:
    return [getattr(line, name) for name in _KEPT]
