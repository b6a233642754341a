"""Money: Decimal with two places, rounded half-up line by line; totals are sums of rounded lines (TRUST 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# the largest amount a column of money holds: 16 digits before the point
LARGEST = Decimal("9999999999999999.99")


def cents(amount: Decimal) -> Decimal:
    """An amount rounded half-up to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Totals:
    """Net, tax and gross, in the currency of their document."""

    net: Decimal = ZERO
    tax: Decimal = ZERO
    gross: Decimal = ZERO

    def __add__(self, other: Totals) -> Totals:
        return Totals(self.net + other.net, self.tax + other.tax, self.gross + other.gross)

    def __neg__(self) -> Totals:
        return Totals(-self.net, -self.tax, -self.gross)


class HasTotals(Protocol):
    """Anything with the three amounts of a line."""

    net: Decimal
    tax: Decimal
    gross: Decimal


def line_totals(
    quantity: Decimal, price: Decimal, discount: Decimal, tax_rate: Decimal, *, is_tax_included: bool
) -> Totals:
    """What one line costs: `discount` and `tax_rate` are fractions of 1 (0.18 = 18 % off), `price` per unit.

    Tax excluded: net = round(quantity·price·(1−discount)), tax = round(net·rate). Tax included: gross is rounded first,
    net = round(gross ÷ (1+rate)), tax is the rest (TRUST invariant 1).
    """
    amount = cents(quantity * price * (1 - discount))
    if is_tax_included:
        net = cents(amount / (1 + tax_rate))
        return Totals(net, amount - net, amount)
    tax = cents(amount * tax_rate)
    return Totals(amount, tax, amount + tax)


def total_of(lines: Iterable[HasTotals]) -> Totals:
    """The totals of a document: the sum of its rounded lines, never computed anew from the whole."""
    total = Totals()
    for line in lines:
        total += Totals(line.net, line.tax, line.gross)
    return total


def combined_discount(line: Decimal, whole: Decimal) -> Decimal:
    """The discount of a line that also shares in the discount on the whole document, to six places."""
    return (1 - (1 - line) * (1 - whole)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def split_by(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """An amount split by weights to the cent; the parts add up to it exactly, the largest remainders get the cents."""
    whole = sum(weights, Decimal(0))
    if not weights or whole <= 0:
        raise ValueError("An amount is split by weights above nothing.")
    exact = [amount * weight / whole for weight in weights]
    parts = [share.quantize(CENT, "ROUND_DOWN") for share in exact]
    missing = int(((amount - sum(parts, ZERO)) / CENT).to_integral_value())
    step = CENT if missing >= 0 else -CENT
    order = sorted(range(len(parts)), key=lambda place: (abs(exact[place] - parts[place]), -place), reverse=True)
    for place in order[: abs(missing)]:
        parts[place] += step
    return parts
