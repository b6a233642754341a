"""Company secrets of products (class B1): who sees minimum prices and costs; everybody else never does, anywhere."""

from __future__ import annotations

from typing import Any

FLOOR_RIGHT, COST_RIGHT = "sales.view_floor_price", "sales.view_cost"
# what holds a secret → the right it takes to see it: fields of products and entries, and kinds of price changes
_FIELDS = {"minimum_price": FLOOR_RIGHT, "cost_price": COST_RIGHT}
_CHANGES = {"minimum_price": FLOOR_RIGHT, "list_floor": FLOOR_RIGHT, "cost_price": COST_RIGHT}


def sees_floor(user: Any) -> bool:
    """Whether the person sees minimum prices."""
    return bool(user.reach.has(FLOOR_RIGHT))


def sees_cost(user: Any) -> bool:
    """Whether the person sees costs."""
    return bool(user.reach.has(COST_RIGHT))


def hidden_fields(user: Any) -> list[str]:
    """The fields of products that stay hidden from the person."""
    return [name for name, right in _FIELDS.items() if not user.reach.has(right)]


def hidden_changes(user: Any) -> list[str]:
    """The kinds of price changes that stay hidden from the person."""
    return [name for name, right in _CHANGES.items() if not user.reach.has(right)]
