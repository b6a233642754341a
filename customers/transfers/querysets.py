"""Reads over transfers and their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from crm.access.rights import ALL, BELOW, OWN
from crm.access.rows import ReachQuerySet

if TYPE_CHECKING:
    from crm.people.models import User

TRANSFER_RIGHT = "customers.transfer_customer"


class TransferQuerySet(models.QuerySet[Any]):
    """Transfers are seen by who asked for them and by the directors above."""

    def visible_to(self, user: User) -> TransferQuerySet:
        """Transfers in the person's reach."""
        return self.within(user, TRANSFER_RIGHT)

    def within(self, user: User, right: str) -> TransferQuerySet:
        """Own transfers, those asked for by people in the scope of the right, and those of people who left it."""
        scope = user.reach.scopes.get(right)
        if scope is None:
            return self.none()
        if scope == ALL:
            return self.all()
        mine = Q(requested_by=user)
        if scope == OWN:
            return self.filter(mine)
        ids = user.reach.below_ids if scope == BELOW else [user.department_id]
        return self.filter(mine | Q(requested_by__department_id__in=ids) | Q(leaver__department_id__in=ids))


class TransferRowQuerySet(ReachQuerySet):
    """Rows are in reach where their customer is."""

    reach_path = "customer__"
    share_model = "customers.CustomerShare"

    def visible_to(self, user: User) -> TransferRowQuerySet:
        """Rows of customers the person may see."""
        return self.within(user, "customers.view_customer")

    def going(self) -> TransferRowQuerySet:
        """Rows the preview sends to somebody."""
        return self.filter(outcome="planned")

    def moved(self) -> TransferRowQuerySet:
        """Rows that were moved and not put back."""
        return self.filter(outcome="moved")
