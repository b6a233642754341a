"""The alarm about leads nobody works on: first to the owner, at twice the time to who leads the department."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.company.actions import company_setting
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from crm.people.models import Department, User
from customers.base_data.working_days import working_calendar
from customers.customers.models import Customer

CHUNK = 1000
# what became late longer ago is left to the rules of the pool: the server would have been down for two weeks
LOOKS_BACK = timedelta(days=14)


def warn_of_unworked_leads() -> int:
    """Tell owners, then heads, of leads without a valid follow-up since receipt, once each; how many were told."""
    hours = company_setting("leads.unworked_hours")
    if not hours:
        return 0
    calendar, now = working_calendar(), timezone.now()
    heads = _heads()
    told = _warn(calendar.hours_before(now, hours), lambda lead: _for_owner(lead, hours))
    return told + _warn(calendar.hours_before(now, 2 * hours), lambda lead: _for_head(lead, 2 * hours, heads))


def _warn(late_since: datetime, notice_for: Callable[[Customer], Notice | None]) -> int:
    told = 0
    for leads in _late(late_since):
        notices = [notice for lead in leads if (notice := notice_for(lead))]
        keys = [notice.dedupe_key for notice in notices]
        people = {notice.recipient_id for notice in notices}
        known = set(
            Notice.objects.filter(recipient__in=people, dedupe_key__in=keys).values_list("recipient_id", "dedupe_key")
        )
        fresh = [notice for notice in notices if (notice.recipient_id, notice.dedupe_key) not in known]
        notify_many(fresh)
        told += len(fresh)
    return told


def _late(since: datetime) -> Iterator[list[Customer]]:
    rows = Customer.objects.live().unworked().filter(owner__is_active=True)
    rows = rows.filter(received_at__lte=since, received_at__gt=since - LOOKS_BACK).select_related("owner")
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _for_owner(lead: Customer, hours: int) -> Notice | None:
    return _notice(lead, lead.owner, "unworked", _owner_text, hours) if lead.owner else None


def _for_head(lead: Customer, hours: int, heads: dict[int, list[User]]) -> Notice | None:
    above = [head for head in heads.get(lead.department_id, []) if head.pk != lead.owner_id]
    return _notice(lead, above[0], "unworked-head", _head_text, hours) if above else None


def _notice(lead: Customer, person: User, kind: str, text: Callable[[Customer, int], str], hours: int) -> Notice:
    received = int(lead.received_at.timestamp()) if lead.received_at else 0
    with translation.override(person.language):
        words = text(lead, hours)
    key = f"{kind}:{lead.pk}:{received}"
    return new_notice(person, "lead_unworked", words, about=lead, url=lead.get_absolute_url(), dedupe_key=key)


def _owner_text(lead: Customer, hours: int) -> str:
    return _("“%(name)s” has waited %(hours)s working hours for your first follow-up.") % {
        "name": lead.name, "hours": hours,
    }  # fmt: skip


def _head_text(lead: Customer, hours: int) -> str:
    return _("“%(name)s” of %(owner)s has waited %(hours)s working hours for a first follow-up.") % {
        "name": lead.name, "owner": lead.owner, "hours": hours,
    }  # fmt: skip


def _heads() -> dict[int, list[User]]:
    """By department the active heads on its way up to the root, the nearest first."""
    departments = {row.pk: row for row in Department.objects.select_related("head")}
    found: dict[int, list[User]] = {}
    for row in departments.values():
        way = [departments[pk].head for pk in reversed(row.path) if pk in departments]
        found[row.pk] = [head for head in way if head is not None and head.is_active]
    return found
