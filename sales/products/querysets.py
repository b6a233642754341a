"""Reads over products, their prices and tax rates."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from sales.products.secrets import hidden_changes

if TYPE_CHECKING:
    from crm.people.models import User


class CatalogueQuerySet(models.QuerySet[Any]):
    """The catalogue has no owners: whoever sees products sees all of it, whoever holds another right has it for all."""

    def visible_to(self, user: User) -> Self:
        """All, for those who see products."""
        return self.within(user, "sales.view_product")

    def within(self, user: User, right: str) -> Self:
        """All, for holders of the right."""
        return self.all() if user.reach.has(right) else self.none()


class ProductQuerySet(CatalogueQuerySet):
    """Reads over products."""

    def editable_by(self, user: User) -> Self:
        """All, for those who keep products."""
        return self.within(user, "sales.change_product")

    def live(self) -> Self:
        """Those that are not in the recycle bin."""
        return self.filter(archived_at=None)

    def archived(self) -> Self:
        """Those in the recycle bin."""
        return self.filter(archived_at__isnull=False)

    def on_sale(self) -> Self:
        """Those that may be put on a new document."""
        return self.filter(is_on_sale=True, archived_at=None)


class PriceListQuerySet(CatalogueQuerySet):
    """Reads over price lists."""

    def valid_on(self, day: date) -> Self:
        """Those in use and in force on a day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day, is_active=True)

    def ending(self) -> Self:
        """Those somebody wants to end, which waits for a second person."""
        return self.filter(ending_on__isnull=False, ending_agreed_by=None)


class PriceChangeQuerySet(CatalogueQuerySet):
    """Changes of prices; those of secret prices are seen only by who sees these prices."""

    def within(self, user: User, right: str) -> Self:
        """All, for holders of the right, but for the changes of prices hidden from them."""
        return super().within(user, right).exclude(field__in=hidden_changes(user))

    def open(self) -> Self:
        """Those nobody has decided on."""
        return self.filter(state="open")

    def due(self, day: date) -> Self:
        """Agreed ones whose day has come."""
        return self.filter(state="agreed", starts_on__lte=day)


class TaxRateQuerySet(CatalogueQuerySet):
    """Reads over tax rates."""

    def valid_on(self, day: date) -> Self:
        """Those in force on a day."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day)
