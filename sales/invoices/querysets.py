"""Reads over invoices and billing data."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from crm.access.rows import ReachQuerySet
from sales.documents.querysets import DocumentQuerySet

if TYPE_CHECKING:
    from crm.people.models import User


class InvoiceQuerySet(DocumentQuerySet):
    """Applications, invoices and red letters."""

    shown_with: ClassVar[tuple[str, ...]] = (
        "customer", "contract", "owner", "file", "issued_by", "blue", "reissue",
    )  # fmt: skip

    def blue(self) -> Self:
        """Invoices that bill something."""
        return self.filter(kind="blue")

    def issued(self) -> Self:
        """Those that exist at the tax office."""
        return self.filter(state__in=self.model.ISSUED_ONCE)

    def applied_for(self) -> Self:
        """Blue ones on their way, which count against what may be invoiced."""
        return self.filter(kind="blue", state__in=self.model.OPEN)


class ReissueQuerySet(DocumentQuerySet):
    """Requests to take invoices back."""

    shown_with: ClassVar[tuple[str, ...]] = ("customer", "contract", "invoice", "owner", "profile")


class BillingProfileQuerySet(ReachQuerySet):
    """Billing data is in reach where its customer is; pooled customers show none."""

    reach_path: ClassVar[str] = "customer__"

    def _right(self, action: str) -> str:
        return "sales.manage_billing" if action == "change" else "sales.view_invoice"

    def within(self, user: User, right: str) -> Self:
        """Billing data in the person's reach for a right."""
        return super().within(user, right).exclude(customer__status="pool")
