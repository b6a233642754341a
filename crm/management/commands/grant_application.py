"""Give the application's database role what it needs and no more."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from pghistory.models import Event
from pgtrigger import Delete, Protect, Trigger, Update, registered
from psycopg import sql


class Command(BaseCommand):
    help = "Let a role that owns nothing read and write rows; history can only be added to. Run as the owner."

    def add_arguments(self, parser: CommandParser) -> None:
        """The role."""
        parser.add_argument("role")

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant rows of every table, then take changing and deleting history away again."""
        role = sql.Identifier(options["role"])
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in (
                "GRANT USAGE ON SCHEMA public TO {}",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
                "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
            ):
                cursor.execute(sql.SQL(statement).format(role).as_string(cursor.connection))
            for table in append_only_tables():
                revoke = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), role)
                cursor.execute(revoke.as_string(cursor.connection))
        self.stdout.write(f"{options['role']} may read and write rows; history can only be added to.")


def append_only_tables() -> list[str]:
    """The tables of the history: who did what, the changed rows, the seals, what was erased."""
    events = [model._meta.db_table for model in apps.get_models() if issubclass(model, Event)]
    return sorted({*events, *(model._meta.db_table for model, trigger in registered() if _keeps_rows(trigger))})


def _keeps_rows(trigger: Trigger) -> bool:
    """Whether a trigger refuses every change and every deletion."""
    return isinstance(trigger, Protect) and str(trigger.operation) == str(Update | Delete)
