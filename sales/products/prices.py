"""The price that counts for a customer on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from customers.customers.models import Customer
from sales.products.models import PriceList, PriceListEntry, Product


@dataclass(frozen=True)
class Price:
    """What one unit costs without tax, the least it may cost (None where there is no limit; class B1: ask
    `sales.products.secrets` before showing it), and the price list it comes from (None: the list price of the product).
    """

    price: Decimal
    floor: Decimal | None
    source: PriceList | None = None


def price_for(product: Product, customer: Customer | None, day: date) -> Price:
    """The price of a product for a customer on a day; without a customer only lists for everybody count."""
    return prices_for([product], customer, day)[product.pk]


def counting_day(day: date) -> date:
    """The day whose prices count for a document of this date: its own where it is still to come, else today.

    An old date on a document does not bring old minimum prices back.
    """
    return max(day, timezone.localdate())


def prices_for(products: Iterable[Product], customer: Customer | None, day: date) -> dict[int, Price]:
    """The prices of several products by id, in one query.

    A list for the customer's level goes before one for everybody, a later one before an earlier one; a list in
    another currency than the product's says nothing. A minimum of the list replaces that of the product.
    """
    known = {product.pk: product for product in products}
    if not known:
        return {}
    found = {pk: Price(product.list_price, product.minimum_price) for pk, product in known.items()}
    level_id = customer.level_id if customer else None
    lists = PriceList.objects.valid_on(day).filter(Q(level=None) | Q(level_id=level_id))
    entries = (
        PriceListEntry.objects.filter(price_list__in=lists, product_id__in=list(known))
        .select_related("price_list")
        .order_by("price_list__starts_on", "price_list_id")
    )
    # the widest and oldest first, so that what comes later replaces it
    for entry in sorted(entries, key=lambda entry: entry.price_list.level_id is not None):
        product = known[entry.product_id]
        if entry.price_list.currency == product.currency:
            floor = product.minimum_price if entry.minimum_price is None else entry.minimum_price
            found[product.pk] = Price(entry.price, floor, entry.price_list)
    return found
