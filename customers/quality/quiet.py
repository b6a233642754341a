"""Customers at whom nothing has happened for long: what the archive proposes and what retention goes by."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from crm.attachments.models import Attachment
from customers.activities.models import Activity
from customers.comments.models import Comment
from customers.contacts.models import Contact
from customers.customers.holds import held
from customers.customers.models import Customer
from customers.messages.models import ContactMail
from customers.privacy.models import Consent
from customers.tasks.models import Task
from customers.tasks.querysets import OPEN

_SET = Q(created_by__isnull=False)  # by a person, not by a rule


def months_ago(months: int, now: datetime | None = None) -> datetime:
    """The same moment so many calendar months before; on the last day of a shorter month."""
    moment = timezone.localtime(now)
    whole = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(whole, 12)
    for day in (moment.day, 30, 29, 28):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise ValueError(months)


def nothing_since(before: datetime, path: str = "") -> Q:
    """The condition for customers nobody dealt with since a moment and nothing is planned for; `path` leads to them.

    No follow-up, comment, mail, consent or file came in, no contact was added, no task is open nor was set or done by
    somebody, no next follow-up lies ahead, nobody received or protected it, and no hold keeps it. What changes a
    customer without anybody dealing with it counts for nothing: a tag, a transfer, an import, a merge.
    """
    outer = OuterRef(f"{path}pk")
    today = timezone.localdate()
    happened: list[Any] = [
        Activity.objects.filter(customer=outer, archived_at=None, happened_at__gte=before),
        Comment.objects.filter(customer=outer, created_at__gte=before),
        Attachment.objects.filter(anchor_id=outer, created_at__gte=before),
        ContactMail.objects.filter(contact__customer=outer, planned_at__gte=before),
        Consent.objects.filter(contact__customer=outer, given_at__gte=before),
        Contact.objects.filter(customer=outer, created_at__gte=before),
        Task.objects.filter(OPEN | Q(done_at__gte=before) | _SET & Q(created_at__gte=before), customer=outer),
    ]
    return Q(
        _older(f"{path}last_followed_at", before),
        _older(f"{path}received_at", before),
        _older(f"{path}next_follow_on", today),
        _older(f"{path}protected_until", today),
        Q(**{f"{path}created_at__lt": before}),
        *(~Exists(rows) for rows in happened),
        ~held(f"{path}pk"),
    )


def is_existing(path: str = "") -> Q:
    """The condition for customers that signed."""
    return Q(**{f"{path}status": Customer.Status.EXISTING})


def _older(column: str, before: date) -> Q:
    return Q(**{column: None}) | Q(**{f"{column}__lt": before})
