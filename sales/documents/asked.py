"""What the conditions of an approval flow offer to choose from."""

from __future__ import annotations

from customers.base_data.models import CustomerLevel
from sales.products.categories import categories_in_order


def levels() -> list[tuple[int, str]]:
    """The levels of customers in their order."""
    return [(row.pk, str(row)) for row in CustomerLevel.objects.all()]


def categories() -> list[tuple[int, str]]:
    """The categories of products, each under those above it."""
    return [(category.pk, name) for category, name in categories_in_order()]
