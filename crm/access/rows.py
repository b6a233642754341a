"""The queryset every business record starts from: rows are asked for in a person's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from crm.access.reach import Reach
    from crm.people.models import User


class ReachQuerySet(models.QuerySet[Any]):
    """`visible_to`, `editable_by` and `within` any right.

    A model says how its rows hang together with two class attributes: `reach_path` leads to the record whose owner
    counts ("" for itself, "customer__" for its children), `view_right`/`change_right` default to the model's own.
    """

    reach_path: ClassVar[str] = ""
    share_model: ClassVar[str] = ""

    def visible_to(self, user: User) -> Self:
        """Rows the person may see."""
        return self.within(user, self._right("view"))

    def editable_by(self, user: User) -> Self:
        """Rows the person may change."""
        return self.within(user, self._right("change"))

    def within(self, user: User, right: str) -> Self:
        """Rows in the person's reach for a right: its scope, rows shared one by one, and what the record adds."""
        reach = user.reach
        if not reach.has(right):
            return self.none()
        condition = reach.rows(right, self.reach_path)
        if condition is None:
            return self.all()
        for more in (self._shared(reach, right), self.also_within(reach, right)):
            if more is not None:
                condition |= more
        return self.filter(condition)

    def also_within(self, reach: Reach, right: str) -> Q | None:
        """Rows a record opens besides the scope (pools, for instance); none by default."""
        return None

    def live(self) -> Self:
        """Rows that are not in the recycle bin."""
        return self.filter(archived_at=None)

    def archived(self) -> Self:
        """Rows in the recycle bin."""
        return self.filter(archived_at__isnull=False)

    def _right(self, action: str) -> str:
        meta = self.model._meta
        return f"{meta.app_label}.{action}_{meta.model_name}"

    def _shared(self, reach: Reach, right: str) -> Q | None:
        if not self.share_model:
            return None
        from django.apps import apps  # noqa: PLC0415 - the share model is named, not imported: it belongs to an app above

        ids = reach.shared_ids(apps.get_model(self.share_model), right.split(".")[1].split("_")[0])
        return (
            Q(**{f"{self.reach_path}pk__in" if not self.reach_path else f"{self.reach_path}id__in": ids})
            if ids
            else None
        )
