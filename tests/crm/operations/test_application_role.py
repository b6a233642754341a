"""The role an installation signs in with owns nothing and cannot rewrite the history."""

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from crm.management.commands.grant_application import append_only_tables

ROLE = "harbour_app_of_a_test"


@pytest.fixture
def application_role(django_db_blocker, transactional_db):
    """A role made by the superuser of the embedded server; gone afterwards."""
    settings = connection.get_connection_params()
    if not str(settings.get("host", "")).startswith("/"):
        pytest.skip("roles are made on the embedded server only")
    address = {"host": settings["host"], "dbname": settings["dbname"]}
    with psycopg.connect(**address, user="postgres", autocommit=True) as superuser:
        superuser.execute(f"DROP ROLE IF EXISTS {ROLE}")
        superuser.execute(f"CREATE ROLE {ROLE} LOGIN")
        yield address
        superuser.execute(f"DROP OWNED BY {ROLE}")
        superuser.execute(f"DROP ROLE {ROLE}")


def test_the_application_role_reads_and_adds_rows_but_changes_no_table_and_no_history(application_role):
    call_command("grant_application", ROLE, verbosity=0)

    with psycopg.connect(**application_role, user=ROLE, autocommit=True) as application:
        assert application.execute("SELECT count(*) FROM crm_operation").fetchone() == (0,)
        application.execute("INSERT INTO django_session VALUES ('key', 'value', now())")
        for statement in (
            "ALTER TABLE crm_operation DISABLE TRIGGER ALL",
            "DROP TABLE django_session",
            "TRUNCATE django_session",
            *(f"DELETE FROM {table}" for table in append_only_tables()),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement)


@pytest.mark.django_db
def test_every_event_table_is_among_the_append_only_ones():
    events = {table for table in connection.introspection.table_names() if table.endswith("event")}

    assert events - set(append_only_tables()) == set()
