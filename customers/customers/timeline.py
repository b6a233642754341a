"""The story of a customer: follow-ups and changes together, masked like the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.access.masks import CONTACT_FIELDS, shown
from crm.history.changes import FieldChange, StoryEntry, story
from crm.history.timeline import Entry, Place, ShownChange, page_of
from crm.ui.formats import long_day, short_day
from customers.activities.models import Activity
from customers.customers.actions import field_label
from customers.customers.identity import display_phone
from customers.customers.models import Customer
from customers.customers.names import KIND_OF_FIELD, Names, look_up, merged
from customers.verbs import VERBS

# told by the follow-up itself
HIDDEN = ("activity_logged",)
KIND_LOOKS = {
    "visit": ("map-pin", "teal"),
    "call": ("phone", "green"),
    "email": ("mail", "blue"),
    "meeting": ("users", "violet"),
    "message": ("message-square-text", "blue"),
    "note": ("pencil", "amber"),
}


class CustomerStory:
    """Reads the story of one customer as one person may see it."""

    def __init__(self, customer: Customer, user: Any, *, has_activities: bool = True, hidden: Sequence[str] = HIDDEN):
        self.customer, self.user = customer, user
        self.has_activities, self.hidden = has_activities, hidden
        self._activities: list[Activity] = []
        self._changes: list[StoryEntry] = []

    def page(self, place: Place | None, size: int = 30, also: dict[str, set[int]] | None = None) -> StoryPage:
        """One page of entries; `also` names ids whose names the page around needs, so that all take one query."""
        sources = [self._change_entries]
        if self.has_activities:
            sources.append(self._activity_entries)
        entries, older = page_of(sources, place, size)
        names = look_up(merged(self._wanted(entries), also or {}))
        for entry in entries:
            self._put_in_words(entry, names)
        return StoryPage(entries, older, names)

    # ── sources: raw entries, put into words once all names are known ──

    def _activity_entries(self, before: datetime | None, size: int) -> list[Entry]:
        found = Activity.objects.visible_to(self.user).live().filter(customer=self.customer)
        if before is not None:
            found = found.filter(happened_at__lte=before)
        rows = list(found.order_by("-happened_at", "-id")[:size])
        return [Entry(row.happened_at, f"a{row.pk:012d}", "", is_small=False, row=row) for row in rows]

    def _change_entries(self, before: datetime | None, size: int) -> list[Entry]:
        found = story(
            Customer, self.customer.pk, anchor_id=self.customer.pk, before=before, size=size, hidden=self.hidden
        )
        return [Entry(one.at, f"{one.key[0]}{int(one.key[1:]):012d}", "", row=one) for one in found]

    def _wanted(self, entries: Sequence[Entry]) -> dict[str, set[int]]:
        wanted: dict[str, set[int]] = {}
        for entry in entries:
            if isinstance(entry.row, Activity):
                wanted.setdefault("person", set()).add(entry.row.author_id)
                if entry.row.contact_id:
                    wanted.setdefault("contact", set()).add(entry.row.contact_id)
                continue
            for change in entry.row.changes:
                if kind := KIND_OF_FIELD.get(change.name):
                    for value in (change.before, change.after):
                        wanted.setdefault(kind, set()).update(value if isinstance(value, list) else [value or 0])
        return wanted

    # ── words ──

    def _put_in_words(self, entry: Entry, names: Names) -> None:
        if isinstance(entry.row, Activity):
            self._tell_activity(entry, entry.row, names)
        else:
            self._tell_change(entry, entry.row, names)

    def _tell_activity(self, entry: Entry, row: Activity, names: Names) -> None:
        entry.icon, entry.tone = KIND_LOOKS[row.kind]
        entry.actor = _name(names, "person", row.author_id)
        entry.text = str(row.get_kind_display())
        if row.contact_id and self.customer.status != Customer.Status.POOL:
            entry.text += f" · {_name(names, 'contact', row.contact_id)}"
        entry.remark = _("counts as follow-up") if row.is_valid_follow_up else ""
        entry.content = row.content
        if row.next_follow_on:
            entry.marks = [_("Next: %(day)s") % {"day": short_day(row.next_follow_on)}]

    def _tell_change(self, entry: Entry, one: StoryEntry, names: Names) -> None:
        if one.verb:
            text, entry.icon, entry.tone = VERBS.get(one.verb, (one.verb.replace("_", " "), "settings", ""))
            entry.text = str(text) % {"name": one.subject_label}
            entry.actor = one.actor or _("The system")
        else:
            entry.text, entry.icon, entry.tone = _("Changed outside the application"), "database", "amber"
        entry.remark = one.reason
        entry.changes = [self._shown(change, names) for change in one.changes] if one.label != "insert" else []

    def _shown(self, change: FieldChange, names: Names) -> ShownChange:
        label = field_label(change.name)
        before, after = (self._value(change.name, value, names) for value in (change.before, change.after))
        return ShownChange(label, before, after)

    def _value(self, name: str, value: Any, names: Names) -> str:
        if value in (None, "", []):
            return ""
        if kind := KIND_OF_FIELD.get(name):
            ids = value if isinstance(value, list) else [value]
            return pgettext("list", ", ").join(_name(names, kind, pk) for pk in ids)
        if name in CONTACT_FIELDS:
            visible = shown(self.user, self.customer, name, value)
            return display_phone(visible) if visible == value and name == "phone" else visible
        return _plain(name, value)


class StoryPage:
    """Entries of one page, the place of the older ones, and the names that were looked up for them."""

    def __init__(self, entries: list[Entry], older: Place | None, names: Names) -> None:
        self.entries, self.older, self.names = entries, older, names


def _plain(name: str, value: Any) -> str:
    found = Customer._meta.get_field(name)
    if choices := getattr(found, "choices", None):
        return str(dict(choices).get(value, value))
    kind = found.get_internal_type()
    if isinstance(value, str) and kind == "DateTimeField" and (moment := parse_datetime(value)):
        return long_day(timezone.localtime(moment))
    if isinstance(value, str) and kind == "DateField" and (on := parse_date(value)):
        return long_day(on)
    return str(value)


def _name(names: Names, kind: str, pk: int) -> str:
    found = names.get(kind, {}).get(pk)
    return found.name if found else f"#{pk}"
