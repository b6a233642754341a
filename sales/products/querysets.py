"""Reads over products and tax rates."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from crm.access.rows import ReachQuerySet

if TYPE_CHECKING:
    from crm.people.models import User


class ProductQuerySet(ReachQuerySet):
    """The catalogue has no owner: whoever holds a right on products has it for all of them."""

    def within(self, user: User, right: str) -> Self:
        """All, for holders of the right."""
        return self.all() if user.reach.has(right) else self.none()

    def on_sale(self) -> Self:
        """Those that may be put on a new document."""
        return self.filter(is_on_sale=True, archived_at=None)


class TaxRateQuerySet(models.QuerySet[Any]):
    """Reads over tax rates."""

    def valid_on(self, day: date) -> TaxRateQuerySet:
        """Those in force on a day."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day)
