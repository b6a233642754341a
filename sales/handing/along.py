"""What of sales goes along with a transfer: open opportunities, offers under way, running contracts and all about them.

Unticked, it stays with the former owner as long as they see the customer; what has ended does so whatever is ticked
(TRUST invariant 60). Amounts, states, numbers and links stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.customers.models import Customer
from customers.transfers.along import Companion
from customers.transfers.chunk import CHUNK, Chunk
from sales.handing.following import approvals_follow, gather, strays_among
from sales.handing.kinds import (
    CONTRACT,
    INVOICE,
    KINDS,
    OPPORTUNITY,
    ORDER,
    PAYMENT,
    QUOTE,
    REISSUE,
    REQUIREMENT,
    Kind,
)

_OFFERS = (REQUIREMENT, QUOTE)
_CONTRACTS = (CONTRACT, ORDER, PAYMENT, INVOICE, REISSUE)

_MOVE = f"""
UPDATE {{table}} d SET owner_id = r.new_owner_id, department_id = coalesce(r.new_department_id, d.department_id),
    changed_at = %(now)s
FROM customers_transferrow r
WHERE {CHUNK} AND r.outcome = 'moved' AND r.new_owner_id IS NOT NULL AND d.customer_id = r.customer_id
    AND d.owner_id = r.old_owner_id AND d.state = ANY(%(states)s) AND d.archived_at IS NULL
"""  # noqa: S608 - constants of this file only

# what the transfer wrote last must still stand; the row before its first change says what to put back, and where the
# history does not reach so far back, the row of the transfer does
_PUT_BACK = f"""
WITH told AS (
    SELECT e.pgh_obj_id, r.old_owner_id, r.old_department_id, min(e.pgh_id) AS first, max(e.pgh_id) AS last
    FROM {{events}} e JOIN customers_transferrow r ON r.customer_id = e.customer_id
    WHERE {CHUNK} AND r.outcome = 'undone' AND e.pgh_context_id = %(context)s AND e.pgh_label = 'update'
    GROUP BY 1, 2, 3
)
UPDATE {{table}} d SET owner_id = coalesce(before.owner_id, t.old_owner_id),
    department_id = coalesce(before.department_id, t.old_department_id, d.department_id), changed_at = %(now)s
FROM told t JOIN {{events}} written ON written.pgh_id = t.last
    LEFT JOIN LATERAL (
        SELECT b.owner_id, b.department_id FROM {{events}} b
        WHERE b.pgh_obj_id = t.pgh_obj_id AND b.pgh_id < t.first ORDER BY b.pgh_id DESC LIMIT 1
    ) before ON true
WHERE d.id = t.pgh_obj_id AND d.owner_id IS NOT DISTINCT FROM written.owner_id
    AND d.department_id = written.department_id
"""  # noqa: S608 - constants of this file only

_OF_CHUNK = f"""IN (
    SELECT r.customer_id FROM customers_transferrow r WHERE {CHUNK} AND r.outcome IN ('moved', 'undone')
)"""  # noqa: S608 - constants of this file only

# people who own something of the customers of a chunk besides the one who owns the customer now
_APART = f"""
WITH handed AS MATERIALIZED (
    SELECT r.customer_id, r.old_owner_id, r.outcome = 'moved' AND %(stays)s AS may_keep, c.owner_id
    FROM customers_transferrow r JOIN customers_customer c ON c.id = r.customer_id
    WHERE {CHUNK} AND r.outcome IN ('moved', 'undone')
)
""" + " UNION ".join(  # noqa: S608 - constants of this file only
    f"SELECT d.customer_id, d.owner_id FROM {kind.table} d "  # noqa: S608 - own tables
    "JOIN handed h ON h.customer_id = d.customer_id LEFT JOIN crm_user u ON u.id = d.owner_id "
    "WHERE d.owner_id <> h.owner_id AND NOT (h.may_keep AND d.owner_id = h.old_owner_id AND u.is_active)"
    for kind in KINDS
)


def _move(kinds: Sequence[Kind], chunk: Chunk, now: datetime) -> None:
    for kind in kinds:
        chunk.execute(_MOVE.format(table=kind.table), states=list(kind.open_states), now=now)


def _put_back(kinds: Sequence[Kind], chunk: Chunk, now: datetime) -> None:
    for kind in kinds:
        chunk.execute(_PUT_BACK.format(table=kind.table, events=kind.events), now=now, **chunk.did())


def _settle(chunk: Chunk, now: datetime) -> None:
    """Nobody keeps records of a customer they see no more; a former owner who stays in the team does see it."""
    given = {"transfer": chunk.transfer.pk, "first": chunk.first, "last": chunk.last}
    with connection.cursor() as cursor:
        cursor.execute(_APART, {**given, "stays": bool(chunk.transfer.old_owner_stays)})
        strays = strays_among(cursor.fetchall())
    if strays:
        gather(strays)
    chunk.execute(approvals_follow(_OF_CHUNK))


def _opportunities(chosen: QuerySet[Customer]) -> int:
    return OPPORTUNITY.open_of_owners(chosen).count()


def _offers(chosen: QuerySet[Customer]) -> int:
    quotes = QUOTE.open_of_owners(chosen).filter(is_current=True)
    return REQUIREMENT.open_of_owners(chosen).values("pk").union(quotes.values("pk"), all=True).count()


def _contracts(chosen: QuerySet[Customer]) -> int:
    return CONTRACT.open_of_owners(chosen).count()


OPPORTUNITIES = Companion(
    "opportunities",
    _("Open opportunities"),
    _("With stage and amount as they are. Unticked: they stay with the former owner as long as they see the customer."),
    _opportunities,
    move=partial(_move, (OPPORTUNITY,)),
    put_back=partial(_put_back, (OPPORTUNITY,)),
)
OFFERS = Companion(
    "offers",
    _("Requirements and quotes under way"),
    _("Who decides on what waits stays the same. Unticked: as with opportunities."),
    _offers,
    move=partial(_move, _OFFERS),
    put_back=partial(_put_back, _OFFERS),
)
CONTRACTS = Companion(
    "contracts",
    _("Running contracts"),
    _("With their orders, instalments, and payments and invoices in work. Unticked: as with opportunities."),
    _contracts,
    move=partial(_move, _CONTRACTS),
    put_back=partial(_put_back, _CONTRACTS),
    # for all three, and for what has ended
    settle=_settle,
)
