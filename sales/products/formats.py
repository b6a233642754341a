"""Prices and tax rates as people read them."""

from __future__ import annotations

from decimal import Decimal

from crm.ui.formats import SYMBOLS


def price_text(price: Decimal | None, currency: str = "CNY") -> str:
    """A price with two decimals, or four where it needs them: ¥6,800.00, ¥0.1250; "" for none."""
    if price is None:
        return ""
    digits = 2 if price == round(price, 2) else 4
    return f"{SYMBOLS.get(currency, currency + ' ')}{price:,.{digits}f}"


def plain_number(value: Decimal | None) -> str:
    """A number without the zeros nobody typed: 6800, 0.125; "" for none."""
    return "" if value is None else f"{value.normalize():f}"


def rate_text(rate: Decimal | None) -> str:
    """A fraction of one as a percentage: 13%, 0%; "" for none."""
    return "" if rate is None else f"{(rate * 100).normalize():f}%"
