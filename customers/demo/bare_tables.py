"""Tables without indexes, foreign keys and triggers while a great many rows come in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, models, transaction

_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%s::regclass[]) AND indexrelid <> ALL(%s::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
"""
_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = ANY(%s::regclass[]) AND contype = 'f'
"""
_UNCHECKED = "SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = %s::regclass AND NOT convalidated"


@contextmanager
def bare_tables(record_models: Sequence[type[models.Model]], kept: Sequence[str] = ()) -> Iterator[None]:
    """One transaction in which these tables only take rows; everything is back when it commits.

    Foreign keys hold for new rows from then on, and for these rows after `check_keys`. The history triggers are off
    meanwhile: rows loaded this way have no events. A crash leaves nothing changed. Indexes that hold none of the rows
    to come are cheaper `kept` than built.
    """
    tables = [model._meta.db_table for model in record_models]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', '0', true), set_config('maintenance_work_mem', '128MB', true), "
            "set_config('max_parallel_maintenance_workers', '1', true), "  # with the session's own process: two cores
            "set_config('idle_in_transaction_session_timeout', '0', true), "
            "set_config('synchronous_commit', 'off', true)"
        )
        cursor.execute(_INDEXES, [tables, list(kept)])
        indexes = cursor.fetchall()
        cursor.execute(_FOREIGN_KEYS, [tables])
        keys = cursor.fetchall()
        for table, name, _definition in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        yield
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")


def check_keys(table: str) -> None:
    """Check the foreign keys of the rows that came while a table was bare."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCHECKED, [table])
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" VALIDATE CONSTRAINT {name}')
