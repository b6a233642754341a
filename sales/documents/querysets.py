"""Reads over sales documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.db.models import Q

from crm.access.rights import OWN
from crm.access.rows import ReachQuerySet
from sales.documents.models import EDITABLE_STATES, WAITING_STATES

if TYPE_CHECKING:
    from crm.access.reach import Reach
    from crm.people.models import User


class DocumentQuerySet(ReachQuerySet):
    """Documents are reached through their owner; who is responsible for the customer sees all documents of it."""

    shown_with: ClassVar[tuple[str, ...]] = ("customer", "owner")
    looks: ClassVar[tuple[str, ...]] = ("view", "export")

    def also_within(self, reach: Reach, right: str) -> Q | None:
        """For looking: the documents of one's own customers, whoever wrote them."""
        if right.split(".")[1].split("_")[0] not in self.looks or reach.scopes.get(right) != OWN:
            return None
        return Q(**{f"{self.reach_path}customer__owner_id": reach.user_id})

    def shown_to(self, user: User) -> Self:
        """Those the person may see, with what the page of one names."""
        return self.visible_to(user).select_related(*self.shown_with)

    def editable(self) -> Self:
        """Those whose content may still be changed."""
        return self.filter(state__in=EDITABLE_STATES)

    def waiting(self) -> Self:
        """Those somebody has to decide on."""
        return self.filter(state__in=WAITING_STATES)

    def not_void(self) -> Self:
        """Those that count: a void document contributes nothing anywhere."""
        return self.exclude(state="void")
