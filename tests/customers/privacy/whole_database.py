"""Every text of every table, to look for what must not be there."""

from django.db import connection


def where_it_stands(*canaries):
    """Table.column of each text, JSON, array or search column in which one of the values is found."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t "
            "USING (table_schema, table_name) WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND "
            "c.data_type IN ('text', 'character varying', 'jsonb', 'json', 'ARRAY', 'inet', 'date', 'character')"
        )
        for table, column in cursor.fetchall():
            for canary in canaries:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE %s', [f"%{_escaped(canary)}%"]
                )
                if cursor.fetchone()[0]:
                    found.append(f"{table}.{column}: {canary}")
    return sorted(found)


def _escaped(text):
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
