"""Set-based writing of customers and their main contacts: a statement per table for thousands of rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from crm.people.models import User
from crm.records.numbering import next_numbers
from customers.customers.identity import name_key
from customers.imports.matching import CONTACT_ATTRIBUTES, CUSTOMER_ATTRIBUTES
from customers.imports.models import ImportSet

_TYPES = {
    "stage_id": "bigint", "level_id": "bigint", "industry_id": "bigint", "region_id": "bigint", "source_id": "bigint",
    "owner_id": "bigint", "department_id": "bigint", "tag_ids": "bigint[]", "next_follow_on": "date",
    "created_at": "timestamptz", "custom": "jsonb",
}  # fmt: skip
_DEFAULTS = {"tag_ids": "'{}'"}
_NULLABLE = ("stage_id", "level_id", "industry_id", "region_id", "source_id", "next_follow_on")
_HAS_CONTACT = " OR ".join(
    f"coalesce(c.fields->>'{name}', '') <> ''" for name in (*CONTACT_ATTRIBUTES, "contact_custom")
)
_CONTACT_COLUMNS = tuple(name.removeprefix("contact_") for name in CONTACT_ATTRIBUTES)


def insert_customers(import_set: ImportSet, row_ids: Sequence[int], department_id: int) -> list[int]:
    """Make the customers of these staged rows, with numbers and owners; their ids. Rows get `customer_id`."""
    if not row_ids:
        return []
    columns = (*CUSTOMER_ATTRIBUTES, "name_key")
    values = ", ".join(_value_or_default(name) for name in columns)
    record = ", ".join(
        f"{name} {_TYPES.get(name, 'text')}" for name in (*columns, "owner_id", "department_id", "created_at", "custom")
    )
    own = import_set.requested_by_id if import_set.becomes_own else None
    sql = f"""
        WITH chosen AS (
            SELECT id, fields, row_number() OVER (ORDER BY row_number) AS place
            FROM customers_importrow WHERE id = ANY(%(rows)s)
        ), numbered AS (
            UPDATE customers_importrow r
            SET customer_id = nextval(pg_get_serial_sequence('customers_customer', 'id')), is_applied = true,
                contact_id = CASE WHEN {_HAS_CONTACT}
                    THEN nextval(pg_get_serial_sequence('customers_contact', 'id')) END
            FROM chosen c WHERE r.id = c.id RETURNING r.customer_id, c.fields, c.place
        ), placed AS (
            SELECT n.customer_id, n.place, f.*, coalesce(f.owner_id, %(own)s) AS holder_id
            FROM numbered n, LATERAL jsonb_to_record(n.fields) AS f({record})
        )
        INSERT INTO customers_customer
            (id, number, {", ".join(columns)}, owner_id, department_id, status, received_at, created_at, changed_at,
             created_by_id, changed_by_id, custom, external_id)
        SELECT f.customer_id, k.number, {values}, f.holder_id,
            coalesce(f.department_id, u.department_id, %(department)s),
            CASE WHEN f.holder_id IS NULL THEN 'potential' ELSE 'lead' END,
            CASE WHEN f.holder_id IS NULL THEN NULL ELSE now() END,
            coalesce(f.created_at, now()), now(), %(actor)s, %(actor)s, coalesce(f.custom, '{{}}'), ''
        FROM placed f JOIN unnest(%(numbers)s::text[]) WITH ORDINALITY AS k(number, place) USING (place)
            LEFT JOIN crm_user u ON u.id = f.holder_id
        RETURNING id
    """  # noqa: S608 - column names of this module only
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "rows": list(row_ids), "own": own, "numbers": next_numbers("customer", len(row_ids)),
                "department": department_id, "actor": import_set.requested_by_id,
            },
        )  # fmt: skip
        ids = [row[0] for row in cursor.fetchall()]
    _insert_first_contacts(import_set, row_ids)
    return ids


def _value_or_default(name: str) -> str:
    return f"f.{name}" if name in _NULLABLE else f"coalesce(f.{name}, {_DEFAULTS.get(name, chr(39) * 2)})"


def _new_value(name: str) -> str:
    return "jsonb_strip_nulls(t.custom || f.custom)" if name == "custom" else _value_or_default(name)


def _insert_first_contacts(import_set: ImportSet, row_ids: Sequence[int]) -> None:
    if not any(name.startswith("contact_") for name in import_set.mapping.values()):
        return
    sql = """
        INSERT INTO customers_contact (id, customer_id, name, job_title, phone, email, is_primary, power, wechat,
            remark, custom, created_at, changed_at, created_by_id, changed_by_id)
        SELECT contact_id, customer_id, coalesce(nullif(fields->>'contact_name', ''), left(fields->>'name', 80)),
            coalesce(fields->>'contact_job_title', ''), coalesce(fields->>'contact_phone', ''),
            coalesce(fields->>'contact_email', ''), true, '', '', '', coalesce(fields->'contact_custom', '{}'),
            now(), now(), %s, %s
        FROM customers_importrow WHERE id = ANY(%s) AND contact_id IS NOT NULL
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [import_set.requested_by_id, import_set.requested_by_id, list(row_ids)])


