"""What changed in a row: neighbouring row events compared, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.dateparse import parse_datetime

from crm.history.models import Operation

# bookkeeping that says nothing to a reader
UNTOLD = frozenset({"id", "changed_at", "changed_by_id", "created_at", "created_by_id", "name_key", "custom"})
CUSTOM = "custom"


@dataclass(frozen=True)
class FieldChange:
    """One field of one row: the raw values before and after; a custom field is named `custom.key`."""

    name: str
    before: Any
    after: Any


@dataclass
class RowChange:
    """One event of one row and the operation it belongs to (None: changed outside the application)."""

    id: int
    at: datetime
    label: str
    row_id: int
    context_id: UUID | None
    fields: list[FieldChange]
    values: dict[str, Any]
    operation: Operation | None = field(default=None)


def event_model(model: type[Model]) -> type[Model]:
    """The table of row events of a tracked model."""
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event")


def tracked_models() -> list[type[Model]]:
    """Every model that has row events."""
    known = {model.__name__ for model in apps.get_models()}
    return [m for m in apps.get_models() if f"{m.__name__}Event" in known and not m.__name__.endswith("Event")]


def row_changes(
    model: type[Model], row_id: int, *, before: int | None = None, size: int = 50, fields: Iterable[str] | None = None
) -> list[RowChange]:
    """The latest `size` events of a row before an event id, newest first, each with what it changed. One query."""
    events: QuerySet[Any] = event_model(model)._default_manager.filter(pgh_obj_id=row_id)
    if before is not None:
        events = events.filter(pgh_id__lt=before)
    rows = list(events.order_by("-pgh_id").values()[: size + 1])
    wanted = _names(model, fields)
    older = [*rows[1:], None]
    return [_change(event, before, wanted) for event, before in zip(rows[:size], older, strict=False)]


def changes_of_contexts(
    model: type[Model], context_ids: Sequence[UUID], row_ids: Sequence[int], fields: Iterable[str] | None = None
) -> list[RowChange]:
    """What operations did to rows of a model, with the values before. At most two queries."""
    table = event_model(model)
    manager = table._default_manager
    after = list(manager.filter(pgh_context_id__in=context_ids, pgh_obj_id__in=row_ids).order_by("pgh_id").values())
    if not after:
        return []
    ids = {event["pgh_obj_id"] for event in after}
    earlier = manager.filter(pgh_obj_id__in=ids, pgh_id__lt=max(event["pgh_id"] for event in after))
    by_row: dict[int, list[dict[str, Any]]] = {}
    for event in earlier.order_by("-pgh_id").values():
        by_row.setdefault(event["pgh_obj_id"], []).append(event)
    wanted = _names(model, fields)
    found = []
    for event in after:
        previous = next((e for e in by_row.get(event["pgh_obj_id"], []) if e["pgh_id"] < event["pgh_id"]), None)
        found.append(_change(event, previous, wanted))
    return found


def with_operations(changes: Sequence[RowChange]) -> Sequence[RowChange]:
    """The same changes, each with its operation and who did it. One query."""
    ids = {change.context_id for change in changes if change.context_id}
    found = {entry.context_id: entry for entry in Operation.objects.filter(context_id__in=ids).select_related("actor")}
    for change in changes:
        change.operation = found.get(change.context_id) if change.context_id else None
    return changes


def _names(model: type[Model], fields: Iterable[str] | None) -> list[str]:
    if fields is not None:
        return list(fields)
    return [f.attname for f in model._meta.concrete_fields if f.attname not in UNTOLD]


def _told_names(model: type[Model]) -> list[str]:
    has_custom = any(f.attname == CUSTOM for f in model._meta.concrete_fields)
    return _names(model, None) + [CUSTOM] * has_custom


def _change(event: dict[str, Any], previous: dict[str, Any] | None, wanted: list[str]) -> RowChange:
    return RowChange(
        event["pgh_id"], event["pgh_created_at"], event["pgh_label"], event["pgh_obj_id"], event["pgh_context_id"],
        _compared(event, previous, wanted), event,
    )  # fmt: skip


def _compared(event: dict[str, Any], previous: dict[str, Any] | None, wanted: list[str]) -> list[FieldChange]:
    if event["pgh_label"] == "delete":
        return []
    known = previous is not None and previous["pgh_label"] != "delete"
    changed = []
    for name in wanted:
        before, after = (previous or {}).get(name) if known else None, event.get(name)
        if name == CUSTOM:
            changed += _custom_changes(before or {}, after or {})
        elif before != after and (known or after not in (None, "", [], False)):
            changed.append(FieldChange(name, before, after))
    return changed


def _custom_changes(before: dict[str, Any], after: dict[str, Any]) -> list[FieldChange]:
    """Each changed custom field by itself."""
    keys = dict.fromkeys([*before, *after])
    return [
        FieldChange(f"{CUSTOM}.{key}", before.get(key), after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    ]


@dataclass
class StoryEntry:
    """One operation on a row or around it, or one change made outside the application (`verb` empty)."""

    at: datetime
    key: str
    verb: str
    via: str
    reason: str
    actor_id: int | None
    actor: str
    subject_type: str
    subject_id: int | None
    subject_label: str
    facts: dict[str, Any]
    label: str
    changes: list[FieldChange]


STORY_FIELDS = (
    "at", "event", "operation", "verb", "via", "reason", "actor_id", "actor", "subject_type", "subject_id",
    "subject_label", "facts", "label", "after", "before",
)  # fmt: skip
# operations that changed the row are left out by grouping, because the planner made a quadratic anti join of it;
# the neighbours are numbered first, so that only the rows of one page are read whole
_STORY = """
WITH numbered AS MATERIALIZED (
    SELECT pgh_id, pgh_context_id, pgh_created_at, lag(pgh_id) OVER (ORDER BY pgh_id) AS previous_id
    FROM {events} WHERE pgh_obj_id = %(row)s
), told AS (
    (SELECT n.pgh_id, n.previous_id, n.pgh_created_at AS at, o.id AS operation_id
     FROM numbered n LEFT JOIN crm_operation o ON o.context_id = n.pgh_context_id
     WHERE (%(before)s::timestamptz IS NULL OR n.pgh_created_at <= %(before)s)
       AND (o.verb IS NULL OR NOT o.verb = ANY(%(hidden)s))
     ORDER BY n.pgh_id DESC LIMIT %(size)s)
    UNION ALL
    (SELECT NULL, NULL, max(x.at), max(x.id) FROM (
         SELECT o.context_id, o.id, o.at FROM crm_operation o
         WHERE o.anchor_id = %(anchor)s AND (%(before)s::timestamptz IS NULL OR o.at <= %(before)s)
           AND NOT o.verb = ANY(%(hidden)s) AND NOT o.verb = ANY(%(deeds)s)
         UNION ALL
         SELECT n.pgh_context_id, NULL, NULL FROM numbered n WHERE n.pgh_context_id IS NOT NULL) x
     GROUP BY x.context_id HAVING count(*) = count(x.id) ORDER BY max(x.id) DESC LIMIT %(size)s)
)
SELECT t.at, t.pgh_id, o.id, coalesce(o.verb, ''), coalesce(o.via, ''), coalesce(o.reason, ''), o.actor_id,
       coalesce(nullif(u.name, ''), u.username, ''), coalesce(o.subject_type, ''), o.subject_id,
       coalesce(o.subject_label, ''), o.facts, coalesce(e.pgh_label, ''), to_jsonb(e), to_jsonb(p)
