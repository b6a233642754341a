"""The warning ladder: owners hear some working days before a customer goes back to the pool, once for each rung."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from crm.people.models import User
from customers.base_data.working_days import WorkingCalendar, working_calendar
from customers.pool.due import RecycleRules, before_run_of, falling, next_run_day, saved_rules, with_day
from customers.pool.models import Pool

KIND = "recycle_warning"
_TELL = """
INSERT INTO customers_recyclewarning (customer_id, owner_id, due_on, rung)
SELECT due.id, due.owner_id, due.due_on, steps.rung
FROM ({due}) AS due (id, owner_id, due_on) JOIN unnest(%s::date[], %s::int[]) AS steps (due_on, rung) USING (due_on)
ON CONFLICT DO NOTHING RETURNING owner_id, rung
"""


def warn_owners() -> int:
    """Tell every owner what goes back within the rungs of the ladder; how many warnings were new. Run twice, they are
    told once; on days nobody works nobody is told.
    """
    calendar, today = working_calendar(), timezone.localdate()
    if not calendar.is_working(today):
        return 0
    rungs = dict(Pool.objects.filter(recycles=True).values_list("pk", "warning_days"))
    told: Counter[tuple[int, int]] = Counter()
    with transaction.atomic():
        for rules in saved_rules():
            told.update(_tell(rules, steps(calendar, today, rungs[rules.pool_id])))
        owners = User.objects.active().filter(pk__in={owner for owner, _step in told}).in_bulk()
        notify_many([_warning(owners[pk], rung, count, today) for (pk, rung), count in told.items() if pk in owners])
    return sum(told.values())


def steps(calendar: WorkingCalendar, today: date, rungs: Iterable[int]) -> dict[date, int]:
    """For each day on which customers may go, the rung they stand on today; days beyond the ladder are not there."""
    ladder = sorted(set(rungs))
    found: dict[date, int] = {}
    day = next_run_day(timezone.now())
    while ladder:
        rung = next((rung for rung in ladder if calendar.before(day, rung) <= today), None)
        if rung is None:
            break
        found[day] = rung
        day += timedelta(days=1)
    return found


def _tell(rules: RecycleRules, days: dict[date, int]) -> list[tuple[int, int]]:
    if not days:
        return []
    due = with_day(falling([rules]).filter(due_at__lte=before_run_of(max(days))), timezone.now())
    sql, params = due.values_list("pk", "owner_id", "due_on").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_TELL.format(due=sql), [*params, list(days), list(days.values())])
        return cursor.fetchall()


def _warning(owner: User, rung: int, count: int, today: date) -> Notice:
    with translation.override(owner.language):
        customers = ngettext("%(count)s customer", "%(count)s customers", count) % {"count": count}
        days = ngettext("%(count)s working day", "%(count)s working days", rung) % {"count": rung}
        text = _("%(customers)s go back to the pool within %(days)s: follow up, or ask for more time.") % {
            "customers": customers,
            "days": days,
        }
    url, key = reverse("customers:pool_due"), f"recycle-warning:{today}:{rung}"
    return new_notice(owner, KIND, text, about=None, url=url, dedupe_key=key)
