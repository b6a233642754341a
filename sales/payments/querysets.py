"""Reads over payments and allocations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import F

from sales.documents.querysets import DocumentQuerySet

if TYPE_CHECKING:
    from crm.people.models import User


class PaymentQuerySet(DocumentQuerySet):
    """Payments and reversals."""

    shown_with: ClassVar[tuple[str, ...]] = (
        "customer", "contract", "owner", "submitted_by", "confirmed_by", "reverses", "bank_line__source",
        "released_line", "reversal__submitted_by",
    )  # fmt: skip

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


class BankLineQuerySet(models.QuerySet["models.Model"]):
    """Bank lines and statements belong to nobody: whoever keeps them sees all."""

    def visible_to(self, user: User) -> Self:
        """Rows the person may see."""
        return self.within(user, "sales.import_bank_line")

    def within(self, user: User, right: str) -> Self:
        """All rows for holders of the right."""
        return self.all() if user.reach.has(right) else self.none()

    def open(self) -> Self:
        """Those nobody dealt with."""
        return self.filter(state="open")
