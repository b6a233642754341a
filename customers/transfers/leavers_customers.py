"""The customers of somebody who leaves: a transfer in which nothing may stay; and those disabled people still own."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.history.operations import operation
from crm.leaving.actions import heir_of
from crm.leaving.models import Departure
from crm.notifications.actions import notify
from crm.people.belongings import Params
from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.stars import tell_followers
from customers.pool.loose_ends import tie_up_loose_ends
from customers.pool.models import Pool
from customers.transfers.actions import allow_long_work, freeze
from customers.transfers.along import ALWAYS, companions
from customers.transfers.chunk import Chunk
from customers.transfers.finishing import finish_transfer
from customers.transfers.models import Transfer
from customers.transfers.planning import pool_for
from customers.transfers.running import chunks, move_chunk

Handed = tuple[int, int]
_AT_ONCE = 5_000


def customers_of(user: User) -> QuerySet[Customer]:
    """The customers a person owns."""
    rows: QuerySet[Customer] = Customer.objects.owned_by(user)
    return rows


def by_status(user: User) -> list[tuple[str, int]]:
    """How many customers a person owns by status."""
    counts = dict(customers_of(user).order_by().values_list("status").annotate(Count("pk")))
    return [(str(label), counts[status]) for status, label in Customer.Status.choices if status in counts]


def refuse_without_pool(departure: Departure) -> None:
    """ValidationError where nothing could take what nobody has room for."""
    if not Pool.objects.exists() and customers_of(departure.user).exists():
        raise ValidationError(_("There is no public pool for what nobody takes over. Add one first."), code="no_pool")


def plan_customers(departure: Departure) -> list[Params]:
    """Freeze the transfer of a leaver and answer its parts."""
    if not customers_of(departure.user).exists():
        return []
    allow_long_work()
    targets = User.objects.able_to_own().filter(pk__in=departure.receiver_ids, department__isnull=False)
    transfer = Transfer(
        requested_by=departure.requested_by,
        leaver=departure.user,
        selection={"owner": departure.user_id},
        target_ids=[target.pk for target in targets],
        moves_along=[ALWAYS, *companions()],
        reason=_("%(name)s leaves") % {"name": departure.user},
        note=departure.note,
        exceeds_limit=departure.exceeds_limit,
        state=Transfer.State.RUNNING,
        job=departure.job,
        operation=departure.operation,
    )
    freeze(transfer, customers_of(departure.user), departure.requested_by, targets)
    return chunks(transfer.rows.going())


def transfer_of(departure: Departure) -> Transfer | None:
    """The transfer that carries the customers of a departure; None while there is none."""
    return Transfer.objects.filter(leaver=departure.user, operation=departure.operation).first()


def hand_over_customers(departure: Departure, params: Params) -> Handed:
    """Move one part; how many went and how many did not."""
    transfer = transfer_of(departure)
    if transfer is None:
        return 0, params["count"]
    tally = move_chunk(Chunk(transfer, params["first"], params["last"]), departure.requested_by)
    return tally.done, tally.failed


def finish_customers(departure: Departure, state: str) -> None:
    """Close the transfer of a departure."""
    transfer = transfer_of(departure)
    if transfer is not None:
        finish_transfer(transfer, state)


def pool_leftovers() -> int:
    """Put customers of disabled people into a pool and tell a director; departures under way see to their own."""
    under_way = Departure.objects.filter(state=Departure.State.RUNNING).values("user")
    gone = User.objects.filter(is_active=False).exclude(pk__in=under_way).select_related("department")
    count = 0
    for user in gone.filter(pk__in=Customer.objects.filter(owner__is_active=False).values("owner")).order_by("pk"):
        count += _pool_those_of(user)
    return count


@transaction.atomic
def _pool_those_of(user: User) -> int:
    pool = pool_for(user)
    if pool is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
    locked = customers_of(user).select_for_update(of=("self",), no_key=True).order_by("pk")
    ids = list(locked.values_list("pk", flat=True)[:_AT_ONCE])
    if not ids:
        return 0
    now = timezone.now()
    with operation(None, "leftovers_pooled", user, via="system", row_count=len(ids)) as entry:
        Customer.objects.filter(pk__in=ids).update(
            status=Customer.Status.POOL, pool=pool, pooled_at=now, previous_owner=F("owner"), owner=None,
            department=pool.department_id, next_follow_on=None, protected_from=None, protected_until=None,
            recycle_not_before=None, changed_at=now, changed_by=None,
        )  # fmt: skip
        tie_up_loose_ends(ids)
        tell_followers(entry, ids)
    _tell_director(user, pool, len(ids), now.isoformat())
    return len(ids)


def _tell_director(user: User, pool: Pool, count: int, moment: str) -> None:
    director = heir_of(user)
    if director is None:
        return
    with translation.override(director.language):
        text = ngettext(
            "%(count)s customer still belonged to %(name)s, who is disabled, and went to the pool %(pool)s.",
            "%(count)s customers still belonged to %(name)s, who is disabled, and went to the pool %(pool)s.",
            count,
        ) % {"count": count, "name": user, "pool": pool}
    url = pool.get_absolute_url()
    key = f"leftovers:{user.pk}:{moment}"
    notify(director, "leftovers", text, about=None, url=url, dedupe_key=key)
