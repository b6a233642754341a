"""A document's lines and totals as they are shown: on its page, to its approvers, to the customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from crm.ui.formats import discount as discount_text
from crm.ui.formats import exact as number_text
from crm.ui.formats import money as money
from crm.ui.formats import percent, yuan2
from sales.documents.lines import before_discount
from sales.documents.models import Line
from sales.money import total_of
from sales.printing.words import in_words


@dataclass(frozen=True)
class ShownLine:
    """One line in words."""

    position: int
    name: str
    about: str
    quantity: str
    price: str
    discount: str
    tax_rate: str
    amount: str


@dataclass(frozen=True)
class ShownLines:
    """All lines, and what they come to; `discount` is empty where there is none."""

    lines: Sequence[ShownLine]
    is_tax_included: bool
    before: str
    discount: str
    discount_share: str
    net: str
    tax: str
    gross: str
    words: str


def shown_lines(lines: Sequence[Line], *, currency: str, is_tax_included: bool) -> ShownLines:
    """The lines of one document in order, with the totals that are their sums."""
    total = total_of(lines)
    before = before_discount(lines)
    saved = before - (total.gross if is_tax_included else total.net)
    return ShownLines(
        [_shown(line, is_tax_included) for line in lines],
        is_tax_included,
        yuan2(before),
        yuan2(-saved) if saved else "",
        percent(saved / before) if saved and before else "",
        yuan2(total.net),
        yuan2(total.tax),
        money(total.gross, currency),
        in_words(total.gross, currency),
    )


def rate_text(rate: Decimal) -> str:
    """A tax rate: 13%."""
    return f"{number_text(rate * 100)}%"


def _shown(line: Line, is_tax_included: bool) -> ShownLine:
    return ShownLine(
        line.position,
        line.name,
        " · ".join(text for text in (line.code, line.spec) if text),
        f"{number_text(line.quantity)} {line.unit}".strip(),
        number_text(line.price, 2),
        discount_text(line.discount),
        rate_text(line.tax_rate),
        yuan2(line.gross if is_tax_included else line.net),
    )
