"""Telling people."""

from __future__ import annotations

from django.utils import timezone

from crm.notifications.models import Notice
from crm.people.models import User


def notify(recipient: User, kind: str, text: str, *, url: str = "", dedupe_key: str) -> None:
    """Put a sentence into a person's inbox, once per key; the text is already in their language."""
    Notice.objects.bulk_create(
        [Notice(recipient=recipient, kind=kind, text=text[:300], url=url, dedupe_key=dedupe_key)], ignore_conflicts=True
    )


def notify_many(notices: list[Notice]) -> None:
    """Put many sentences into inboxes at once, each once per recipient and key."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=1000)


def mark_read(user: User, notice_ids: list[int] | None = None) -> int:
    """Mark a person's notices read, all of them without ids; how many were unread."""
    unread = Notice.objects.filter(recipient=user, read_at=None)
    if notice_ids is not None:
        unread = unread.filter(pk__in=notice_ids)
    return unread.update(read_at=timezone.now())
