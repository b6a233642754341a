"""Entries out of several sources as one story, newest first, page by page."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.ui.formats import long_day, short_day

PAGE_SIZE = 30


@dataclass(frozen=True)
class ShownChange:
    """A field in words: what it was, what it is."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class ShownRecord:
    """The record an entry is about: what it is called, its page, its icon, its amount ("" for none)."""

    title: str
    url: str
    icon: str
    amount: str = ""


@dataclass
class Entry:
    """One moment of the story as a page shows it; `key` tells entries of the same moment apart.

    `anchor` is the id an address may jump to; `marks` are icon and words, `links` words and address, `files` name, page
    and small picture of each; `record` is what it is about.
    """

    at: datetime
    key: str
    text: str
    actor: str = ""
    icon: str = "git-compare-arrows"
    tone: str = ""
    remark: str = ""
    content: str = ""
    marks: list[tuple[str, str]] = field(default_factory=list)
    changes: list[ShownChange] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, str, str]] = field(default_factory=list)
    record: ShownRecord | None = None
    anchor: str = ""
    is_small: bool = True
    row: Any = None


class TimelineSource:
    """One kind of entries in the story of a customer; settings.HARBOUR_TIMELINE names the classes.

    `tab` and `label` are the tab that shows these entries alone, `mark` the letter of their keys, `right` what a reader
    needs, `moment` the field that says when, `fields` what `tell` reads, `verbs` the verbs of the history that
    these entries tell themselves, `deeds` those of which only what they changed in the customer is told beside.
    """

    tab: ClassVar[str]
    label: ClassVar[str | Promise]
    mark: ClassVar[str]
    right: ClassVar[str]
    moment: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    verbs: ClassVar[tuple[str, ...]] = ()
    deeds: ClassVar[tuple[str, ...]] = ()

    def is_open_to(self, user: Any) -> bool:
        """Whether the person may read such entries at all."""
        return bool(user.reach.has(self.right))

    def rows(self, customer: Any, user: Any) -> QuerySet[Any]:
        """The rows of a customer that the person may see."""
        raise NotImplementedError

    def rows_beside(self, customer: Any, user: Any) -> QuerySet[Any]:
        """The same where all kinds are shown together, without what entries of another kind show themselves."""
        return self.rows(customer, user)

    def tell(self, entry: Entry, customer: Any, user: Any, names: Mapping[str, Mapping[int, Any]]) -> None:
        """Put an entry into words; `entry.row` has the id and the fields, moments and days as ISO text."""
        raise NotImplementedError


@cache
def timeline_sources() -> list[TimelineSource]:
    """The sources this installation has, in the order of their tabs."""
    return [import_string(name)() for name in settings.HARBOUR_TIMELINE]


@dataclass(frozen=True)
class Place:
    """Where the next older page begins: after this entry."""

    at: datetime
    key: str

    def __str__(self) -> str:
        raw = json.dumps([self.at.isoformat(), self.key], separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def read_place(text: str) -> Place | None:
    """The place of an address; ValidationError where it was made up by hand."""
    if not text:
        return None
    try:
        at, key = json.loads(base64.urlsafe_b64decode(text[:400] + "=" * (-len(text[:400]) % 4)))
        moment = parse_datetime(at)
        if moment is None or not timezone.is_aware(moment) or not isinstance(key, str):
            raise ValueError
        return Place(moment, key)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise ValidationError(_("This page address is not complete. Start from the first page."), code="bad_cursor")


# a source answers with its newest entries at or before a moment (None: now), at most so many
Source = Callable[[datetime | None, int], Sequence[Entry]]


def page_of(sources: Sequence[Source], place: Place | None, size: int = PAGE_SIZE) -> tuple[list[Entry], Place | None]:
    """The newest `size` entries of all sources after a place, and the place of the next page (None at the end).

    Every source is asked for `size` + 1 entries and some to spare, for those of the very moment shown before.
    """
    wanted = size + 20
    entries = [entry for source in sources for entry in source(place.at if place else None, wanted)]
    entries.sort(key=_position, reverse=True)
    if place is not None:
        entries = [entry for entry in entries if _position(entry) < (place.at, place.key)]
    shown = entries[:size]
    return shown, Place(shown[-1].at, shown[-1].key) if len(entries) > size else None


def by_day(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """The entries under the names of their days, in the company's zone."""
    days: list[tuple[date, list[Entry]]] = []
    for entry in entries:
        day = timezone.localtime(entry.at).date()
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append(entry)
    return [(day_title(day), found) for day, found in days]


def day_title(day: date) -> str:
    """A day over its entries: today, yesterday, or the date, with its weekday."""
    age = (timezone.localdate() - day).days
    words = [long_day(day), date_format(day, "D")]
    return " ".join([short_day(day), *words] if age in (0, 1) else words)


def _position(entry: Entry) -> tuple[datetime, str]:
    return entry.at, entry.key
