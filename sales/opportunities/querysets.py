"""Reads over opportunities."""

from __future__ import annotations

from typing import Self

from sales.documents.querysets import DocumentQuerySet


class OpportunityQuerySet(DocumentQuerySet):
    """Opportunities, in reach like documents."""

    def open(self) -> Self:
        """Those still talked about."""
        return self.filter(state="open", archived_at=None)
