"""Reads over notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Case, Exists, OuterRef, Value, When

if TYPE_CHECKING:
    from crm.people.models import User


class NoticeQuerySet(models.QuerySet[Any]):
    """Notices belong to their recipient alone."""

    def visible_to(self, user: User) -> NoticeQuerySet:
        """One's own."""
        return self.filter(recipient=user)

    def with_seen(self, user: User) -> NoticeQuerySet:
        """Notices with `is_seen`: no where what they tell of is out of the person's reach by now."""
        answers = [When(subject_type="", then=Value(True))]
        for label in settings.HARBOUR_NOTICE_SUBJECTS:
            seen = apps.get_model(label)._default_manager.visible_to(user).filter(pk=OuterRef("subject_id"))
            answers.append(When(subject_type=label, then=Exists(seen)))
        return self.annotate(is_seen=Case(*answers, default=Value(False), output_field=BooleanField()))

    def unread(self) -> NoticeQuerySet:
        """Not opened yet."""
        return self.filter(read_at=None)

    def read(self) -> NoticeQuerySet:
        """Opened."""
        return self.filter(read_at__isnull=False)
