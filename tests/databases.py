"""The database of one process: a copy of one that is migrated once, emptied cheaply after tests that commit."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from crm.access.standard_roles import load_standard_roles
from crm.operations.testing import schema_state

# what migrating writes and no test changes
KEPT = {"django_content_type", "auth_permission"}
TRIES = 6  # PostgreSQL itself waits five seconds each time


@contextmanager
def own_database() -> Iterator[None]:
    """A fresh database with the standard roles; it goes with the process that took it."""
    template = settings.DATABASES["default"]["TEST"]["NAME"]
    name = f"{template}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with alone():
        if not is_current(template):
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            on_the_server(f"COMMENT ON DATABASE {template} IS '{schema_state()}'")
        on_the_server(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {template}")
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    load_standard_roles()
    try:
        yield
    finally:
        connection.close()
        with suppress(OperationalError):  # what a forgotten thread still holds goes when the next run begins
            on_the_server(f"DROP DATABASE IF EXISTS {name}")


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time, of all that share this home."""
    with (Path(os.environ["HARBOUR_HOME"]) / "run" / "test-database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_current(template: str) -> bool:
    """Whether the template was made in full from the migrations as they are."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [template])
        return cursor.fetchone() == (schema_state(),)


def on_the_server(*statements: str) -> None:
    """Carry out statements outside of the databases of the tests."""
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            patiently(cursor, statement)


def patiently(cursor: CursorWrapper, statement: str) -> None:
    """Carry out a statement that autovacuum, which looks into new databases, may be in the way of."""
    for _try in range(TRIES - 1):
        with suppress(OperationalError):
            cursor.execute(statement)
            return
    cursor.execute(statement)


def empty() -> None:
    """Take out all rows a test left, and load the standard roles anew: many tables, of which few hold rows."""
    triggers = [trigger.get_pgid(model) for model, trigger in pgtrigger.registered()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{','.join(triggers)}}}"])
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables()))
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {table}")
    load_standard_roles()


def tables() -> list[str]:
    """Every table of a model whose rows tests may write."""
    models = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy} - KEPT)
