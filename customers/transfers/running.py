"""Moving and putting back the rows of one chunk: locks in id order, then a few statements over the whole chunk."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from crm.access.rows import ReachQuerySet
from crm.jobs.kinds import Tally
from crm.people.models import User
from customers.customers.models import Customer
from customers.pool.capacity import hold_quota, loads, receivers_for
from customers.transfers.models import Transfer, TransferRow
from customers.transfers.querysets import TRANSFER_RIGHT, TransferRowQuerySet

CHUNK_SIZE = 20_000
_Outcome, _Reason = TransferRow.Outcome, TransferRow.Reason
_CHUNK = "r.transfer_id = %(transfer)s AND r.row_number BETWEEN %(first)s AND %(last)s"


class Chunk(NamedTuple):
    """Rows `first` to `last` of a transfer."""

    transfer: Transfer
    first: int
    last: int

    def rows(self) -> TransferRowQuerySet:
        """The rows themselves."""
        rows: TransferRowQuerySet = TransferRow.objects.all()
        return rows.filter(transfer=self.transfer, row_number__range=(self.first, self.last))

    def params(self) -> dict[str, Any]:
        """What the statements below need."""
        return {"transfer": self.transfer.pk, "first": self.first, "last": self.last}


def chunks(rows: QuerySet[TransferRow]) -> list[dict[str, int]]:
    """The parameters of the chunks that together hold all these rows."""
    numbers = list(rows.order_by("row_number").values_list("row_number", flat=True))
    parts = [numbers[start : start + CHUNK_SIZE] for start in range(0, len(numbers), CHUNK_SIZE)]
    return [{"first": part[0], "last": part[-1]} for part in parts]


# ── there ──

_LOCK = f"""
SELECT count(*) FROM (
    SELECT c.id FROM customers_customer c
    WHERE c.id IN (SELECT r.customer_id FROM customers_transferrow r WHERE {_CHUNK} AND r.outcome = %(outcome)s)
    ORDER BY c.id FOR NO KEY UPDATE OF c
) AS locked
"""  # noqa: S608 - constants of this file only

_SNAPSHOT = f"""
UPDATE customers_transferrow r SET outcome = 'moved', old_status = c.status, old_department_id = c.department_id,
    old_previous_owner_id = c.previous_owner_id, old_received_at = c.received_at,
    old_next_follow_on = c.next_follow_on, new_department_id = u.department_id
FROM customers_customer c, crm_user u
WHERE {_CHUNK} AND r.outcome = 'planned' AND c.id = r.customer_id AND u.id = r.new_owner_id
"""  # noqa: S608 - constants of this file only

_MOVE = f"""
UPDATE customers_customer c SET owner_id = r.new_owner_id, department_id = r.new_department_id,
    status = CASE WHEN c.status = 'potential' THEN 'lead' ELSE c.status END,
    previous_owner_id = coalesce(c.owner_id, c.previous_owner_id),
    received_at = CASE WHEN %(restarts)s OR c.status = 'potential' THEN %(now)s ELSE c.received_at END,
    next_follow_on = CASE WHEN %(keeps_follow_ups)s THEN c.next_follow_on END,
    changed_at = %(now)s, changed_by_id = %(actor)s
FROM customers_transferrow r
WHERE {_CHUNK} AND r.outcome = 'moved' AND c.id = r.customer_id
"""  # noqa: S608 - constants of this file only

_END_SHARES = f"""
DELETE FROM customers_customershare s USING customers_transferrow r
WHERE {_CHUNK} AND r.outcome = 'moved' AND s.content_object_id = r.customer_id
"""  # noqa: S608 - constants of this file only


def move_chunk(chunk: Chunk, actor: User) -> Tally:
    """Move the planned rows of a chunk; what no longer fits the preview is skipped with its reason."""
    transfer = chunk.transfer
    planned = chunk.rows().going().count()
    _prepare()
    hold_quota(transfer.target_ids)
    _run(_LOCK, chunk, outcome=_Outcome.PLANNED)
    _skip_what_changed(chunk, actor)
    _skip_above_limits(chunk, actor)
    moved = _run(_SNAPSHOT, chunk)
    written = _run(
        _MOVE,
        chunk,
        now=timezone.now(),
        actor=actor.pk,
        restarts=not transfer.keeps_clock,
        keeps_follow_ups="follow_ups" in transfer.moves_along,
    )
    _same(moved, written)
    _run(_END_SHARES, chunk)
    return Tally(moved, planned - moved)


def _skip_what_changed(chunk: Chunk, actor: User) -> None:
    rows = chunk.rows().going()
    able = receivers_for(actor, TRANSFER_RIGHT).filter(pk__in=chunk.transfer.target_ids)
    as_planned = Q(customer__owner=F("old_owner")) | Q(customer__owner=None, old_owner=None)
    _skip(rows.exclude(new_owner__in=list(able.values_list("pk", flat=True))), _Reason.RECEIVER)
    _skip(rows.exclude(as_planned, customer__pool=None, customer__archived_at=None), _Reason.CHANGED)
    _skip(rows.exclude(customer__in=_within(chunk, actor)), _Reason.RIGHT)
    _skip(rows.filter(customer__protected_until__gte=timezone.localdate()), _Reason.PROTECTED)


def _skip_above_limits(chunk: Chunk, actor: User) -> None:
    if chunk.transfer.exceeds_limit:
        return
    for load in loads(User.objects.filter(pk__in=chunk.transfer.target_ids)):
        counting = chunk.rows().going().filter(new_owner=load.user).exclude(customer__status=Customer.Status.EXISTING)
        surplus = counting.order_by("row_number").values_list("pk", flat=True)[load.free :]
        _skip(TransferRow.objects.filter(pk__in=list(surplus)), _Reason.CAPACITY)


def _skip(rows: QuerySet[TransferRow], reason: str) -> None:
    rows.update(outcome=_Outcome.SKIPPED, reason=reason)


# ── and back ──

_PUT_BACK = f"""
UPDATE customers_customer c SET owner_id = r.old_owner_id, department_id = r.old_department_id, status = r.old_status,
    previous_owner_id = r.old_previous_owner_id, received_at = r.old_received_at,
    next_follow_on = coalesce(c.next_follow_on, r.old_next_follow_on), changed_at = %(now)s, changed_by_id = %(actor)s
