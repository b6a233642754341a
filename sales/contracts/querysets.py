"""Reads over contracts and instalments."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.db.models import F

from sales.documents.querysets import DocumentQuerySet


class ContractQuerySet(DocumentQuerySet):
    """Contracts and supplements."""

    shown_with: ClassVar[tuple[str, ...]] = (
        "customer", "type", "main", "opportunity", "owner", "contact", "signer_ours", "signed_file", "waived_by",
    )  # fmt: skip

    def main_ones(self) -> Self:
        """Contracts that are no supplement."""
        return self.filter(main=None)

    def running(self) -> Self:
        """Agreed with the customer and still going on."""
        return self.filter(state__in=self.model.RUNNING)

    def signed_once(self) -> Self:
        """Those that count in what was contracted."""
        return self.filter(state__in=self.model.SIGNED_ONCE)

    def ending_between(self, first: date, last: date) -> Self:
        """Signed ones whose last day lies in these days."""
        return self.filter(state="signed", ends_on__range=(first, last))


class InstalmentQuerySet(DocumentQuerySet):
    """Instalments are in reach where their contract is."""

    reach_path: ClassVar[str] = "contract__"

    def _right(self, action: str) -> str:
        return f"sales.{action}_contract"

    def of_running(self) -> Self:
        """Those of contracts that go on."""
        return self.filter(contract__state__in=("signed", "suspended"), voided_at=None)

    def open(self) -> Self:
        """Those not paid in full."""
        return self.filter(voided_at=None, received__lt=F("amount"))

    def overdue_on(self, day: date) -> Self:
        """Open ones of running contracts whose day is over."""
        return self.of_running().open().filter(due_on__lt=day)

    def in_order(self) -> Self:
        """The oldest due first; those without a day last."""
        return self.order_by(F("due_on").asc(nulls_last=True), "contract_id", "position")
