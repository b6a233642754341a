"""What the page of a product shows of its prices, as far as the reader may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from sales.products.formats import price_text
from sales.products.models import PriceChange, PriceListEntry, Product
from sales.products.pricing import RIGHT
from sales.products.secrets import sees_cost, sees_floor

HISTORY_SHOWN = 50
TONES = {"open": "amber", "agreed": "blue", "applied": "green", "refused": "red", "withdrawn": "gray"}


@dataclass(frozen=True)
class ListPrice:
    """The price of a product on one list."""

    name: str
    url: str
    level: str
    price: str
    floor: str
    is_now: bool


@dataclass(frozen=True)
class ShownChange:
    """A price change in words, and what the reader may do with it."""

    row: PriceChange
    what: str
    before: str
    after: str
    tone: str
    may_decide: bool
    may_withdraw: bool


def price_rows(product: Product, user: Any) -> list[tuple[str, str]]:
    """Label and value of each price the reader may see."""
    rows = [(_("List price"), price_text(product.list_price, product.currency) if product.list_price else "")]
    if sees_floor(user):
        rows.append((_("Minimum price"), price_text(product.minimum_price, product.currency)))
    if sees_cost(user):
        rows.append((_("Cost"), price_text(product.cost_price, product.currency)))
    return rows


def list_prices(product: Product, user: Any) -> list[ListPrice]:
    """The lists a product is on, the newest first. One query."""
    today = timezone.localdate()
    rows = PriceListEntry.objects.filter(product=product).select_related("price_list__level")
    return [
        ListPrice(
            row.price_list.name,
            row.price_list.get_absolute_url(),
            row.price_list.level.name if row.price_list.level else "",
            price_text(row.price, row.price_list.currency),
            price_text(row.minimum_price, row.price_list.currency) if sees_floor(user) else "",
            row.price_list.is_active
            and row.price_list.starts_on <= today
            and (row.price_list.ends_on is None or row.price_list.ends_on >= today),
        )
        for row in rows.order_by("-price_list__starts_on", "-price_list_id")[:HISTORY_SHOWN]
    ]


def price_history(product: Product, user: Any) -> list[ShownChange]:
    """How the prices of a product came to be, the newest first. One query."""
    rows = PriceChange.objects.visible_to(user).filter(product=product)
    return shown_changes(rows.select_related("product", "price_list", "asked_by", "decided_by")[:HISTORY_SHOWN], user)


def shown_changes(rows: Any, user: Any) -> list[ShownChange]:
    """Price changes, read with their product, list and people, in words."""
    holds = user.reach.has(RIGHT)
    return [_shown(row, user, holds=holds) for row in rows]


def _shown(row: PriceChange, user: Any, *, holds: bool) -> ShownChange:
    currency = row.product.currency
    what = str(row.get_field_display())
    return ShownChange(
        row,
        f"{what} · {row.price_list.name}" if row.price_list else what,
        price_text(row.before or None, currency),
        price_text(row.after, currency),
        TONES[row.state],
        holds and row.state == "open" and row.asked_by_id != user.pk,
        row.state in ("open", "agreed") and row.asked_by_id == user.pk,
    )
