"""Reads over approvals: what waits for whom, and who may look at a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from crm.access.rows import ReachQuerySet

if TYPE_CHECKING:
    from crm.access.reach import Reach
    from crm.people.models import User


class ApprovalRequestQuerySet(ReachQuerySet):
    """Requests are seen in the reach of the right, and by everybody who submitted, decides, decided or got a copy."""

    def within(self, user: User, right: str) -> Self:
        """Those in the scope of a right, and for looking also those one has a part in."""
        rows = super().within(user, right)
        if right != "crm.view_approval" or not user.reach.has(right):
            return rows
        condition = user.reach.rows(right)
        return self.all() if condition is None else self.filter(condition | self._with_part(user.reach))

    def _right(self, action: str) -> str:
        return f"crm.{action}_approval"

    def _with_part(self, reach: Reach) -> Q:
        # subqueries, because somebody who decides much has a part in more requests than ids fit into a statement
        parts = [
            Exists(apps.get_model("crm", name).objects.filter(request=OuterRef("pk"), **{field: reach.user_id}))
            for name, field in (("ApprovalTask", "approver"), ("ApprovalCopy", "user"))
        ]
        return Q(submitted_by_id=reach.user_id) | Q(parts[0]) | Q(parts[1])

    def shown_to(self, user: User) -> Self:
        """Those the person may see, with what the page of one names."""
        return self.visible_to(user).select_related("submitted_by")

    def blocked_to(self, user: User) -> Self:
        """Those nobody may decide on, for who keeps the flows: to be tried again, not to be read."""
        return self.filter(state="blocked") if user.reach.has("crm.manage_flow") else self.none()

    def open(self) -> Self:
        """Those that wait for somebody or are blocked."""
        return self.filter(state__in=self.model.OPEN)

    def of(self, purpose: str, subject_id: int) -> Self:
        """The requests of one document, newest first."""
        return self.filter(purpose=purpose, subject_id=subject_id).order_by("-id")


class ApprovalTaskQuerySet(models.QuerySet["models.Model"]):
    """Turns to decide."""

    def waiting(self) -> Self:
        """Those not decided yet whose request still waits."""
        return self.filter(state="pending", request__state="pending")

    def at_turn(self) -> Self:
        """Those before whom nobody was added who has to decide first."""
        same = {name: OuterRef(name) for name in ("request", "round", "step")}
        earlier = self.model._default_manager.filter(**same, state="pending", position__lt=OuterRef("position"))
        return self.filter(~Exists(earlier))

    def of(self, user: User) -> Self:
        """One person's turns."""
        return self.filter(approver=user)
