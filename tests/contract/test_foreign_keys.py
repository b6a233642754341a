"""Each foreign key is found from the other side: removing a row never reads whole tables to look for what names it."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

UNINDEXED = """
SELECT conrelid::regclass::text || '.' || attname FROM pg_constraint
JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
WHERE contype = 'f' AND confrelid = ANY(%s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])
ORDER BY 1
"""
REMOVED_IN_MASSES = [
    "customers_customer", "customers_contact", "customers_activity", "customers_task", "customers_importrow",
    "crm_attachment", "crm_job",
]  # fmt: skip


def test_what_names_a_row_that_may_be_removed_is_found_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        known = {name for (name,) in cursor.fetchall()}
        assert set(REMOVED_IN_MASSES) <= known
        cursor.execute(UNINDEXED, [REMOVED_IN_MASSES])
        assert cursor.fetchall() == []
