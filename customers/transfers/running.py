"""Moving and putting back the rows of one chunk: locks in id order, then a few statements over the whole chunk."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.rows import ReachQuerySet
from crm.jobs.kinds import Tally
from crm.people.models import User
from customers.customers.holds import held, hold_code, transfer_holds
from customers.customers.models import Customer
from customers.pool.capacity import hold_quota, loads, receivers_for
from customers.pool.loose_ends import tie_up_loose_ends
from customers.transfers.along import put_along_back, take_along
from customers.transfers.chunk import CHUNK, Chunk
from customers.transfers.models import TransferRow
from customers.transfers.planning import keep_from_previous_owners, pool_the_rest
from customers.transfers.querysets import TRANSFER_RIGHT

CHUNK_SIZE = 20_000
_Outcome, _Reason = TransferRow.Outcome, TransferRow.Reason


def chunks(rows: QuerySet[TransferRow]) -> list[dict[str, int]]:
    """The parameters of the chunks that together hold all these rows."""
    numbers = list(rows.order_by("row_number").values_list("row_number", flat=True))
    parts = [numbers[start : start + CHUNK_SIZE] for start in range(0, len(numbers), CHUNK_SIZE)]
    return [{"first": part[0], "last": part[-1], "count": len(part)} for part in parts]


# ── there ──

_LOCK = f"""
SELECT count(*) FROM (
    SELECT c.id FROM customers_customer c
    WHERE c.id IN (SELECT r.customer_id FROM customers_transferrow r WHERE {CHUNK} AND r.outcome = %(outcome)s)
    ORDER BY c.id FOR NO KEY UPDATE OF c
) AS locked
"""  # noqa: S608 - constants of this file only

_SNAPSHOT = f"""
UPDATE customers_transferrow r SET outcome = 'moved', old_status = c.status, old_department_id = c.department_id,
    old_previous_owner_id = c.previous_owner_id, old_received_at = c.received_at,
    old_next_follow_on = c.next_follow_on, new_department_id = u.department_id
FROM customers_customer c, crm_user u
WHERE {CHUNK} AND r.outcome = 'planned' AND c.id = r.customer_id AND u.id = r.new_owner_id
"""  # noqa: S608 - constants of this file only

_MOVE = f"""
UPDATE customers_customer c SET owner_id = r.new_owner_id, department_id = r.new_department_id,
    status = CASE WHEN c.status = 'potential' THEN 'lead' ELSE c.status END,
    previous_owner_id = coalesce(c.owner_id, c.previous_owner_id),
    received_at = CASE WHEN %(restarts)s OR c.status = 'potential' THEN %(now)s ELSE c.received_at END,
    next_follow_on = CASE WHEN %(keeps_follow_ups)s THEN c.next_follow_on END,
    changed_at = %(now)s, changed_by_id = %(actor)s
FROM customers_transferrow r
WHERE {CHUNK} AND r.outcome = 'moved' AND r.new_owner_id IS NOT NULL AND c.id = r.customer_id
"""  # noqa: S608 - constants of this file only

# what nobody receives from a leaver goes into a pool
_SNAPSHOT_POOLED = f"""
UPDATE customers_transferrow r SET outcome = 'moved', old_status = c.status, old_department_id = c.department_id,
    old_previous_owner_id = c.previous_owner_id, old_received_at = c.received_at,
    old_next_follow_on = c.next_follow_on, old_protected_from = c.protected_from,
    old_protected_until = c.protected_until, old_recycle_not_before = c.recycle_not_before,
    new_department_id = p.department_id
FROM customers_customer c, customers_pool p
WHERE {CHUNK} AND r.outcome = 'planned' AND c.id = r.customer_id AND p.id = r.new_pool_id
"""  # noqa: S608 - constants of this file only

_POOL = f"""
UPDATE customers_customer c SET owner_id = NULL, department_id = r.new_department_id, status = 'pool',
    pool_id = r.new_pool_id, pooled_at = %(now)s, previous_owner_id = c.owner_id, next_follow_on = NULL,
    protected_from = NULL, protected_until = NULL, recycle_not_before = NULL, changed_at = %(now)s,
    changed_by_id = %(actor)s
