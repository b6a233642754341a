"""No business table changes without leaving a trace."""

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db

# tables that are themselves records of what happened, queues, staging, or derived from others
WITHOUT_HISTORY = {
    "crm.Absence": "small and shown with its person",
    "crm.ApiToken": "every action on it is an operation; last use would flood",
    "crm.CustomUnique": "derived from the values of unique fields",
    "crm.ExportRequest": "its steps are operations",
    "crm.IdempotencyKey": "kept 48 hours",
    "crm.Job": "a queue",
    "crm.JobChunk": "a queue",
    "crm.JobRow": "an outcome",
    "crm.Notice": "an inbox",
    "crm.NumberCounter": "a counter",
    "crm.NumberRule": "its actions are operations",
    "crm.Operation": "is the history",
    "crm.OperationSeal": "is the history",
    "crm.Outbox": "a queue",
    "crm.PasswordRecord": "hashes must not be copied",
    "crm.SavedView": "a personal setting",
    "crm.ScheduleRun": "a claim",
    "customers.CalendarFeed": "a secret; its steps are operations",
    "customers.ColumnMapping": "a personal setting",
    "customers.CustomerQuality": "derived from customers, each night",
    "customers.CustomerScore": "derived from customers, each night",
    "customers.CustomerSearch": "derived from customers and contacts",
    "customers.ImportRow": "staging; applying is an operation",
    "customers.ImportSet": "its steps are operations",
    "customers.MailAddress": "a secret; its steps are operations",
    "customers.RecycleWarning": "a claim: told once",
    "customers.Star": "a personal setting",
    "customers.Tombstone": "rows are only added",
    "customers.TransferRow": "an outcome",
}


def business_models():
    return [
        model
        for label in ("crm", "customers", "sales", "reports")
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.endswith("Event") and not hasattr(model, "pgh_tracked_model")
    ]


def test_every_business_table_has_statement_level_triggers_for_all_three_events():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(*) FILTER (WHERE (t.tgtype & 1) = 0) FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgname ~ '(insert|update|delete)' GROUP BY 1"
        )
        triggers = dict(cursor.fetchall())
    missing = {
        model._meta.label
        for model in business_models()
        if model._meta.label not in WITHOUT_HISTORY and triggers.get(model._meta.db_table, 0) < 3
    }
    assert missing == set()


def test_the_list_of_tables_without_history_names_no_strangers():
    assert set(WITHOUT_HISTORY) - {model._meta.label for model in business_models()} == set()


def test_the_application_cannot_rewrite_history():
    from django.db.utils import ProgrammingError

    from crm.history.models import Operation
    from crm.history.operations import operation
    from tests.factories import make_user

    with operation(make_user(), "department_renamed") as entry:
        pass
    from django.db import transaction

    with pytest.raises(ProgrammingError), transaction.atomic():
        Operation.objects.filter(pk=entry.pk).update(verb="nothing")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Operation.objects.filter(pk=entry.pk).delete()
    assert Operation.objects.get(pk=entry.pk).verb == "department_renamed"