FROM customers_transferrow r
WHERE {_CHUNK} AND r.outcome = 'undone' AND c.id = r.customer_id
"""  # noqa: S608 - constants of this file only

_RESTORE_SHARES = f"""
INSERT INTO customers_customershare (user_id, permission_id, content_object_id, shared_by_id, ends_on)
SELECT e.user_id, e.permission_id, e.content_object_id, e.shared_by_id, e.ends_on
FROM customers_customershareevent e JOIN customers_transferrow r ON r.customer_id = e.content_object_id
WHERE {_CHUNK} AND r.outcome = 'undone' AND e.pgh_label = 'delete' AND e.pgh_context_id = %(context)s
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants of this file only


def put_back_chunk(chunk: Chunk, actor: User) -> Tally:
    """Put back the moved rows of a chunk that nobody changed since; the others are kept with their reason."""
    moved = chunk.rows().moved().count()
    _prepare()
    hold_quota(filter(None, chunk.rows().moved().order_by().values_list("old_owner_id", flat=True).distinct()))
    _run(_LOCK, chunk, outcome=_Outcome.MOVED)
    _keep_what_changed(chunk, actor)
    undone = chunk.rows().moved().update(outcome=_Outcome.UNDONE)
    _same(undone, _run(_PUT_BACK, chunk, now=timezone.now(), actor=actor.pk))
    if chunk.transfer.operation is not None:
        _run(_RESTORE_SHARES, chunk, context=chunk.transfer.operation.context_id)
    return Tally(undone, moved - undone)


def _keep_what_changed(chunk: Chunk, actor: User) -> None:
    rows = chunk.rows().moved()
    able = User.objects.able_to_own().filter(pk__in=rows.values("old_owner")).values_list("pk", flat=True)
    was_potential = Q(old_status=Customer.Status.POTENTIAL)
    as_written = Q(
        Q(was_potential, customer__status=Customer.Status.LEAD) | Q(~was_potential, customer__status=F("old_status")),
        customer__owner=F("new_owner"),
        customer__department_id=F("new_department_id"),
        customer__archived_at=None,
    )
    _keep(rows.exclude(as_written), _Reason.CHANGED)
    _keep(rows.exclude(customer__in=_within(chunk, actor)), _Reason.RIGHT)
    _keep(rows.exclude(Q(old_owner=None) | Q(old_owner__in=list(able))), _Reason.GIVER)


def _keep(rows: QuerySet[TransferRow], reason: str) -> None:
    rows.update(outcome=_Outcome.KEPT, reason=reason)


# ── both ways ──


def _within(chunk: Chunk, actor: User) -> ReachQuerySet:
    customers = Customer.objects.within(actor, TRANSFER_RIGHT)
    return customers.filter(pk__in=chunk.rows().values("customer_id"))


def _run(statement: str, chunk: Chunk, **more: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**chunk.params(), **more})
        return int(cursor.rowcount)


def _prepare() -> None:
    # the history trigger keeps its query plan for the life of the connection; one made for a single changed row
    # is a nested loop, which a chunk of thousands would not survive
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")
        cursor.execute("SET LOCAL lock_timeout = '50s'")  # another transfer may hold the same receivers for a while


def _same(marked: int, written: int) -> None:
    if marked != written:
        raise RuntimeError(f"{marked} rows were marked but {written} customers were written")