FROM customers_transferrow r
WHERE {CHUNK} AND r.outcome = 'moved' AND r.new_pool_id IS NOT NULL AND c.id = r.customer_id
"""  # noqa: S608 - constants of this file only

# who asked for more time was the owner
_LAPSE_WISHES = f"""
UPDATE customers_recycleextension x SET state = 'lapsed' FROM customers_transferrow r
WHERE {CHUNK} AND r.outcome = %(outcome)s AND x.customer_id = r.customer_id AND x.state = 'open'
"""  # noqa: S608 - constants of this file only

_KEEP_OLD_OWNER = f"""
INSERT INTO customers_customershare (user_id, permission_id, content_object_id, shared_by_id, ends_on, role)
SELECT r.old_owner_id, %(permission)s, r.customer_id, %(actor)s, %(until)s, %(role)s
FROM customers_transferrow r JOIN crm_user u ON u.id = r.old_owner_id
WHERE {CHUNK} AND r.outcome = 'moved' AND u.is_active
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants of this file only


def move_chunk(chunk: Chunk, actor: User) -> Tally:
    """Move the planned rows of a chunk; what no longer fits the preview is skipped with its reason."""
    transfer = chunk.transfer
    planned = chunk.rows().going().count()
    now = timezone.now()
    _prepare()
    hold_quota(transfer.target_ids)
    chunk.execute(_LOCK, outcome=_Outcome.PLANNED)
    _skip_what_changed(chunk, actor)
    _skip_above_limits(chunk)
    if transfer.leaver_id:
        pool_the_rest(chunk)
    moved = chunk.execute(_SNAPSHOT) + (chunk.execute(_SNAPSHOT_POOLED) if transfer.leaver_id else 0)
    written = chunk.execute(
        _MOVE,
        now=now,
        actor=actor.pk,
        restarts=not transfer.keeps_clock,
        keeps_follow_ups="follow_ups" in transfer.moves_along,
    )
    if transfer.leaver_id:
        written += chunk.execute(_POOL, now=now, actor=actor.pk)
        pooled = chunk.rows().moved().filter(new_owner=None).values_list("customer", flat=True)
        tie_up_loose_ends(list(pooled))
    _same(moved, written)
    chunk.execute(_LAPSE_WISHES, outcome=_Outcome.MOVED)
    take_along(chunk, now)
    if transfer.old_owner_stays:
        _keep_old_owner(chunk, actor)
    return Tally(moved, planned - moved)


def _keep_old_owner(chunk: Chunk, actor: User) -> None:
    transfer = chunk.transfer
    permission = Permission.objects.get(
        content_type__app_label="customers", codename=f"{transfer.old_owner_stays}_customer"
    )
    role, until = _("former owner"), transfer.old_owner_until
    chunk.execute(_KEEP_OLD_OWNER, permission=permission.pk, actor=actor.pk, until=until, role=role)


def _skip_what_changed(chunk: Chunk, actor: User) -> None:
    rows, transfer = chunk.rows().going(), chunk.transfer
    as_planned = Q(customer__owner=F("old_owner")) | Q(customer__owner=None, old_owner=None)
    if transfer.leaver_id:
        _skip(rows.exclude(as_planned), _Reason.CHANGED)
        able = User.objects.able_to_own().filter(department__isnull=False, pk__in=transfer.target_ids)
    else:
        able = receivers_for(actor, TRANSFER_RIGHT).filter(pk__in=transfer.target_ids)
        _skip(rows.exclude(as_planned, customer__pool=None, customer__archived_at=None), _Reason.CHANGED)
        _skip(rows.exclude(customer__in=_within(chunk, actor)), _Reason.RIGHT)
        _skip(rows.filter(customer__protected_until__gte=timezone.localdate()), _Reason.PROTECTED)
        if holds := transfer_holds():
            rows.filter(held("customer_id", holds)).update(
                outcome=_Outcome.SKIPPED, reason=_Reason.HELD, hold=hold_code("customer_id", holds)
            )
    able_ids = list(able.values_list("pk", flat=True))
    _skip(rows.exclude(new_owner=None).exclude(new_owner__in=able_ids), _Reason.RECEIVER)
    keep_from_previous_owners(chunk, outcome=_Outcome.SKIPPED)


def _skip_above_limits(chunk: Chunk) -> None:
    if chunk.transfer.exceeds_limit:
        return
    for load in loads(User.objects.filter(pk__in=chunk.transfer.target_ids)):
        counting = chunk.rows().going().filter(new_owner=load.user).exclude(customer__status=Customer.Status.EXISTING)
        surplus = counting.order_by("row_number").values_list("pk", flat=True)[load.free :]
        _skip(TransferRow.objects.filter(pk__in=list(surplus)), _Reason.CAPACITY)


def _skip(rows: QuerySet[TransferRow], reason: str) -> None:
    rows.update(outcome=_Outcome.SKIPPED, reason=reason)


# ── and back ──

