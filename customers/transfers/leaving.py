"""What people hold among customers, and how it is handed over when they leave."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.history.operations import operation
from crm.leaving.actions import heir_of
from crm.leaving.kernel import renamed_for_heir
from crm.leaving.models import Departure
from crm.notifications.actions import notify
from crm.people.belongings import Belonging, Params
from crm.people.models import User
from customers.customers.models import Customer, CustomerShare
from customers.customers.stars import tell_followers
from customers.duplicates.models import AccessRequest
from customers.leads.models import AllotmentShare
from customers.pool.loose_ends import tie_up_loose_ends
from customers.pool.models import Pool, PoolMember, RecycleExtension
from customers.segments.models import Segment
from customers.tasks.models import CalendarFeed, Task
from customers.transfers.actions import allow_long_work, finish_transfer, freeze
from customers.transfers.along import ALWAYS, companions
from customers.transfers.chunk import Chunk
from customers.transfers.models import Transfer
from customers.transfers.planning import pool_for
from customers.transfers.querysets import TRANSFER_RIGHT
from customers.transfers.running import chunks, move_chunk

Handed = tuple[int, int]
SEGMENT_NAME_AT_MOST = 60
_AT_ONCE = 5_000


# ── customers: a transfer of their own, in which nothing may stay ──


def _customers(user: User) -> QuerySet[Customer]:
    rows: QuerySet[Customer] = Customer.objects.owned_by(user)
    return rows


def _by_status(user: User) -> list[tuple[str, int]]:
    counts = dict(_customers(user).order_by().values_list("status").annotate(Count("pk")))
    return [(str(label), counts[status]) for status, label in Customer.Status.choices if status in counts]


def _refuse_without_pool(departure: Departure) -> None:
    if not Pool.objects.exists() and _customers(departure.user).exists():
        raise ValidationError(_("There is no public pool for what nobody takes over. Add one first."), code="no_pool")


def _plan_customers(departure: Departure) -> list[Params]:
    if not _customers(departure.user).exists():
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
    freeze(transfer, _customers(departure.user), departure.requested_by, targets)
    return chunks(transfer.rows.going())


def transfer_of(departure: Departure) -> Transfer | None:
    """The transfer that carries the customers of a departure; None while there is none."""
    return Transfer.objects.filter(leaver=departure.user, operation=departure.operation).first()


def _hand_over_customers(departure: Departure, params: Params) -> Handed:
    transfer = transfer_of(departure)
    if transfer is None:
        return 0, params["count"]
    tally = move_chunk(Chunk(transfer, params["first"], params["last"]), departure.requested_by)
    return tally.done, tally.failed


def _finish_customers(departure: Departure, state: str) -> None:
    transfer = transfer_of(departure)
    if transfer is not None:
        finish_transfer(transfer, state)


CUSTOMERS = Belonging(
    "customers",
    gettext_lazy("Customers"),
    gettext_lazy("go to the receivers; what nobody has room for goes to the pool"),
    "building-2",
    lambda user: _customers(user).count(),
    _hand_over_customers,
    plan=_plan_customers,
    refuse=_refuse_without_pool,
    finish=_finish_customers,
    sweep=lambda: pool_leftovers(),
    groups=_by_status,
    place=lambda user: f"{reverse('customers:customer_list')}?owner={user.pk}",
    right="customers.view_customer",
    holds_back=True,
)


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
    locked = _customers(user).select_for_update(of=("self",), no_key=True).order_by("pk")
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


# ── tasks: those of other people's customers go to these people, the rest to the successor ──


def _tasks(user: User) -> QuerySet[Any]:
    return Task.objects.open().filter(owner=user)


def _hand_over_tasks(departure: Departure, params: Params) -> Handed:
    owner = Customer.objects.filter(pk=OuterRef("customer"), owner__is_active=True).values("owner")
    _tasks(departure.user).update(owner=Coalesce(Subquery(owner), departure.heir_id), changed_at=timezone.now())
    return params["count"], 0


TASKS = Belonging(
    "tasks",
    gettext_lazy("Open tasks"),
    gettext_lazy("follow the customer; the rest goes to the successor"),
    "list-checks",
    lambda user: _tasks(user).count(),
    _hand_over_tasks,
)


# ── customers of others they may see ──


def _end_shares(departure: Departure, params: Params) -> Handed:
    CustomerShare.objects.filter(user=departure.user).delete()
    return params["count"], 0


SHARES = Belonging(
    "shares",
    gettext_lazy("Customers shared with them"),
    gettext_lazy("are not shared any more"),
    "users",
    lambda user: CustomerShare.objects.filter(user=user).count(),
    _end_shares,
)


# ── segments ──


def _hand_over_segments(departure: Departure, params: Params) -> Handed:
    renamed_for_heir(Segment.objects.filter(owner=departure.user), departure, SEGMENT_NAME_AT_MOST)
    return params["count"], 0


SEGMENTS = Belonging(
    "segments",
    gettext_lazy("Segments"),
    gettext_lazy("go to the successor"),
    "layers",
    lambda user: Segment.objects.filter(owner=user).count(),
    _hand_over_segments,
)


# ── pools they belong to by name ──


def _hand_over_pools(departure: Departure, params: Params) -> Handed:
    theirs = PoolMember.objects.filter(user=departure.user)
    administered = list(theirs.filter(is_administrator=True).values_list("pool", flat=True))
    theirs.delete()
    for pool_id in administered:
        PoolMember.objects.update_or_create(
            pool_id=pool_id, user=departure.heir, department=None, defaults={"is_administrator": True}
        )
    return params["count"], 0


POOLS = Belonging(
    "pools",
    gettext_lazy("Memberships of pools"),
    gettext_lazy("end; the successor administers what they administered"),
    "waves",
    lambda user: PoolMember.objects.filter(user=user).count(),
    _hand_over_pools,
    place=lambda user: reverse("settings:pool_list"),
    right="customers.manage_pool",
)


# ── rules that hand out leads ──


def _leave_rules(departure: Departure, params: Params) -> Handed:
    AllotmentShare.objects.filter(user=departure.user).delete()
    return params["count"], 0


ALLOTMENTS = Belonging(
    "allotments",
    gettext_lazy("Rules that hand leads to them"),
    gettext_lazy("go on without them"),
    "split",
    lambda user: AllotmentShare.objects.filter(user=user).count(),
    _leave_rules,
)


# ── what they asked for, and what they were asked ──


def _wishes(user: User) -> int:
    extensions = RecycleExtension.objects.filter(asked_by=user, state=RecycleExtension.State.OPEN)
    return extensions.count() + AccessRequest.objects.filter(asked_by=user, state=AccessRequest.State.OPEN).count()


def _drop_wishes(departure: Departure, params: Params) -> Handed:
    RecycleExtension.objects.filter(asked_by=departure.user, state=RecycleExtension.State.OPEN).update(
        state=RecycleExtension.State.LAPSED
    )
    AccessRequest.objects.filter(asked_by=departure.user, state=AccessRequest.State.OPEN).update(
        state=AccessRequest.State.REFUSED,
        decided_by=departure.requested_by,
        decided_at=timezone.now(),
        answer=_("%(name)s leaves") % {"name": departure.user},
    )
    return params["count"], 0


WISHES = Belonging(
    "wishes",
    gettext_lazy("Extensions and access they asked for"),
    gettext_lazy("lapse"),
    "message-square-text",
    _wishes,
    _drop_wishes,
)


def _decisions(user: User) -> int:
    customers = Customer.objects.all()
    extensions = RecycleExtension.objects.filter(
        state=RecycleExtension.State.OPEN, customer__in=customers.within(user, "customers.decide_extension")
    )
    requests = AccessRequest.objects.filter(
        state=AccessRequest.State.OPEN, customer__in=customers.within(user, "customers.decide_access")
    )
    return extensions.count() + requests.count()


DECISIONS = Belonging(
    "decisions",
    gettext_lazy("Requests they may decide"),
    gettext_lazy("wait for the directors above; the successor is told"),
    "stamp",
    _decisions,
    lambda departure, params: (params["count"], 0),
)


# ── transfers that wait for their day ──


def _waiting(user: User) -> QuerySet[Transfer]:
    return Transfer.objects.filter(requested_by=user, state=Transfer.State.SCHEDULED)


def _hand_over_transfers(departure: Departure, params: Params) -> Handed:
    rows = _waiting(departure.user)
    if departure.heir.reach.has(TRANSFER_RIGHT):
        rows.update(requested_by=departure.heir)
    else:
        rows.update(state=Transfer.State.CANCELLED, finished_at=timezone.now())
    return params["count"], 0


TRANSFERS = Belonging(
    "transfers",
    gettext_lazy("Transfers that wait for their day"),
    gettext_lazy("go to the successor, or are cancelled where the successor may not transfer"),
    "arrow-left-right",
    lambda user: _waiting(user).count(),
    _hand_over_transfers,
    place=lambda user: reverse("customers:transfer_list"),
    right=TRANSFER_RIGHT,
)


# ── the secret address of their calendar ──


def _close_feed(departure: Departure, params: Params) -> Handed:
    CalendarFeed.objects.filter(user=departure.user).delete()
    return params["count"], 0


FEED = Belonging(
    "calendar_feed",
    gettext_lazy("Calendar address"),
    gettext_lazy("is closed"),
    "calendar-days",
    lambda user: CalendarFeed.objects.filter(user=user).count(),
    _close_feed,
)
