"""Reads over quotes."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from sales.documents.querysets import DocumentQuerySet


class QuoteQuerySet(DocumentQuerySet):
    """Quotes; a list shows the newest version of each."""

    shown_with: ClassVar[tuple[str, ...]] = (
        "customer", "owner", "department", "contact", "opportunity", "requirement", "created_by",
    )  # fmt: skip

    def current(self) -> Self:
        """The newest version of each quote."""
        return self.filter(is_current=True)

    def released(self) -> Self:
        """Approved ones that were not replaced or taken back."""
        return self.filter(state__in=self.model.RELEASED)

    def usable_on(self, day: date) -> Self:
        """Those a contract can be made from on a day."""
        return self.released().filter(valid_until__gte=day)
