"""Reads over payments and allocations."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db.models import F

from sales.documents.querysets import DocumentQuerySet


class PaymentQuerySet(DocumentQuerySet):
    """Payments and reversals."""

    def confirmed(self) -> Self:
        """Money that is there: confirmed, and neither reversed nor a reversal."""
        return self.filter(state="approved", reverses=None)

    def prepaid(self) -> Self:
        """Confirmed ones of which something is left."""
        return self.confirmed().filter(allocated__lt=F("amount"))


class AllocationQuerySet(DocumentQuerySet):
    """Allocations are in reach where their payment is."""

    reach_path: ClassVar[str] = "payment__"

    def living(self) -> Self:
        """Those not taken back."""
        return self.filter(ended_at=None)
