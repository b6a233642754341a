"""What is done with a price list; the prices on it change in sales.products.pricing only, by two people.

Whom a list is for, on which days and in which currency is fixed with its first price: they decide what was agreed.
It ends early by two people as well (sales.products.ending): without it other prices and minimums count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.identity import clean_line
from sales.products.models import PriceChange, PriceList, Product
from sales.products.pricing import Field, Wish

FIXED = ("level", "currency", "starts_on", "ends_on", "is_active")
ROWS_AT_MOST = 500
_CELLS = re.compile(r"[\t,;，；]|\s{2,}|\s(?=\S+$)")


@dataclass(frozen=True)
class PastedRow:
    """One line of what was pasted: a code, a price, perhaps a minimum."""

    code: str
    price: Decimal | None
    floor: Decimal | None


def add_price_list(*, actor: User, values: Mapping[str, Any]) -> PriceList:
    """A new list, without prices yet."""
    prices = PriceList(**{**values, "name": clean_line(values["name"])})
    with _name_once(), operation(actor, "price_list_added", prices):
        _check(prices)
        prices.save(force_insert=True)
    return prices


def change_price_list(prices: PriceList, *, actor: User, values: Mapping[str, Any]) -> PriceList:
    """Rename a list; as long as it has no prices, say for whom and when it counts, or put it out of use."""
    with _name_once(), operation(actor, "price_list_changed", prices):
        locked = PriceList.objects.select_for_update(of=("self",), no_key=True).get(pk=prices.pk)
        changed = {name for name, value in values.items() if getattr(locked, name) != value}
        if (wrong := changed & set(FIXED)) and has_prices(locked):
            text = _(
                "Two people agreed to its prices for this level, currency and days. Ask for its end, or make a new one."
            )
            raise ValidationError(dict.fromkeys(wrong, text))
        for name in changed:
            setattr(locked, name, values[name])
        locked.name = clean_line(locked.name)
        _check(locked)
        locked.save()
    return locked


def has_prices(prices: PriceList) -> bool:
    """Whether a list has prices, or some are asked for."""
    waiting = PriceChange.objects.filter(price_list=prices, state__in=["open", "agreed"])
    return bool(prices.entries.exists() or waiting.exists())


def pasted_rows(text: str) -> list[PastedRow]:
    """The rows of a pasted table: code, price, perhaps a minimum; ValidationError names every line that is none."""
    rows, wrong = [], []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > ROWS_AT_MOST:
        raise ValidationError(_("Paste at most %(limit)s lines at once.") % {"limit": ROWS_AT_MOST})
    for line in lines:
        cells = [cell.strip() for cell in _CELLS.split(line.replace(",", "")) if cell.strip()]
        try:
            rows.append(_row(cells))
        except (InvalidOperation, ValueError):
            wrong.append(line[:40])
    if wrong:
        raise ValidationError([_("“%(line)s” is no code with a price.") % {"line": line} for line in wrong[:10]])
    return rows


def wishes_of(rows: Sequence[PastedRow], *, with_floor: bool) -> list[Wish]:
    """What pasted rows ask for; ValidationError names the codes nobody knows and those that are pasted twice."""
    codes = [row.code for row in rows]
    known = {product.code.casefold(): product for product in Product.objects.live().filter(code__in=codes)}
    if unknown := [code for code in codes if code.casefold() not in known]:
        raise ValidationError(_("No product has the code %(codes)s.") % {"codes": ", ".join(unknown[:10])})
    if len(known) < len(codes):
        raise ValidationError(_("A product is pasted twice."))
    wishes = []
    for row in rows:
        product = known[row.code.casefold()]
        wishes.append(Wish(product, Field.LIST_ENTRY, row.price))
        if with_floor and row.floor is not None:
            wishes.append(Wish(product, Field.LIST_FLOOR, row.floor))
    return wishes


def _row(cells: Sequence[str]) -> PastedRow:
    if not 2 <= len(cells) <= 3:
        raise ValueError
    price = None if cells[1] in ("-", "—") else _price(cells[1])
    return PastedRow(cells[0], price, _price(cells[2]) if len(cells) > 2 else None)


def _price(text: str) -> Decimal:
    return Decimal(text.lstrip("¥￥$€"))


def _check(prices: PriceList) -> None:
    if not prices.name:
        raise ValidationError({"name": _("A price list needs a name.")})
    if prices.ends_on is not None and prices.ends_on < prices.starts_on:
        raise ValidationError({"ends_on": _("This day lies before the first one.")})


def _name_once() -> AbstractContextManager[None]:
    return promised("sales_pricelist_name_key", {"name": _("There is a price list of this name already.")})
