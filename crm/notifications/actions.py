"""Telling people.

A sentence that names a record says so with `about`: whoever loses reach of the record loses the sentence with it.
`about=None` is for what names none, and for what tells somebody that a record left them.
"""

from __future__ import annotations

from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from crm.notifications.models import Notice
from crm.people.models import User


def notify(recipient: User, kind: str, text: str, *, about: Model | None, url: str = "", dedupe_key: str) -> None:
    """Put a sentence into a person's inbox, once per key; the text is already in their language."""
    notify_many([new_notice(recipient, kind, text, about=about, url=url, dedupe_key=dedupe_key)])


def new_notice(recipient: User, kind: str, text: str, *, about: Model | None, url: str = "", dedupe_key: str) -> Notice:
    """A sentence for `notify_many`; ValueError where nobody can say who sees a record of this kind."""
    label = about._meta.label if about else ""
    if label and label not in settings.HARBOUR_NOTICE_SUBJECTS:
        raise ValueError(f"settings.HARBOUR_NOTICE_SUBJECTS does not name {label}")
    return Notice(
        recipient=recipient, kind=kind, text=text[:300], url=url, dedupe_key=dedupe_key,
        subject_type=label, subject_id=about.pk if about else None,
    )  # fmt: skip


def notify_many(notices: list[Notice]) -> None:
    """Put many sentences into inboxes at once, each once per recipient and key."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=1000)


def mark_read(user: User, notice_ids: list[int] | None = None) -> int:
    """Mark a person's notices read, all of them without ids; how many were unread."""
    unread = Notice.objects.filter(recipient=user, read_at=None)
    if notice_ids is not None:
        unread = unread.filter(pk__in=notice_ids)
    return unread.update(read_at=timezone.now())