FROM told t
LEFT JOIN crm_operation o ON o.id = t.operation_id
LEFT JOIN crm_user u ON u.id = o.actor_id
LEFT JOIN {events} e ON e.pgh_id = t.pgh_id
LEFT JOIN {events} p ON p.pgh_id = t.previous_id
ORDER BY t.at DESC, t.pgh_id DESC NULLS LAST, o.id DESC LIMIT %(size)s
"""


def story(
    model: type[Model],
    row_id: int,
    *,
    anchor_id: int | None = None,
    before: datetime | None = None,
    size: int = 50,
    hidden: Sequence[str] = (),
) -> list[StoryEntry]:
    """What happened to a row (and, with `anchor_id`, around it), newest first, at or before a moment. One query.

    Values of changes are those of the row events: dates as ISO text, foreign keys as ids; `hidden` verbs are left out.
    """
    sql, given = story_statement(model, row_id, anchor_id=anchor_id, before=before, size=size, hidden=hidden)
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [_story_entry(row, _told_names(model)) for row in cursor.fetchall()]


def story_statement(
    model: type[Model],
    row_id: int,
    *,
    anchor_id: int | None = None,
    before: datetime | None = None,
    size: int = 50,
    hidden: Sequence[str] = (),
    deeds: Sequence[str] = (),
) -> tuple[str, list[Any]]:
    """The statement behind `story` with its values, for reading it together with other queries.

    `deeds` are verbs left out unless they changed the row itself.
    """
    table = connection.ops.quote_name(event_model(model)._meta.db_table)
    named = {"row": row_id, "anchor": anchor_id, "before": before, "size": size, "hidden": list(hidden),
             "deeds": list(deeds)}  # fmt: skip
    sql, given = _STORY.format(events=table), []
    for name in re.findall(r"%\((\w+)\)s", sql):
        given.append(named[name])
    return re.sub(r"%\(\w+\)s", "%s", sql), given


def story_of_json(model: type[Model], rows: Iterable[dict[str, Any]]) -> list[StoryEntry]:
    """The entries out of the rows of such a statement, read as JSON."""
    wanted = _told_names(model)
    found = []
    for row in rows:
        at, *rest = (row[name] for name in STORY_FIELDS)
        found.append(_story_entry((parse_datetime(at), *rest), wanted))
    return found


def _story_entry(row: tuple[Any, ...], wanted: list[str]) -> StoryEntry:
    at, event_id, operation_id, verb, via, reason, actor_id, actor, subject, subject_id, subject_label, *rest = row
    facts, label, event, before = (_loaded(value) if number != 1 else value for number, value in enumerate(rest))
    changes = _compared(event, before, wanted) if event else []
    key = f"e{event_id}" if event_id else f"o{operation_id}"
    return StoryEntry(
        at, key, verb, via, reason, actor_id, actor, subject, subject_id, subject_label, facts or {}, label, changes
    )


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
