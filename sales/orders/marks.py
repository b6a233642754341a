"""How states of orders and deliveries look."""

from __future__ import annotations

from typing import Any

from crm.ui.marks import status
from sales.orders.models import Delivery, Order

_ORDER_TONES = {
    "open": "blue", "part": "violet", "delivered": "teal", "accepted": "green", "held": "amber", "cancelled": "gray",
}  # fmt: skip
_DELIVERY_TONES = {
    "planned": "blue", "delivered": "teal", "accepted": "green", "refused": "red", "cancelled": "gray",
}  # fmt: skip
ORDER_LABELS: dict[str, Any] = dict(Order.State.choices)
DELIVERY_LABELS: dict[str, Any] = dict(Delivery.State.choices)


def order_mark(state: str) -> str:
    """The state of an order as a mark."""
    return status(ORDER_LABELS[state], _ORDER_TONES[state], state == "cancelled")


def delivery_mark(state: str) -> str:
    """The state of a delivery as a mark."""
    return status(DELIVERY_LABELS[state], _DELIVERY_TONES[state], state == "cancelled")
