"""Freezing what a transfer takes: one INSERT … SELECT decides for each record where it goes or why it stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, Count, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.people.models import User
from crm.records.selection import Selection
from customers.base_data.models import Region
from customers.customers.filters import CustomerFilter
from customers.customers.holds import held, hold_code, transfer_holds
from customers.customers.models import Customer
from customers.pool.capacity import Load
from customers.pool.models import Pool
from customers.transfers.chunk import CHUNK, Chunk
from customers.transfers.models import Transfer, TransferRow
from customers.transfers.querysets import TRANSFER_RIGHT

RECORDS_AT_MOST = 200_000
_LAST_ROW = 2**31 - 1
_Outcome, _Reason = TransferRow.Outcome, TransferRow.Reason
_DOES_NOT_COUNT = Customer.Status.EXISTING

# counted and uncounted records are dealt apart, and so are those of a region somebody is named for; each receiver's
# turns lie evenly between those of the others, and records are dealt by level, so that all get their share of each
_FREEZE = """
WITH chosen (customer_id, owner_id, department_id, status, level_id, reason, hold, wanted) AS ({chosen}),
turns AS (
    SELECT *, status <> 'existing' AS counts, row_number() OVER (ORDER BY customer_id) AS row_number,
        row_number() OVER (
            PARTITION BY reason = '', status <> 'existing', wanted ORDER BY level_id NULLS LAST, customer_id
        ) AS turn
    FROM chosen
),
slots AS (
    SELECT counts, wanted, user_id,
        row_number() OVER (PARTITION BY counts, wanted ORDER BY (place + 0.5) / quota, user_id) AS turn
    FROM unnest(%s::bigint[], %s::int[], %s::bool[], %s::bigint[]) AS q (user_id, quota, counts, wanted),
        generate_series(0, quota - 1) AS place
)
INSERT INTO customers_transferrow (transfer_id, row_number, customer_id, old_owner_id, old_department_id, old_status,
    new_owner_id, outcome, reason, hold)
SELECT %s, t.row_number, t.customer_id, t.owner_id, t.department_id, t.status, s.user_id,
    CASE WHEN s.user_id IS NULL THEN 'stays' ELSE 'planned' END,
    CASE WHEN t.reason = '' AND s.user_id IS NULL THEN 'capacity' ELSE t.reason END,
    CASE WHEN t.reason = 'held' THEN t.hold ELSE '' END
FROM turns t LEFT JOIN slots s ON t.reason = '' AND s.counts = t.counts AND s.wanted = t.wanted AND s.turn = t.turn
ORDER BY t.row_number
"""

_KEEP_FROM_PREVIOUS_OWNERS = f"""
UPDATE customers_transferrow r SET outcome = %(outcome)s, reason = 'cool_down', new_owner_id = NULL
FROM customers_claimrecord k JOIN customers_pool p ON p.id = k.pool_id
WHERE {CHUNK} AND r.outcome = 'planned' AND k.customer_id = r.customer_id
    AND k.previous_owner_id = r.new_owner_id AND k.pooled_at > now() - p.cool_down_days * interval '1 day'
"""  # noqa: S608 - constants of this file only


def chosen_customers(selection: Selection | User, actor: User) -> QuerySet[Customer]:
    """The customers somebody chose out of those they see: some ids, all that match, or everything of one person."""
    visible = Customer.objects.visible_to(actor)
    if isinstance(selection, User):
        return visible.live().filter(owner=selection)
    if not selection.is_all:
        return visible.filter(pk__in=selection.ids)
    return selection.rows(visible, CustomerFilter, actor)


def freeze_rows(transfer: Transfer, chosen: QuerySet[Customer], actor: User, receivers: list[Load]) -> None:
    """Write one row for each chosen customer; ValidationError where nothing or too much was chosen."""
    judged = _judged(transfer, chosen, actor, [load.user.pk for load in receivers])
    _refuse_size(judged.count())
    sql, params = judged.values_list(
        "pk", "owner_id", "department_id", "status", "level_id", "verdict", "kept_by", "wanted"
    ).query.sql_with_params()
    deals = _deals(transfer, judged, receivers)
    columns = [[deal[place] for deal in deals] for place in range(4)]
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE.format(chosen=sql), [*params, *columns, transfer.pk])
    everything = Chunk(transfer, 1, _LAST_ROW)
    keep_from_previous_owners(everything, outcome=_Outcome.STAYS)
    if transfer.leaver_id:
        pool_the_rest(everything)


def keep_from_previous_owners(chunk: Chunk, *, outcome: str) -> None:
    """Planned rows whose receiver gave the customer up not long ago do not go."""
    chunk.execute(_KEEP_FROM_PREVIOUS_OWNERS, outcome=outcome)


def pool_the_rest(chunk: Chunk) -> None:
    """What no receiver takes from a leaver goes into the pool next to them."""
    leaver = User.objects.select_related("department").get(pk=chunk.transfer.leaver_id)
    left = chunk.rows().filter(outcome__in=[_Outcome.STAYS, _Outcome.SKIPPED]).exclude(reason=_Reason.CHANGED)
    left.update(outcome=_Outcome.PLANNED, new_owner=None, new_pool=pool_for(leaver))


def pool_for(leaver: User) -> Pool | None:
    """The pool next to a person's department, else the first there is."""
    nearest = Pool.objects.nearest(leaver.department.path) if leaver.department else None
    return nearest or Pool.objects.first()


