"""The clock of the demo: deeds of made-up people happen at moments of the past, through the actions everybody uses.

While a deed is done, the clock of this process stands at its moment. What the database stamps by itself (operations,
events, rows that begin with the time) says afterwards that it happened a second before: no transaction is younger than
what it writes. Only a loader that is alone in its process and in its transaction may turn a clock back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from crm.history.models import Operation
from crm.notifications.models import Notice
from customers.demo.copying import silent_history

BEFORE = timedelta(seconds=1)
# what was told longer ago has been read by now
READ_AFTER = timedelta(days=3)


class Clock:
    """Stands at a moment for each deed, and writes these moments into the history in the end."""

    def __init__(self) -> None:
        self._marks: list[tuple[int, int, datetime]] = []
        self._last = _newest_ids()

    @contextmanager
    def standing(self, moment: datetime) -> Iterator[None]:
        """Do a deed at this moment."""
        real = timezone.now
        timezone.now = lambda: moment
        try:
            yield
        finally:
            timezone.now = real
        self._last = _newest_ids()
        self._marks.append((*self._last, moment))

    def settle(self, first: tuple[int, int]) -> None:
        """Date everything done since the newest operation and notice were `first`, then put both in order of time."""
        operations, notices, moments = zip(*self._marks, strict=True)
        tracked = _tracked_models()
        referring = [relation.related_model for relation in Operation._meta.related_objects]
        events = [model.pgh_event_model for model in {*tracked, *referring} if hasattr(model, "pgh_event_model")]
        with silent_history(Operation, *{*tracked, *referring}, *events), connection.cursor() as cursor:
            by_context = _contexts(cursor, (first[0], *operations[:-1]), operations, moments)
            for model in tracked:
                _date_rows(cursor, model, by_context)
            _date_column(cursor, Operation._meta.db_table, "at", "context_id", by_context)
            _date_notices(cursor, (first[1], *notices[:-1]), notices, moments)
            _put_in_order(cursor, Operation, "at")
            _put_in_order(cursor, Notice, "created_at")


@contextmanager
def turned_back() -> Iterator[Clock]:
    """A clock for a block of deeds, all inside one transaction."""
    first = _newest_ids()
    clock = Clock()
    yield clock
    clock.settle(first)


# contexts of operations, the moments of their deeds, and when these deeds really began
Moments = tuple[list[Any], list[datetime], list[datetime]]
_GIVEN = "unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) AS g(context_id, at, began)"
# how far into its deed something was written stays as it was, to keep what one deed wrote in order
_LATER = "g.at + least(greatest({column} - g.began, interval '0'), interval '900 milliseconds')"
_FRESH = "BETWEEN now() AND clock_timestamp()"


def _newest_ids() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce((SELECT max(id) FROM crm_operation), 0), "
                       "coalesce((SELECT max(id) FROM crm_notice), 0)")  # fmt: skip
        operation, notice = cursor.fetchone()
        return operation, notice


def _tracked_models() -> list[type[models.Model]]:
    """The models whose rows deeds of the sales demo begin: documents with all they hang on, and approvals."""
    found = [*apps.get_app_config("sales").get_models(), *apps.get_app_config("crm").get_models()]
    return [model for model in found if hasattr(model, "pgh_event_model")]


def _contexts(cursor: Any, after: Sequence[int], up_to: Sequence[int], moments: Sequence[datetime]) -> Moments:
    cursor.execute(
        "SELECT o.context_id, given.at, min(o.at) OVER (PARTITION BY given.after) "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS given(after, up_to, at) "
        "JOIN crm_operation o ON o.id > given.after AND o.id <= given.up_to",
        [list(after), list(up_to), [moment - BEFORE for moment in moments]],
    )
    contexts, at, began = zip(*cursor.fetchall(), strict=True)
    return list(contexts), list(at), list(began)


def _date_rows(cursor: Any, model: type[models.Model], by_context: Moments) -> None:
    """Date the columns of a model, and of its events, that the database filled with its own clock."""
    event_model: Any = model.pgh_event_model  # type: ignore[attr-defined]
    table, events = model._meta.db_table, event_model._meta.db_table
    kept = {field.column for field in event_model._meta.concrete_fields}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.DateTimeField) and field.column in kept:
            column = f"e.{field.column}"
            # a moment belongs to the deed that wrote it first; later events of the row only repeat it
            cursor.execute(
                f"WITH wrote AS (SELECT DISTINCT ON (e.pgh_obj_id) e.pgh_obj_id AS id, "  # noqa: S608 - own tables
                f"{_LATER.format(column=column)} AS at FROM {events} e JOIN {_GIVEN} "
                f"ON g.context_id = e.pgh_context_id WHERE {column} {_FRESH} ORDER BY e.pgh_obj_id, e.pgh_id), "
                f"told AS (UPDATE {events} e SET {field.column} = wrote.at FROM wrote "
                f"WHERE e.pgh_obj_id = wrote.id AND {column} {_FRESH}) "
                f"UPDATE {table} t SET {field.column} = wrote.at FROM wrote "
                f"WHERE t.{model._meta.pk.column} = wrote.id AND t.{field.column} {_FRESH}",
                list(by_context),
            )
    _date_column(cursor, events, "pgh_created_at", "pgh_context_id", by_context)


def _date_column(cursor: Any, table: str, column: str, context: str, by_context: Moments) -> None:
    cursor.execute(
        f"UPDATE {table} t SET {column} = {_LATER.format(column=f't.{column}')} "  # noqa: S608 - own tables
        f"FROM {_GIVEN} WHERE t.{context} = g.context_id",
        list(by_context),
    )


def _date_notices(cursor: Any, after: Sequence[int], up_to: Sequence[int], moments: Sequence[datetime]) -> None:
    cursor.execute(
        "UPDATE crm_notice n SET created_at = g.at, "
        "read_at = CASE WHEN g.at < now() - %s THEN g.at + interval '2 hours' ELSE n.read_at END "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS g(after, up_to, at) "
        "WHERE n.id > g.after AND n.id <= g.up_to",
        [READ_AFTER, list(after), list(up_to), [moment - BEFORE for moment in moments]],
    )


def _put_in_order(cursor: Any, model: type[models.Model], moment: str) -> None:
    """Let ids follow the moments, as they would if everything had been written when it happened."""
    manager = model._default_manager
    ids = list(manager.order_by("pk").values_list("pk", flat=True))
    moved = {was: now for was, now in zip(manager.order_by(moment, "pk").values_list("pk", flat=True), ids, strict=True)
             if was != now}  # fmt: skip
    table = model._meta.db_table
    _renumber(cursor, table, "id", {was: -now for was, now in moved.items()})
    cursor.execute(f"UPDATE {table} SET id = -id WHERE id < 0")  # noqa: S608 - own tables
    for relation in model._meta.related_objects:
        referring: Any = relation.related_model
        for rows in (referring, getattr(referring, "pgh_event_model", None)):
            if rows is not None:
                _renumber(cursor, rows._meta.db_table, str(relation.field.column), moved)


def _renumber(cursor: Any, table: str, column: str, moved: Mapping[int, int]) -> None:
    cursor.execute(
        f"UPDATE {table} t SET {column} = m.new FROM unnest(%s::bigint[], %s::bigint[]) AS m(old, new) "  # noqa: S608 - own tables
        f"WHERE t.{column} = m.old",
        [list(moved), list(moved.values())],
    )
