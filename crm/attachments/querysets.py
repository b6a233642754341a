"""Reads over attachments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Exists, Model, OuterRef, Q

from crm.attachments.policies import policies

if TYPE_CHECKING:
    from crm.people.models import User


class AttachmentQuerySet(models.QuerySet[Any]):
    """Files are in reach where their record is: one condition, whatever kinds of records there are."""

    def visible_to(self, user: User) -> Self:
        """Files of records the person may see."""
        return self._following(user, "view")

    def editable_by(self, user: User) -> Self:
        """Files of records the person may change."""
        return self._following(user, "change")

    def live(self) -> Self:
        """Files that are not in the recycle bin."""
        return self.filter(archived_at=None)

    def of(self, record: Model) -> Self:
        """Files kept with one record."""
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=record.pk)

    def around(self, anchor_id: int) -> Self:
        """Files of a customer and of everything that belongs to it."""
        return self.filter(anchor_id=anchor_id)

    def by_record(self, model: type[Model], ids: Iterable[int]) -> dict[int, list[Any]]:
        """The files of several records of one kind, oldest first. One query."""
        rows = self.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=list(ids))
        found = defaultdict(list)
        for row in rows.order_by("pk"):
            found[row.object_id].append(row)
        return dict(found)

    def _following(self, user: User, action: str) -> Self:
        condition = Q(pk__in=[])
        for model, policy in policies().items():
            right = getattr(policy, action)
            if not user.reach.has(right):
                continue
            parents = policy.rows(user, right).filter(pk=OuterRef("object_id")).order_by()
            condition |= Q(Exists(parents), content_type=ContentType.objects.get_for_model(model))
        return self.filter(condition)
