"""Telling finance at the end of a month which reissues are still open."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.people.models import User
from customers.base_data.working_days import working_calendar
from sales.invoices.models import Reissue

RIGHT = "sales.issue_invoice"


def remind_of_open_reissues() -> int:
    """On the last working day of a month: tell those who issue how many chains are open; how many were told.

    Safe to run twice or together: each is told once a month.
    """
    today, calendar = timezone.localdate(), working_calendar()
    if not calendar.is_working(today) or calendar.after(today, 1).month == today.month:
        return 0
    count = Reissue.objects.filter(state__in=Reissue.OPEN, archived_at=None).count()
    people = list(User.objects.active().filter(roles__grants__right=RIGHT).distinct())
    if not count or not people:
        return 0
    url, key = f"{reverse('sales:reissue_list')}?view=open", f"reissues-open:{today:%Y-%m}"
    with transaction.atomic(), operation(None, "reissues_told", via="system", row_count=len(people)):
        notify_many([
            new_notice(user, "reissues_open", _words(user, count), about=None, url=url, dedupe_key=key)
            for user in people
        ])  # fmt: skip
    return len(people)


def _words(user: User, count: int) -> str:
    with translation.override(user.language):
        words = ngettext(
            "%(count)s reissue is still open at the end of the month.",
            "%(count)s reissues are still open at the end of the month.",
            count,
        )
        return words % {"count": count}
