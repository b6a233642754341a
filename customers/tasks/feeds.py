"""Calendar subscriptions: a secret address per person that a phone or a mail program reads."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.tasks.calendar import Entry, plans_of
from customers.tasks.models import CalendarFeed
from customers.tasks.people import VIEW

if TYPE_CHECKING:
    from icalendar import Event

DAYS_BEFORE, DAYS_AFTER = 30, 365
MINUTES_LONG = 30


def make_feed(actor: User) -> str:
    """A new secret for the actor's own calendar; an older one stops working. It is kept as a hash only."""
    token = secrets.token_urlsafe(32)
    with operation(actor, "calendar_feed_made", actor):
        CalendarFeed.objects.update_or_create(
            user=actor, defaults={"token_hash": _hash(token), "created_at": timezone.now()}
        )
    return token


def remove_feed(actor: User) -> None:
    """The secret address of the actor's calendar stops working."""
    with operation(actor, "calendar_feed_removed", actor):
        CalendarFeed.objects.filter(user=actor).delete()


def feed_owner(token: str) -> User | None:
    """The person a secret belongs to, while they work here and may see tasks."""
    user = User.objects.active().filter(calendar_feed__token_hash=_hash(token)).first()
    return user if user and user.reach.has(VIEW) else None


def feed_text(user: User) -> bytes:
    """The person's open tasks and planned follow-ups as an iCalendar file: titles and names, no contact details."""
    from icalendar import Calendar  # noqa: PLC0415 - a quarter of a second to import, needed here only

    today = timezone.localdate()
    calendar = Calendar()
    calendar.add("prodid", "-//Harbour CRM//harbour//")
    calendar.add("version", "2.0")
    with translation.override(user.language):
        calendar.add("x-wr-calname", _("Harbour CRM"))
        entries = plans_of(user, today - timedelta(days=DAYS_BEFORE), today + timedelta(days=DAYS_AFTER))
        for entry in sorted(entries, key=lambda entry: (entry.day, entry.order)):
            calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    from icalendar import Event  # noqa: PLC0415 - see above

    event = Event()
    event.add("uid", f"{entry.kind}-{entry.row.pk}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", entry.row.changed_at)
    if entry.at is None:
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        event.add("dtstart", entry.row.due_at)
        event.add("dtend", entry.row.due_at + timedelta(minutes=MINUTES_LONG))
    event.add("summary", _title(entry))
    event.add("url", f"{settings.SITE_URL}{entry.url}")
    return event


def _title(entry: Entry) -> str:
    if entry.kind == "follow_up":
        return _("Follow up: %(name)s") % {"name": entry.customer_name}
    return f"{entry.title} · {entry.customer_name}" if entry.customer_name else entry.title


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