def _refuse_size(total: int) -> None:
    if not total:
        raise ValidationError(_("Nothing was chosen that you can see."), code="nothing_chosen")
    if total > RECORDS_AT_MOST:
        raise ValidationError(
            ngettext(
                "%(total)s record was chosen, %(limit)s at most go at once. Narrow the filter.",
                "%(total)s records were chosen, %(limit)s at most go at once. Narrow the filter.",
                total,
            )
            % {"total": total, "limit": RECORDS_AT_MOST},
            code="too_many",
        )


def _judged(transfer: Transfer, chosen: QuerySet[Customer], actor: User, receiver_ids: list[int]) -> QuerySet[Any]:
    movable, holds = actor.reach.rows(TRANSFER_RIGHT), transfer_holds()
    rules = [
        When(archived_at__isnull=False, then=Value(_Reason.ARCHIVED)),
        When(pool__isnull=False, then=Value(_Reason.POOL)),
        *([When(~movable, then=Value(_Reason.RIGHT))] if movable is not None else []),
        When(owner_id__in=receiver_ids, then=Value(_Reason.THEIRS)),
        When(protected_until__gte=timezone.localdate(), then=Value(_Reason.PROTECTED)),
        *([When(held(holds=holds), then=Value(_Reason.HELD))] if holds else []),
    ]
    picked = Customer.objects.filter(pk__in=chosen.order_by().values("pk"))
    return picked.annotate(
        verdict=Case(*([] if transfer.leaver_id else rules), default=Value(""), output_field=CharField()),
        kept_by=hold_code(holds=holds),
        wanted=_wanted(transfer.regions),
    )


def _wanted(regions: Mapping[str, int]) -> Case:
    """Whom the region of a customer asks for: the id of a receiver, 0 for anybody."""
    codes = dict(Region.objects.filter(pk__in=list(regions)).values_list("pk", "code")) if regions else {}
    rules = [
        When(region__code__startswith=codes[int(key)][:2], then=Value(user_id))
        for key, user_id in regions.items()
        if int(key) in codes
    ]
    return Case(*rules, default=Value(0), output_field=BigIntegerField())


Deal = tuple[int, int, bool, int]


def _deals(transfer: Transfer, judged: QuerySet[Any], receivers: list[Load]) -> list[Deal]:
    """Receiver, how many, whether they count towards the limit, and the person their region asks for (0: nobody)."""
    groups = judged.filter(verdict="").order_by().values("wanted")
    counts = groups.annotate(all=Count("pk"), counting=Count("pk", filter=~Q(status=_DOES_NOT_COUNT)))
    has_limit = not transfer.exceeds_limit
    uncounted = Transfer.Split.WEIGHT if transfer.split == Transfer.Split.WEIGHT else Transfer.Split.EVEN
    weights = dict(zip(transfer.target_ids, transfer.weights, strict=False))
    room = {load.user.pk: load for load in receivers}
    deals: list[Deal] = []
    for group in sorted(counts, key=lambda group: group["wanted"] == 0):  # regions first, the rest gets what is left
        wanted, counting = group["wanted"], group["counting"]
        takers = [room[wanted]] if wanted else list(room.values())
        shares = quotas(counting, takers, transfer.split, has_limit=has_limit, weights=weights)
        others = quotas(group["all"] - counting, takers, uncounted, has_limit=False, weights=weights)
        deals += [(key, count, True, wanted) for key, count in shares.items()]
        deals += [(key, count, False, wanted) for key, count in others.items()]
        if wanted:
            room[wanted] = Load(room[wanted].user, room[wanted].held + shares[wanted])
    return deals


def quotas(
    count: int, receivers: list[Load], split: str, *, has_limit: bool, weights: Mapping[int, int] | None = None
) -> dict[int, int]:
    """How many of `count` records each receiver gets, by user id; with a limit the sum may be smaller."""
    free = {load.user.pk: load.free if has_limit else count for load in receivers}
    if split == Transfer.Split.WEIGHT:
        return _weighted(count, {key: (weights or {}).get(key, 1) for key in free}, free)
    if split == Transfer.Split.CAPACITY and any(load.free for load in receivers):
        return _weighted(count, {load.user.pk: load.free for load in receivers}, free)
    shares, left = {}, count
    for place, key in enumerate(sorted(free, key=lambda key: free[key])):
        shares[key] = min(free[key], left // (len(free) - place))
        left -= shares[key]
    return shares


def _weighted(count: int, weights: Mapping[int, int], free: Mapping[int, int]) -> dict[int, int]:
    """Shares in proportion to the weights; what somebody has no room for is dealt among the others again."""
    shares = dict.fromkeys(weights, 0)
    left = min(count, sum(free.values()))
    while left:
        takers = {key: weight for key, weight in weights.items() if shares[key] < free[key]}
        if not any(takers.values()):
            takers = dict.fromkeys(takers, 1)
        together = sum(takers.values())
        turn = {key: left * weight // together for key, weight in takers.items()}
        by_rest = sorted(takers, key=lambda key: -(left * takers[key] % together))
        for key in by_rest[: left - sum(turn.values())]:
            turn[key] += 1
        for key, wanted in turn.items():
            given = min(wanted, free[key] - shares[key])
            shares[key] += given
            left -= given
    return shares
