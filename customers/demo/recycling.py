"""One demo pool takes customers back by rule, with some of them due in the coming days."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import F
from django.utils import timezone

from customers.customers.models import Customer
from customers.pool.due import falling, saved_rules
from customers.pool.models import Pool

DAYS_AHEAD = 13


def switch_recycling_on(pool: Pool, today: date) -> int:
    """Give a pool its rules, and every customer overdue by them an extension into the next days; how many."""
    Pool.objects.filter(pk=pool.pk).update(recycles=True, no_follow_up_days=45, not_won_days=360)
    due = list(falling(saved_rules(pool_id=pool.pk)).filter(due_at__lte=timezone.now()).values_list("pk", flat=True))
    days = {day: [pk for pk in due if pk % DAYS_AHEAD == day] for day in range(DAYS_AHEAD)}
    for day, ids in days.items():
        until = today + timedelta(days=2 + day)
        Customer.objects.filter(pk__in=ids).update(recycle_not_before=until, changed_at=F("changed_at"))
    return len(due)
