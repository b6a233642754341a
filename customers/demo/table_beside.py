"""A table filled and indexed beside the one in use, by sessions of its own, and put in its place at the end.

One transaction is one process of the server. A table that no other refers to can be written by more of them at once:
they work on a draft that nobody reads, and putting it in place belongs to the transaction that fills the other tables,
which so stays all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, models, transaction

SESSIONS = 2
SCHEMA = "harbour_draft"  # in a schema of its own names of indexes and constraints stay as they are
_KEYS = """
SELECT format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', %s, conname, pg_get_constraintdef(oid)) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('p', 'u')
"""
# without the schema, so that the same words make the draft's index where the search path begins with the draft
_INDEXES = """
SELECT pg_get_indexdef(indexrelid, 0, true) FROM pg_index
WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY indexrelid <> %s::regclass
"""
# what LIKE leaves out: references to other tables, how exactly columns are measured, who else may read
_SURROUNDINGS = """
SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s NOT VALID', conrelid::regclass, conname,
    pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype = 'f'
UNION ALL
SELECT format('ALTER TABLE %%s ALTER COLUMN %%I SET STATISTICS %%s', attrelid::regclass, attname, attstattarget)
FROM pg_attribute WHERE attrelid = %(table)s::regclass AND attnum > 0 AND attstattarget >= 0
UNION ALL
SELECT format('GRANT %%s ON %%s TO %%s', privilege_type, oid::regclass,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_class, aclexplode(relacl) WHERE oid = %(table)s::regclass AND grantee <> relowner
"""


@contextmanager
def filled_beside(model: type[models.Model], copy: Callable[[], None], largest: str) -> Iterator[None]:
    """One transaction, at whose end a table holds also the rows that `copy` has written to a draft of it.

    The draft's indexes are made meanwhile, beginning with the `largest`. Others may read the table, not write to it.
    Whatever fails changes nothing; the next call removes a draft that a crash left.
    """
    table = model._meta.db_table
    try:
        with ThreadPoolExecutor(SESSIONS) as sessions, transaction.atomic(), connection.cursor() as cursor:
            _close(table)
            indexes = sessions.submit(_fill, table, copy, largest).result()
            made = [sessions.submit(_make_index, words) for words in indexes]
            yield
            for index in made:
                index.result()
            cursor.execute(_SURROUNDINGS, {"table": table})
            _run(f'DROP TABLE "{table}"', f'ALTER TABLE {SCHEMA}."{table}" SET SCHEMA public', f"DROP SCHEMA {SCHEMA}")
            _run(*(words for (words,) in cursor.fetchall()))
    except BaseException:
        with transaction.atomic():
            _close(table)
            _run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        raise


def _close(table: str) -> None:
    """Keep others from writing, and a second large company from beginning."""
    _run(f'LOCK TABLE "{table}" IN SHARE ROW EXCLUSIVE MODE')


def _fill(table: str, copy: Callable[[], None], largest: str) -> list[str]:
    """Make the draft with the rows there are and those to come; the statements that make its indexes."""
    with _session(), connection.cursor() as cursor:
        cursor.execute(_INDEXES, [table, largest])
        indexes = [words for (words,) in cursor.fetchall()]
        cursor.execute(_KEYS, [table, table])
        keys = [words for (words,) in cursor.fetchall()]
        with transaction.atomic():
            _run(
                f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE",
                f"CREATE SCHEMA {SCHEMA}",
                f'CREATE TABLE {SCHEMA}."{table}" (LIKE "{table}" INCLUDING ALL EXCLUDING INDEXES)',
                f'INSERT INTO {SCHEMA}."{table}" SELECT * FROM "{table}"',  # noqa: S608 - names of our own
                f"SET search_path = {SCHEMA}, public",
            )
            copy()
            _run(*keys)
    return indexes


def _make_index(words: str) -> None:
    with _session():
        _run(f"SET search_path = {SCHEMA}, public", words)


@contextmanager
def _session() -> Iterator[None]:
    """The calling thread's own connection, with time and memory for large work."""
    try:
        _run(
            "SET statement_timeout = 0", "SET maintenance_work_mem = '64MB'", "SET synchronous_commit = off",
            "SET max_parallel_maintenance_workers = 0",
        )  # fmt: skip
        yield
    finally:
        connection.close()


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for words in statements:
            cursor.execute(words)
