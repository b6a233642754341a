"""Figures of a quote that only some may see or that decide its way: floor, discount, margin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sales.documents.floors import is_below
from sales.documents.lines import with_tax
from sales.money import ZERO, cents
from sales.quotes.models import QuoteLine


def is_below_floor(line: QuoteLine, *, is_tax_included: bool) -> bool:
    """Whether a unit costs less than the minimum price its product had when the line was written."""
    return is_below(line, line.floor_price, is_tax_included=is_tax_included)


def largest_discount(lines: Iterable[QuoteLine], *, is_tax_included: bool) -> Decimal:
    """The largest discount of a line, against its list price where it has one: typing a lower price is a discount."""
    return max((_discount(line, is_tax_included) for line in lines), default=Decimal(0))


def _discount(line: QuoteLine, is_tax_included: bool) -> Decimal:
    if not line.list_price:
        return line.discount
    listed = with_tax(line.list_price, line.tax_rate, is_tax_included=is_tax_included)
    share = 1 - line.price * (1 - line.discount) / listed
    return max(line.discount, share.quantize(Decimal("0.000001")))


@dataclass(frozen=True)
class Margin:
    """What is left of the net amount after cost; `is_whole` says that the cost of every line is known."""

    amount: Decimal
    share: Decimal
    is_whole: bool


def margin(lines: Sequence[QuoteLine]) -> Margin | None:
    """The margin over the lines whose cost is known; None where none is. For those who see costs (class B1) only."""
    known = [line for line in lines if line.cost_price is not None]
    net = sum((line.net for line in known), ZERO)
    if not known or not net:
        return None
    amount = net - sum((cents(line.quantity * (line.cost_price or 0)) for line in known), ZERO)
    return Margin(amount, amount / net, all(line.cost_price is not None for line in lines))
