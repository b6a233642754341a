"""Measuring lines by the prices that count now.

What a line says of list price, minimum price and cost is copied when its product is chosen. It is copied again in a new
version and when the quote is put up for approval, so that no old draft or version brings old minimum prices back.
"""

from __future__ import annotations

from collections.abc import Iterable

from crm.history.operations import operation
from crm.people.models import User
from sales.products.prices import counting_day, prices_for
from sales.quotes.models import Quote, QuoteLine

_MEASURES = ("list_price", "floor_price", "cost_price")


def measured_anew(quote: Quote, lines: Iterable[QuoteLine]) -> list[QuoteLine]:
    """Give lines that were read with their products the measures of today, unsaved; those that changed. One query."""
    sold = [(line, line.product) for line in lines if line.product is not None]
    if not sold:
        return []
    prices = prices_for([product for _line, product in sold], quote.customer, counting_day(quote.issued_on))
    changed = []
    for line, product in sold:
        now = (prices[product.pk].price, prices[product.pk].floor, product.cost_price)
        if now != tuple(getattr(line, name) for name in _MEASURES):
            line.list_price, line.floor_price, line.cost_price = now
            changed.append(line)
    return changed


def measure_anew(quote: Quote, lines: Iterable[QuoteLine], *, actor: User) -> None:
    """Write the measures of today on the kept lines of a locked quote, where they are others."""
    if changed := measured_anew(quote, lines):
        with operation(actor, "quote_changed", quote, anchor_id=quote.customer_id):
            QuoteLine.objects.bulk_update(changed, _MEASURES)
