"""Which customers uniform spelling would change: noted each night, so that pages count and list them by an index.

Only the fields are noted, of a customer and of its contacts together; the values are worked out anew whenever they are
shown or applied, so nothing is kept twice and nothing old is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from customers.base_data.lookups import Lookups
from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.customers.querysets import CustomerQuerySet
from customers.quality.uniform_fields import FIELDS, changes_in, columns_of, odd

COMPANY_READ = (
    "id", "status", "owner_id", "department_id", "pool_id", "archived_at", "changed_at", "remark",
    *columns_of(Customer),
)  # fmt: skip
PERSON_READ = ("id", "customer_id", "changed_at", *columns_of(Contact))


def mark_range(first: int, last: int, lookups: Lookups | None = None) -> int:
    """Note for a range of customers which fields would change; how many notes changed."""
    return _mark(Q(pk__range=(first, last)), "q.customer_id BETWEEN %s AND %s", [first, last], lookups)


def mark(ids: Sequence[int], lookups: Lookups | None = None) -> int:
    """The same for single customers."""
    return _mark(Q(pk__in=ids), "q.customer_id = ANY(%s)", [list(ids)], lookups)


def odd_people(customers: QuerySet[Any]) -> QuerySet[Contact]:
    """The contacts of these customers that may hold something spelled another way."""
    return (
        Contact.objects.live().filter(odd(Contact), customer__in=customers.order_by().values("pk")).only(*PERSON_READ)
    )


def _mark(condition: Q, where: str, params: list[Any], lookups: Lookups | None) -> int:
    known = lookups or Lookups()
    rows: CustomerQuerySet = Customer.objects.filter(condition)
    rows = rows.live().outside_pools()
    noted: dict[int, set[str]] = defaultdict(set)
    for row in rows.filter(odd(Customer)).only(*COMPANY_READ).iterator(chunk_size=5000):
        noted[row.pk] |= {change.field.code for change in changes_in(row, FIELDS, known)}
    for person in odd_people(rows).iterator(chunk_size=5000):
        noted[person.customer_id] |= {change.field.code for change in changes_in(person, FIELDS, known)}
    codes = {pk: ",".join(code for code in FIELDS if code in found) for pk, found in noted.items() if found}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customerquality q SET proposals = w.codes FROM (SELECT q.customer_id, "  # noqa: S608 - constants
            "coalesce(string_to_array(n.codes, ','), '{}')::varchar[] AS codes FROM customers_customerquality q "
            f"LEFT JOIN unnest(%s::bigint[], %s::text[]) AS n (id, codes) ON n.id = q.customer_id WHERE {where}) w "
            "WHERE w.customer_id = q.customer_id AND w.codes <> q.proposals",
            [list(codes), list(codes.values()), *params],
        )
        return int(cursor.rowcount)
