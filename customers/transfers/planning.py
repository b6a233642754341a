"""Freezing what a transfer takes: one INSERT … SELECT decides for each record where it goes or why it stays."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.people.models import User
from crm.records.selection import Selection
from customers.customers.filters import CustomerFilter
from customers.customers.models import Customer
from customers.pool.capacity import Load
from customers.transfers.models import Transfer, TransferRow
from customers.transfers.querysets import TRANSFER_RIGHT

RECORDS_AT_MOST = 200_000
_Reason = TransferRow.Reason
_DOES_NOT_COUNT = Customer.Status.EXISTING

# counted and uncounted records are dealt apart; each receiver's turns lie evenly between those of the others, and
# records are dealt by level, so that everybody gets their share of each level
_FREEZE = """
WITH chosen (customer_id, owner_id, department_id, status, level_id, reason) AS ({chosen}),
turns AS (
    SELECT *, status <> 'existing' AS counts, row_number() OVER (ORDER BY customer_id) AS row_number,
        row_number() OVER (
            PARTITION BY reason = '', status <> 'existing' ORDER BY level_id NULLS LAST, customer_id
        ) AS turn
    FROM chosen
),
slots AS (
    SELECT counts, user_id,
        row_number() OVER (PARTITION BY counts ORDER BY (place + 0.5) / quota, user_id) AS turn
    FROM unnest(%s::bigint[], %s::int[], %s::bool[]) AS q (user_id, quota, counts),
        generate_series(0, quota - 1) AS place
)
INSERT INTO customers_transferrow (
    transfer_id, row_number, customer_id, old_owner_id, old_department_id, old_status, new_owner_id, outcome, reason)
SELECT %s, t.row_number, t.customer_id, t.owner_id, t.department_id, t.status, s.user_id,
    CASE WHEN s.user_id IS NULL THEN 'stays' ELSE 'planned' END,
    CASE WHEN t.reason = '' AND s.user_id IS NULL THEN 'capacity' ELSE t.reason END
FROM turns t LEFT JOIN slots s ON t.reason = '' AND s.counts = t.counts AND s.turn = t.turn
ORDER BY t.row_number
"""

_KEEP_FROM_PREVIOUS_OWNERS = """
UPDATE customers_transferrow r SET outcome = 'stays', reason = 'cool_down', new_owner_id = NULL
FROM customers_claimrecord k JOIN customers_pool p ON p.id = k.pool_id
WHERE r.transfer_id = %s AND r.outcome = 'planned' AND k.customer_id = r.customer_id
    AND k.previous_owner_id = r.new_owner_id AND k.pooled_at > now() - p.cool_down_days * interval '1 day'
"""


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
    judged = _judged(chosen, actor, [load.user.pk for load in receivers])
    going = judged.filter(verdict="").aggregate(
        all=Count("pk"), counting=Count("pk", filter=~Q(status=_DOES_NOT_COUNT))
    )
    total = judged.count()
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
    counting = quotas(going["counting"], receivers, transfer.split, has_limit=not transfer.exceeds_limit)
    others = quotas(going["all"] - going["counting"], receivers, Transfer.Split.EVEN, has_limit=False)
    deals = [(load.user.pk, counting[load.user.pk], True) for load in receivers]
    deals += [(load.user.pk, others[load.user.pk], False) for load in receivers]
    sql, params = judged.values_list(
        "pk", "owner_id", "department_id", "status", "level_id", "verdict"
    ).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            _FREEZE.format(chosen=sql),
            [*params, *(list(column) for column in zip(*deals, strict=True)), transfer.pk],
        )
        cursor.execute(_KEEP_FROM_PREVIOUS_OWNERS, [transfer.pk])


def _judged(chosen: QuerySet[Customer], actor: User, receiver_ids: list[int]) -> QuerySet[Any]:
    movable = actor.reach.rows(TRANSFER_RIGHT)
    rules = [
        When(archived_at__isnull=False, then=Value(_Reason.ARCHIVED)),
        When(pool__isnull=False, then=Value(_Reason.POOL)),
        *([When(~movable, then=Value(_Reason.RIGHT))] if movable is not None else []),
        When(owner_id__in=receiver_ids, then=Value(_Reason.THEIRS)),
        When(protected_until__gte=timezone.localdate(), then=Value(_Reason.PROTECTED)),
    ]
    picked = Customer.objects.filter(pk__in=chosen.order_by().values("pk"))
    return picked.annotate(verdict=Case(*rules, default=Value("")))


def quotas(count: int, receivers: list[Load], split: str, *, has_limit: bool) -> dict[int, int]:
    """How many of `count` records each receiver gets, by user id; with a limit the sum may be smaller."""
    free = {load.user.pk: load.free if has_limit else count for load in receivers}
    if split == Transfer.Split.CAPACITY and (room := sum(load.free for load in receivers)):
        dealt = min(count, sum(free.values()))
        weights = {load.user.pk: load.free for load in receivers}
        shares = {key: dealt * weight // room for key, weight in weights.items()}
        rests = sorted(weights, key=lambda key: -(dealt * weights[key] % room))
        for key in rests[: dealt - sum(shares.values())]:
            shares[key] += 1
        return shares
    shares, left = {}, count
    for place, key in enumerate(sorted(free, key=lambda key: free[key])):
        shares[key] = min(free[key], left // (len(free) - place))
        left -= shares[key]
    return shares
