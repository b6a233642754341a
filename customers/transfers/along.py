"""What moves along with a customer: one declared thing for each kind of record (settings.HARBOUR_MOVES_ALONG).

Contacts, follow-ups written and history hang on the customer and always go. The rest belongs to people: the open
tasks of the former owner, the planned day, the team; an app above adds its opportunities or tickets here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from customers.customers.models import Customer, CustomerShare
from customers.tasks.models import Task
from customers.transfers.chunk import CHUNK, Chunk
from customers.transfers.models import TransferRow

Step = Callable[[Chunk, datetime], None]
ALWAYS = "contacts"


@dataclass(frozen=True)
class Companion:
    """One kind of record a transfer may take along.

    `count` says how many of the chosen customers' records it is about. The steps run inside the transaction of a chunk,
    over its rows marked 'moved' (`move` where ticked, `leave` where not) or 'undone' (`put_back`); `settle` follows
    all of them, there and back, ticked or not. Customers of a leaver may go to a pool: `r.new_owner_id` is null there,
    and what hung on the owner has ended before.
    """

    code: str
    label: str | Promise
    hint: str | Promise
    count: Callable[[QuerySet[Customer]], int]
    move: Step | None = None
    leave: Step | None = None
    put_back: Step | None = None
    settle: Step | None = None
    is_ticked: bool = True


@cache
def companions() -> dict[str, Companion]:
    """All kinds by code, in the order of the settings."""
    found: list[Companion] = [import_string(name) for name in settings.HARBOUR_MOVES_ALONG]
    return {companion.code: companion for companion in found}


def standard_companions() -> tuple[str, ...]:
    """What goes unless somebody says otherwise."""
    return (ALWAYS, *(code for code, companion in companions().items() if companion.is_ticked))


def take_along(chunk: Chunk, now: datetime) -> None:
    """Move what is ticked with the moved rows of a chunk, and see to what stays behind."""
    for code, companion in companions().items():
        step = companion.move if code in chunk.transfer.moves_along else companion.leave
        if step is not None:
            step(chunk, now)
    _settle(chunk, now)


def put_along_back(chunk: Chunk, now: datetime) -> None:
    """Give back what went along with the undone rows of a chunk."""
    for companion in companions().values():
        if companion.put_back is not None:
            companion.put_back(chunk, now)
    _settle(chunk, now)


def _settle(chunk: Chunk, now: datetime) -> None:
    for companion in companions().values():
        if companion.settle is not None:
            companion.settle(chunk, now)


# ── the next planned follow-up: a column of the customer, written by the statement that moves it ──


def _planned_days(chosen: QuerySet[Customer]) -> int:
    return chosen.filter(next_follow_on__isnull=False).count()


FOLLOW_UPS = Companion(
    "follow_ups",
    _("Planned follow-ups"),
    _("Unticked: planned days are cleared, the new owner plans anew."),
    _planned_days,
)


# ── open tasks of the former owner ──

_MOVE_TASKS = f"""
UPDATE customers_task t SET owner_id = r.new_owner_id, changed_at = %(now)s
FROM customers_transferrow r
WHERE {CHUNK} AND r.outcome = 'moved' AND r.new_owner_id IS NOT NULL AND t.customer_id = r.customer_id
    AND t.owner_id = r.old_owner_id AND t.done_at IS NULL AND t.cancelled_at IS NULL
"""  # noqa: S608 - constants of this file only

_PUT_TASKS_BACK = f"""
UPDATE customers_task t SET owner_id = r.old_owner_id, cancelled_at = NULL, changed_at = %(now)s
FROM customers_transferrow r, customers_taskevent e
WHERE {CHUNK} AND r.outcome = 'undone' AND e.pgh_context_id = %(context)s AND e.pgh_label = 'update'
    AND e.customer_id = r.customer_id AND t.id = e.pgh_obj_id AND t.owner_id = e.owner_id AND t.done_at IS NULL
    AND t.cancelled_at IS NOT DISTINCT FROM e.cancelled_at
"""  # noqa: S608 - constants of this file only


def _open_tasks(chosen: QuerySet[Customer]) -> int:
    ids = chosen.order_by().values("pk")
    return Task.objects.open().filter(customer__in=ids, owner=F("customer__owner")).count()


def _move_tasks(chunk: Chunk, now: datetime) -> None:
    chunk.execute(_MOVE_TASKS, now=now)


def _end_unseen_tasks(chunk: Chunk, now: datetime) -> None:
    """Nobody keeps a task about a customer they do not see any more (TRUST invariant 60)."""
    if chunk.transfer.old_owner_stays:
        return
    moved = chunk.rows().filter(outcome=TransferRow.Outcome.MOVED)
    for owner in User.objects.filter(pk__in=moved.values("old_owner")):
        ids = set(moved.filter(old_owner=owner).values_list("customer", flat=True))
        seen = Customer.objects.visible_to(owner).filter(pk__in=ids).values_list("pk", flat=True)
        Task.objects.open().filter(owner=owner, customer__in=ids.difference(seen)).update(
            cancelled_at=now, changed_at=now
        )


def _put_tasks_back(chunk: Chunk, now: datetime) -> None:
    chunk.execute(_PUT_TASKS_BACK, now=now, **chunk.did())


TASKS = Companion(
    "tasks",
    _("Open tasks of the former owner"),
    _("Unticked: they stay with the former owner as long as they see the customer, and are cancelled otherwise."),
    _open_tasks,
    move=_move_tasks,
    leave=_end_unseen_tasks,
    put_back=_put_tasks_back,
)


# ── the team ──

_END_SHARES = f"""
DELETE FROM customers_customershare s USING customers_transferrow r
WHERE {CHUNK} AND r.outcome = 'moved' AND s.content_object_id = r.customer_id
"""  # noqa: S608 - constants of this file only

# whoever owns a customer needs no share of it
_KEEP_TEAM = f"{_END_SHARES} AND s.user_id = r.new_owner_id"

_RESTORE_SHARES = f"""
INSERT INTO customers_customershare (id, user_id, permission_id, content_object_id, shared_by_id, ends_on, role)
SELECT e.pgh_obj_id, e.user_id, e.permission_id, e.content_object_id, e.shared_by_id, e.ends_on, e.role
FROM customers_customershareevent e JOIN customers_transferrow r ON r.customer_id = e.content_object_id
WHERE {CHUNK} AND r.outcome = 'undone' AND e.pgh_label = 'delete' AND e.pgh_context_id = %(context)s
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants of this file only


def _members(chosen: QuerySet[Customer]) -> int:
    today = timezone.localdate()
    shares = CustomerShare.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today))
    return shares.filter(content_object__in=chosen.order_by().values("pk")).count()


def _keep_team(chunk: Chunk, now: datetime) -> None:
    chunk.execute(_KEEP_TEAM)


def _end_shares(chunk: Chunk, now: datetime) -> None:
    chunk.execute(_END_SHARES)


def _restore_shares(chunk: Chunk, now: datetime) -> None:
    chunk.execute(_RESTORE_SHARES, **chunk.did())


TEAM = Companion(
    "team",
    _("Team members"),
    _("Unticked: shares with colleagues end."),
    _members,
    move=_keep_team,
    leave=_end_shares,
    put_back=_restore_shares,
    is_ticked=False,
)