def update_customers(changes: dict[int, dict[str, Any]], actor: User) -> None:
    """Set attributes of customers: customer id → attribute → value."""
    rows = {
        pk: {**fields, "name_key": name_key(fields["name"])} if "name" in fields else fields
        for pk, fields in ((pk, _only(fields, (*CUSTOMER_ATTRIBUTES, "custom"))) for pk, fields in changes.items())
        if fields
    }
    _update("customers_customer", rows, actor)


def update_contacts(changes: dict[int, dict[str, Any]], actor: User) -> None:
    """Set attributes (named `contact_…`) of contacts: contact id → attribute → value."""
    rows = {
        pk: {name.removeprefix("contact_"): value for name, value in fields.items()} for pk, fields in changes.items()
    }
    _update("customers_contact", rows, actor)


def insert_contacts(people: dict[int, dict[str, Any]], actor: User) -> dict[int, int]:
    """Make a main contact for customers that have none: customer id → attribute → value; contact id by customer."""
    if not people:
        return {}
    record = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in (*_CONTACT_COLUMNS, "custom"))
    plain = [{name.removeprefix("contact_"): value for name, value in fields.items()} for fields in people.values()]
    sql = f"""
        INSERT INTO customers_contact (customer_id, name, job_title, phone, email, is_primary, power, wechat, remark,
            custom, created_at, changed_at, created_by_id, changed_by_id)
        SELECT v.id, coalesce(nullif(f.name, ''), left(c.name, 80)), coalesce(f.job_title, ''), coalesce(f.phone, ''),
            coalesce(f.email, ''), true, '', '', '', coalesce(f.custom, '{{}}'), now(), now(), %s, %s
        FROM unnest(%s::bigint[], %s::jsonb[]) AS v(id, fields) JOIN customers_customer c ON c.id = v.id,
            LATERAL jsonb_to_record(v.fields) AS f({record})
        RETURNING customer_id, id
    """  # noqa: S608 - column names of this module only
    with connection.cursor() as cursor:
        cursor.execute(sql, [actor.pk, actor.pk, list(people), [json.dumps(fields) for fields in plain]])
        return dict(cursor.fetchall())


def _only(fields: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}


def _update(table: str, rows: dict[int, dict[str, Any]], actor: User) -> None:
    rows = {pk: fields for pk, fields in rows.items() if fields}
    if not rows:
        return
    names = sorted({name for fields in rows.values() for name in fields})
    settings = ", ".join(
        f"{name} = CASE WHEN v.fields ? '{name}' THEN {_new_value(name)} ELSE t.{name} END" for name in names
    )
    record = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in names)
    sql = f"""
        UPDATE {table} t SET {settings}, changed_at = now(), changed_by_id = %s
        FROM unnest(%s::bigint[], %s::jsonb[]) AS v(id, fields), LATERAL jsonb_to_record(v.fields) AS f({record})
        WHERE t.id = v.id
    """  # noqa: S608 - table and column names of this module only
    with connection.cursor() as cursor:
        cursor.execute(sql, [actor.pk, list(rows), [json.dumps(fields) for fields in rows.values()]])
