"""Reads over deliveries."""

from __future__ import annotations

from typing import ClassVar

from sales.documents.querysets import DocumentQuerySet


class DeliveryQuerySet(DocumentQuerySet):
    """Deliveries are in reach where their order is."""

    reach_path: ClassVar[str] = "order__"

    def _right(self, action: str) -> str:
        return f"sales.{action}_order"