# a pool has cleared the protection and the extension, another owner kept them or set their own
_PUT_BACK = f"""
UPDATE customers_customer c SET owner_id = r.old_owner_id, department_id = r.old_department_id, status = r.old_status,
    previous_owner_id = r.old_previous_owner_id, received_at = r.old_received_at, pool_id = NULL, pooled_at = NULL,
    protected_from = CASE WHEN c.pool_id IS NULL THEN c.protected_from ELSE r.old_protected_from END,
    protected_until = CASE WHEN c.pool_id IS NULL THEN c.protected_until ELSE r.old_protected_until END,
    recycle_not_before = CASE WHEN c.pool_id IS NULL THEN c.recycle_not_before ELSE r.old_recycle_not_before END,
    next_follow_on = coalesce(c.next_follow_on, r.old_next_follow_on), changed_at = %(now)s, changed_by_id = %(actor)s
FROM customers_transferrow r
WHERE {CHUNK} AND r.outcome = 'undone' AND c.id = r.customer_id
"""  # noqa: S608 - constants of this file only

_REOPEN_WISHES = f"""
UPDATE customers_recycleextension x SET state = 'open' FROM customers_transferrow r, customers_recycleextensionevent e
WHERE {CHUNK} AND r.outcome = 'undone' AND e.customer_id = r.customer_id AND e.pgh_context_id = %(context)s
    AND e.pgh_label = 'update' AND e.state = 'lapsed' AND x.id = e.pgh_obj_id AND x.state = 'lapsed'
"""  # noqa: S608 - constants of this file only

_END_STAY = f"""
DELETE FROM customers_customershare s USING customers_transferrow r
WHERE {CHUNK} AND r.outcome = 'undone' AND s.content_object_id = r.customer_id AND s.user_id = r.old_owner_id
"""  # noqa: S608 - constants of this file only


def put_back_chunk(chunk: Chunk, actor: User) -> Tally:
    """Put back the moved rows of a chunk that nobody changed since; the others are kept with their reason."""
    moved = chunk.rows().moved().count()
    now = timezone.now()
    _prepare()
    hold_quota(filter(None, chunk.rows().moved().order_by().values_list("old_owner_id", flat=True).distinct()))
    chunk.execute(_LOCK, outcome=_Outcome.MOVED)
    _keep_what_changed(chunk, actor)
    undone = chunk.rows().moved().update(outcome=_Outcome.UNDONE)
    _same(undone, chunk.execute(_PUT_BACK, now=now, actor=actor.pk))
    chunk.execute(_END_STAY)
    chunk.execute(_LAPSE_WISHES, outcome=_Outcome.UNDONE)
    chunk.execute(_REOPEN_WISHES, **chunk.did())
    put_along_back(chunk, now)
    return Tally(undone, moved - undone)


def _keep_what_changed(chunk: Chunk, actor: User) -> None:
    rows = chunk.rows().moved()
    able = User.objects.able_to_own().filter(pk__in=rows.values("old_owner")).values_list("pk", flat=True)
    was_potential = Q(old_status=Customer.Status.POTENTIAL)
    owned = Q(
        Q(was_potential, customer__status=Customer.Status.LEAD) | Q(~was_potential, customer__status=F("old_status")),
        customer__owner=F("new_owner"),
    )
    pooled = Q(new_owner=None, customer__owner=None, customer__pool=F("new_pool"))
    is_live = Q(customer__archived_at=None) if chunk.transfer.leaver_id is None else Q()
    as_written = Q(owned | pooled, is_live, customer__department_id=F("new_department_id"))
    _keep(rows.exclude(as_written), _Reason.CHANGED)
    _keep(rows.exclude(customer__in=_within(chunk, actor)), _Reason.RIGHT)
    _keep(rows.exclude(Q(old_owner=None) | Q(old_owner__in=list(able))), _Reason.GIVER)


def _keep(rows: QuerySet[TransferRow], reason: str) -> None:
    rows.update(outcome=_Outcome.KEPT, reason=reason)


# ── both ways ──


def _within(chunk: Chunk, actor: User) -> ReachQuerySet:
    customers = Customer.objects.within(actor, TRANSFER_RIGHT)
    return customers.filter(pk__in=chunk.rows().values("customer_id"))


def _prepare() -> None:
    # the history trigger keeps its query plan for the life of the connection; one made for a single changed row
    # is a nested loop, which a chunk of thousands would not survive
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")
        cursor.execute("SET LOCAL lock_timeout = '50s'")  # another transfer may hold the same receivers for a while


def _same(marked: int, written: int) -> None:
    if marked != written:
        raise RuntimeError(f"{marked} rows were marked but {written} customers were written")
