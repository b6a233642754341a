"""What people hold among customers, and how it is handed over when they leave."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.leaving.kernel import renamed_for_heir
from crm.leaving.models import Departure
from crm.people.belongings import Belonging, Params
from crm.people.models import User
from customers.customers.models import Customer, CustomerShare
from customers.duplicates.models import AccessRequest
from customers.leads.models import AllotmentShare
from customers.pool.models import PoolMember, RecycleExtension
from customers.segments.models import Segment
from customers.tasks.models import CalendarFeed, Task
from customers.transfers.leavers_customers import (
    Handed,
    by_status,
    customers_of,
    finish_customers,
    hand_over_customers,
    plan_customers,
    pool_leftovers,
    refuse_without_pool,
)
from customers.transfers.models import Transfer
from customers.transfers.querysets import TRANSFER_RIGHT

SEGMENT_NAME_AT_MOST = 60


# ── customers: a transfer of their own, in which nothing may stay ──


CUSTOMERS = Belonging(
    "customers",
    gettext_lazy("Customers"),
    gettext_lazy("go to the receivers; what nobody has room for goes to the pool"),
    "building-2",
    lambda user: customers_of(user).count(),
    hand_over_customers,
    plan=plan_customers,
    refuse=refuse_without_pool,
    finish=finish_customers,
    sweep=pool_leftovers,
    groups=by_status,
    place=lambda user: f"{reverse('customers:customer_list')}?owner={user.pk}",
    right="customers.view_customer",
    holds_back=True,
)


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
