"""Records of sales follow the owner of their customer: whoever is responsible for it is so for its business.

In a pool nobody owns them; who takes the customer out takes them over. Amounts, states and links stay as they are, and
an approval under way keeps its route and its submitter: only who reaches it follows its document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.history.operations import operation
from crm.leaving.models import Departure
from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.standing import become_opportunities
from sales.handing.kinds import KINDS

_OF = "d.customer_id = ANY(%(ids)s)"
_NAMES = " UNION ALL ".join(
    f"SELECT {place} WHERE EXISTS (SELECT FROM {kind.table} d WHERE {_OF})"  # noqa: S608 - own tables
    for place, kind in enumerate(KINDS)
)
# what a leaver still owns is handed over by the departure, or by the sweep behind it
_FOLLOW = """
UPDATE {table} d SET owner_id = c.owner_id, department_id = coalesce(c.department_id, d.department_id),
    changed_at = %(now)s
FROM customers_customer c
WHERE {of} AND c.id = d.customer_id
    AND (d.owner_id, d.department_id) IS DISTINCT FROM (c.owner_id, coalesce(c.department_id, d.department_id))
    AND (c.owner_id IS NOT NULL OR d.owner_id IS NULL
        OR EXISTS (SELECT FROM crm_user u WHERE u.id = d.owner_id AND u.is_active))
"""
_DOCUMENTS = " UNION ALL ".join(
    f"SELECT '{kind.purpose}', id, owner_id, department_id FROM {kind.table}"  # noqa: S608 - own tables
    for kind in KINDS
    if kind.purpose
)
_BUSY = f"""
SELECT customer_id FROM sales_opportunity d WHERE {_OF} AND state = 'open' AND archived_at IS NULL UNION
SELECT customer_id FROM sales_requirement d WHERE {_OF} AND state = 'approved' AND archived_at IS NULL
    AND opportunity_id IS NULL
"""  # noqa: S608 - constants of this file only
_GATHER = """
UPDATE {table} d SET owner_id = c.owner_id, department_id = coalesce(c.department_id, d.department_id),
    changed_at = %(now)s
FROM unnest(%(customers)s::bigint[], %(owners)s::bigint[]) AS g (customer_id, owner_id)
    JOIN customers_customer c ON c.id = g.customer_id
WHERE d.customer_id = g.customer_id AND d.owner_id IS NOT DISTINCT FROM g.owner_id
"""


def follow_customers(customer_ids: Sequence[int]) -> None:
    """Give all records of customers that changed hands to their owner, or to nobody where they lie in a pool.

    Inside the operation that moved them, the customers locked. One question where they have no such record.
    """
    given: dict[str, Any] = {"ids": list(customer_ids), "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, given)
        kinds = [KINDS[place] for (place,) in sorted(cursor.fetchall())]
        if not kinds:
            return
        for kind in kinds:
            cursor.execute(_FOLLOW.format(table=kind.table, of=_OF), given)
        cursor.execute(approvals_follow("= ANY(%(ids)s)"), given)
        cursor.execute(_BUSY, given)
        busy = [customer_id for (customer_id,) in cursor.fetchall()]
    become_opportunities(busy)


def approvals_follow(of: str) -> str:
    """The statement by which approvals get owner and department of their documents; `of` chooses the customers.

    Who owned a document that nobody owns now stays named: a request always names somebody.
    """
    return f"""
        UPDATE crm_approvalrequest a SET owner_id = coalesce(d.owner_id, a.owner_id), department_id = d.department_id
        FROM ({_DOCUMENTS}) AS d (purpose, id, owner_id, department_id)
        WHERE a.customer_id {of} AND d.purpose = a.purpose AND d.id = a.subject_id
            AND (a.owner_id, a.department_id) IS DISTINCT FROM (coalesce(d.owner_id, a.owner_id), d.department_id)
    """  # noqa: S608 - own tables


# ── nobody keeps a record of a customer they do not see (TRUST invariant 60) ──


def strays_among(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of these pairs whose person does not see the customer any more."""
    by_owner: dict[int, set[int]] = {}
    for customer_id, owner_id in pairs:
        by_owner.setdefault(owner_id, set()).add(customer_id)
    people = User.objects.in_bulk(by_owner)
    found: list[tuple[int, int]] = []
    for owner_id, ids in sorted(by_owner.items()):
        seen: set[int] = set()
        if people[owner_id].is_active:
            rows = Customer.objects.visible_to(people[owner_id]).filter(pk__in=ids)
            seen = set(rows.values_list("pk", flat=True))
        found += [(customer_id, owner_id) for customer_id in sorted(ids - seen)]
    return found


def gather(pairs: Iterable[tuple[int, int | None]]) -> int:
    """Give what these people (None: nobody) own of these customers to the owners of the customers; how many records."""
    customers, owners = zip(*pairs, strict=True)
    given: dict[str, Any] = {"customers": list(customers), "owners": list(owners), "now": timezone.now()}
    count = 0
    with connection.cursor() as cursor:
        for kind in KINDS:
            cursor.execute(_GATHER.format(table=kind.table), given)
            count += cursor.rowcount
    return count


# people lose sight of customers by the end of a share, another role or a merge
_APART = " UNION ".join(
    f"SELECT d.customer_id, d.owner_id, c.owner_id FROM {kind.table} d "  # noqa: S608 - own tables
    "JOIN customers_customer c ON c.id = d.customer_id WHERE d.owner_id IS DISTINCT FROM c.owner_id"
    for kind in KINDS
)


def gather_strays() -> int:
    """Every night: give what people own of customers they no longer see to whoever is responsible; how many records.

    What is left of people who are leaving right now is handed over by their departure.
    """
    with connection.cursor() as cursor:
        cursor.execute(_APART)
        apart: list[tuple[int, int | None, int | None]] = cursor.fetchall()
    leaving = set(Departure.objects.filter(state=Departure.State.RUNNING).values_list("user", flat=True))
    owned = [(customer, owner) for customer, owner, _keeper in apart if owner is not None and owner not in leaving]
    left = [(customer, None) for customer, owner, _keeper in apart if owner is None]
    strays: list[tuple[int, int | None]] = [*strays_among(owned), *left]
    return _gathered(strays) if strays else 0


@transaction.atomic
def _gathered(strays: list[tuple[int, int | None]]) -> int:
    ids = sorted({customer for customer, _ in strays})
    with operation(None, "sales_gathered", via="system", row_count=len(ids)):
        list(Customer.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))
        count = gather(strays)
        with connection.cursor() as cursor:
            cursor.execute(approvals_follow("= ANY(%(ids)s)"), {"ids": ids})
    return count
