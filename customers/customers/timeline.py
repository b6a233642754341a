"""The story of a customer: all its sources and its changes together, masked like the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from crm.access.gate import may
from crm.access.masks import CONTACT_FIELDS, shown
from crm.history.changes import STORY_FIELDS, FieldChange, StoryEntry, story_of_json, story_statement
from crm.history.models import Operation
from crm.history.timeline import Entry, Place, ShownChange, TimelineSource, page_of, timeline_sources
from crm.history.verbs import all_verbs, worded
from crm.records.together import Rows, Statement, read_together
from crm.ui.formats import long_day
from customers.customers.actions import field_label
from customers.customers.custom import PREFIX, told_people, told_value
from customers.customers.identity import display_phone
from customers.customers.models import Customer
from customers.customers.names import KIND_OF_FIELD, Names, look_up, merged, wanted_by
from customers.pool.hiding import hidden_columns, history_since
from customers.tasks.models import Task

PAGE_SIZE = 30
TO_SPARE = 20  # entries of the very moment at which a page begins are read again
EVERYTHING, CHANGES = "", "changes"
COMPANY_FIELDS = ("parent_id", "merged_into_id")
TASK_VERBS = "task_"
HISTORY_RIGHT = "customers.view_history"
_CUSTOMER = Customer._meta.label_lower
# why a customer came to its owner is told to its owner, who does not see the whole transfer
HAND_OVERS = ("customers.transfer", "customers.allotment")


def told_elsewhere() -> list[str]:
    """Verbs of the history that entries of another kind tell themselves."""
    tasks = [verb for verb in all_verbs() if verb.startswith(TASK_VERBS)]
    return [*tasks, *(verb for source in timeline_sources() for verb in source.verbs)]


def tabs_for(user: Any) -> list[tuple[str, Any]]:
    """The tabs this person finds over the story: key and label."""
    found = {source.tab: source.label for source in timeline_sources() if source.is_open_to(user)}
    changes = [(CHANGES, _("Changes"))] if user.reach.has(HISTORY_RIGHT) else []
    return [(EVERYTHING, pgettext("timeline", "All")), *found.items(), *changes]


def deeds_told_elsewhere() -> frozenset[str]:
    """Verbs that entries of another kind tell, of which the changes tell only what became of the customer."""
    return frozenset(verb for source in timeline_sources() for verb in source.deeds)


class CustomerStory:
    """Reads the story of one customer as one person may see it; `tab` narrows it to one kind of entries.

    Changes are told to those who may read the history of the customer, and to the members of its pool. What they are
    about (a person, a file, another company) is named only to those who see it.
    """

    def __init__(self, customer: Customer, user: Any, *, tab: str = EVERYTHING, hidden: Sequence[str] | None = None):
        self.customer, self.user = customer, user
        self.since, self.concealed = history_since(user, customer), hidden_columns(user, customer)
        self.hidden = told_elsewhere() if hidden is None else hidden
        self.deeds = deeds_told_elsewhere() if hidden is None else frozenset()
        self.is_whole = tab == EVERYTHING
        self.has_changes = tab in (EVERYTHING, CHANGES) and _reads_changes(user, customer)
        self.unnamed: set[tuple[str, int | None]] = set()
        self.sources = {
            source.mark: source
            for source in timeline_sources()
            if source.is_open_to(user) and tab in (EVERYTHING, source.tab)
        }

    def parts(self, place: Place | None, size: int = PAGE_SIZE) -> dict[str, QuerySet[Any] | Statement]:
        """The queries of the sources and of the changes, for `read_together`."""
        found: dict[str, QuerySet[Any] | Statement] = {}
        if self.has_changes:
            found[CHANGES] = self._changes(place, size)
        for mark, source in self.sources.items():
            rows = (source.rows_beside if self.is_whole else source.rows)(self.customer, self.user)
            if self.since is not None:
                rows = rows.filter(**{f"{source.moment}__gte": self.since})
            if place is not None:
                rows = rows.filter(**{f"{source.moment}__lte": place.at})
            rows = rows.order_by(f"-{source.moment}", "-pk")[: size + TO_SPARE]
            found[mark] = rows.values("pk", source.moment, *source.fields)
        return found

    def page(
        self,
        place: Place | None,
        size: int = PAGE_SIZE,
        also: dict[str, set[int]] | None = None,
        read: Rows | None = None,
    ) -> StoryPage:
        """One page of entries; `read` holds the rows of `parts` where the page around has read them already.

        `also` names ids whose names the page around needs, so that all names take one query.
        """
        rows = read_together(self.parts(place, size)) if read is None else read
        told = [entry for mark in self.sources for entry in self._entries(mark, rows[mark])]
        told += self._change_entries(rows.get(CHANGES, []))
        entries, older = page_of([lambda before, wanted: told], place, size)
        names = look_up(merged(self._wanted(entries), also or {}))
        names["company"] = self._companies(entries)
        self.unnamed = self._unnamed(entries)
        for entry in entries:
            self._put_in_words(entry, names)
        return StoryPage(entries, older, names)

    def _entries(self, mark: str, rows: list[dict[str, Any]]) -> list[Entry]:
        moment = self.sources[mark].moment
        return [
            Entry(_moment(row[moment]), f"{mark}{row['pk']:012d}", "", row=SimpleNamespace(**row, source=mark))
            for row in rows
        ]

    def _changes(self, place: Place | None, size: int) -> Statement:
        before, pk = place.at if place else None, self.customer.pk
        sql, given = story_statement(
            Customer,
            pk,
            anchor_id=pk,
            before=before,
            size=size + TO_SPARE,
            hidden=self.hidden,
            deeds=sorted(self.deeds),
        )
        return Statement(sql, given, STORY_FIELDS)

    def _change_entries(self, rows: list[dict[str, Any]]) -> list[Entry]:
        found = [one for one in story_of_json(Customer, rows) if self.since is None or one.at >= self.since]
        return [Entry(one.at, f"{one.key[0]}{int(one.key[1:]):012d}", "", row=one) for one in found]

    def _wanted(self, entries: Sequence[Entry]) -> dict[str, set[int]]:
        wanted: dict[str, set[int]] = {}
        for entry in entries:
            if not isinstance(entry.row, StoryEntry):
                wanted = merged(wanted, wanted_by([entry.row], self.sources[entry.row.source].fields))
                continue
            for change in entry.row.changes:
                wanted.setdefault("person", set()).update(told_people(change.name, (change.before, change.after)))
                if kind := KIND_OF_FIELD.get(change.name):
                    for value in (change.before, change.after):
                        wanted.setdefault(kind, set()).update(value if isinstance(value, list) else [value or 0])
        return wanted

    def _companies(self, entries: Sequence[Entry]) -> dict[int, Any]:
        """The companies that changes point to, as far as the reader sees them."""
        told = [change for entry in entries if isinstance(entry.row, StoryEntry) for change in entry.row.changes]
        ids = {pk for change in told if change.name in COMPANY_FIELDS for pk in (change.before, change.after) if pk}
        return Customer.objects.visible_to(self.user).in_bulk(ids) if ids else {}

    def _unnamed(self, entries: Sequence[Entry]) -> set[tuple[str, int | None]]:
        told = [entry.row for entry in entries if isinstance(entry.row, StoryEntry)]
        return unseen_subjects(self.customer, self.user, [one for one in told if one.verb not in self.deeds])

    # ── words ──

    def _put_in_words(self, entry: Entry, names: Names) -> None:
        if isinstance(entry.row, StoryEntry):
            self._tell_change(entry, entry.row, names)
        else:
            self.sources[entry.row.source].tell(entry, self.customer, self.user, names)

    def _tell_change(self, entry: Entry, one: StoryEntry, names: Names) -> None:
        if one.verb in self.deeds:  # the deed has an entry of its own; here is what it changed
            entry.text, entry.icon, entry.tone = worded("customer_changed", "")
            entry.actor, one.reason, one.facts = one.actor or _("The system"), "", {}
        elif one.verb:
            is_named = (one.subject_type, one.subject_id) not in self.unnamed
            entry.text, entry.icon, entry.tone = worded(one.verb, one.subject_label if is_named else _numbered(one))
            entry.actor = one.actor or _("The system")
            if not is_named and one.subject_type not in HAND_OVERS:
                one.reason = ""
        else:
            entry.text, entry.icon, entry.tone = _("Changed outside the application"), "database", "amber"
        entry.remark, entry.content = one.reason, str(one.facts.get("note", ""))
        entry.changes = [self._shown(change, names) for change in self._told(one)] if one.label != "insert" else []

    def _told(self, one: StoryEntry) -> list[FieldChange]:
        """The changes of an entry without those of columns the pool hides."""
        return [change for change in one.changes if change.name not in self.concealed]

    def _shown(self, change: FieldChange, names: Names) -> ShownChange:
        label = field_label(change.name)
        before, after = (self._value(change.name, value, names) for value in (change.before, change.after))
        return ShownChange(label, before, after)

    def _value(self, name: str, value: Any, names: Names) -> str:
        if value in (None, "", []):
            return ""
        if name.startswith(PREFIX):
            return told_value(name, value, self.customer, self.user, names["person"])
        if name in COMPANY_FIELDS:
            return str(names["company"].get(value) or _("another company"))
        if kind := KIND_OF_FIELD.get(name):
            ids = value if isinstance(value, list) else [value]
            return pgettext("list", ", ").join(_name(names, kind, pk) for pk in ids)
        if name in CONTACT_FIELDS:
            visible = shown(self.user, self.customer, name, value)
            return display_phone(visible) if visible == value and name == "phone" else visible
        return _plain(name, value)


def unseen_subjects(customer: Customer, user: Any, told: Sequence[StoryEntry]) -> set[tuple[str, int | None]]:
    """What changes are about and the reader does not see: people of a pool, tasks of others. At most one query."""
    about = {(one.subject_type, one.subject_id) for one in told if one.subject_type} - {(_CUSTOMER, customer.pk)}
    seen: dict[str, QuerySet[Any]] = {}
    for kind in {kind for kind, _pk in about}:
        rows: Any = apps.get_model(kind)._default_manager.all()
        if hasattr(rows, "visible_to"):
            seen[kind] = rows.visible_to(user)
    if _CUSTOMER in seen:
        seen[_CUSTOMER] |= Customer.objects.filter(merged_into=customer)
    wanted = {kind: rows.filter(pk__in=[pk for one, pk in about if one == kind]) for kind, rows in seen.items()}
    found = read_together({kind: rows.order_by().values("pk") for kind, rows in wanted.items()})
    named = {(kind, row["pk"]) for kind, rows in found.items() for row in rows}
    return {one for one in about if one[0] in seen} - named


class StoryPage:
    """Entries of one page, the place of the older ones, and the names that were looked up for them."""

    def __init__(self, entries: list[Entry], older: Place | None, names: Names) -> None:
        self.entries, self.older, self.names = entries, older, names


class TaskSource(TimelineSource):
    """What was planned and done with the customer, out of the history of its tasks."""

    tab, label, mark = "tasks", pgettext_lazy("timeline", "Tasks"), "t"
    right, moment = "customers.view_task", "at"
    fields = ("verb", "actor_id", "subject_label", "reason")

    def rows(self, customer: Any, user: Any) -> QuerySet[Any]:
        """The deeds about tasks with this customer."""
        seen = Task.objects.visible_to(user).values("pk")
        return Operation.objects.filter(anchor_id=customer.pk, verb__startswith=TASK_VERBS, subject_id__in=seen)

    def tell(self, entry: Entry, customer: Any, user: Any, names: Mapping[str, Mapping[int, Any]]) -> None:
        """Who did what with which task."""
        row = entry.row
        entry.text, entry.icon, entry.tone = worded(row.verb, row.subject_label)
        entry.actor = str(names["person"].get(row.actor_id, _("The system")))
        entry.remark = row.reason


def _numbered(one: StoryEntry) -> str:
    kind = apps.get_model(one.subject_type)._meta.verbose_name
    return f"{kind} #{one.subject_id or ''}".removesuffix(" #")


def _reads_changes(user: Any, customer: Customer) -> bool:
    is_pooled = customer.status == Customer.Status.POOL and user.reach.has(HISTORY_RIGHT)
    return is_pooled or may(user, HISTORY_RIGHT, customer)


def _moment(text: str) -> datetime:
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    return found


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
