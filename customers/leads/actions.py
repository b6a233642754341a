"""Handing out customers nobody owns, keeping the rules for it, and discarding those nobody wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.history.models import Operation
from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from crm.people.models import User
from customers.customers.bought import has_bought
from customers.customers.changing_hands import changed_hands
from customers.customers.models import Customer
from customers.customers.stars import tell_followers
from customers.leads.dealing import Receiver, deal
from customers.leads.keeping import ASSIGN_RIGHT, refuse_beyond_reach
from customers.leads.models import Allotment, AllotmentRecord, AllotmentShare
from customers.leads.waiting import cooling_down, receivers_among, receivers_of, waiting_for
from customers.pool.capacity import hold_quota, receivers_for
from customers.pool.models import ClaimRecord, Pool

BATCH = 1000
BY_HAND_AT_MOST = 1000


@dataclass
class HandedOut:
    """How many customers each person got, and how many found nobody."""

    given: dict[User, int] = field(default_factory=dict)
    left: int = 0

    @property
    def count(self) -> int:
        """How many customers were handed out."""
        return sum(self.given.values())


# ── hand out ──


def run_allotment(allotment: Allotment, *, actor: User | None = None, only: int | None = None) -> HandedOut:
    """Hand out everything that waits for a rule, in batches that stand on their own; `actor` None is the system.

    `only` is the id of the one customer that is meant.
    """
    if actor is not None:
        refuse_beyond_reach(allotment, allotment.shares.values_list("user", flat=True), actor)
    outcome, after = HandedOut(), 0
    waiting = waiting_for(allotment) if only is None else waiting_for(allotment).filter(pk=only)
    if not waiting.exists():
        return outcome  # most minutes: no lock is taken
    while True:
        with transaction.atomic():
            rows = list(free_rows(waiting.filter(pk__gt=after), allotment, BATCH))
            if rows:
                receivers = receivers_of(allotment)
                _hand_out(rows, receivers, allotment, allotment.method, allotment.pool, actor, outcome)
        if len(rows) < BATCH:
            return outcome
        after = rows[-1].pk


def hand_out_by_rule(rows: QuerySet[Customer], allotment: Allotment, *, actor: User) -> HandedOut:
    """Hand out chosen new leads by a rule, to those of its receivers whom this person may give customers."""
    _refuse_many(rows)
    mine = set(receivers_for(actor, ASSIGN_RIGHT).values_list("pk", flat=True))
    outcome = HandedOut()
    with transaction.atomic():
        chosen = waiting_for(allotment).filter(pk__in=rows.order_by().values("pk"))
        locked = list(free_rows(chosen, allotment, BY_HAND_AT_MOST))
        receivers = [receiver for receiver in receivers_of(allotment) if receiver.user.pk in mine]
        _hand_out(locked, receivers, allotment, allotment.method, allotment.pool, actor, outcome)
    return outcome


def hand_out_evenly(rows: QuerySet[Customer], people: Iterable[User], *, actor: User, reason: str = "") -> HandedOut:
    """Hand out chosen new leads evenly to people of one's departments."""
    weights = dict.fromkeys([person.pk for person in people], 1)
    if not weights:
        raise ValidationError({"people": ValidationError(_("Choose who receives them."), code="required")})
    if receivers_for(actor, ASSIGN_RIGHT).filter(pk__in=weights).count() < len(weights):
        raise ValidationError({"people": ValidationError(_("You cannot assign customers to all of them."), code="bad")})
    _refuse_many(rows)
    outcome = HandedOut()
    with transaction.atomic():
        hold_quota(weights)
        locked = list(free_rows(Customer.objects.live().waiting().filter(pk__in=rows.order_by().values("pk")), None))
        receivers = sorted(receivers_among(weights, {}, None), key=lambda receiver: receiver.held)
        _hand_out(locked, receivers, None, Allotment.Method.TURNS, None, actor, outcome, reason)
    return outcome


def free_rows(rows: QuerySet[Customer], allotment: Allotment | None, at_most: int = BATCH) -> QuerySet[Customer]:
    """The rows nobody else is at, locked, oldest first; before them the rule and the quotas of its receivers."""
    if allotment is not None:
        Allotment.objects.select_for_update(no_key=True).get(pk=allotment.pk)
        hold_quota(allotment.shares.values_list("user", flat=True))
    locked = rows.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk")
    return locked.only("pk", "name", "previous_owner_id", "pooled_at")[:at_most]


def _hand_out(
    rows: Sequence[Customer],
    receivers: list[Receiver],
    allotment: Allotment | None,
    method: str,
    pool: Pool | None,
    actor: User | None,
    outcome: HandedOut,
    reason: str = "",
) -> None:
    ids = [row.pk for row in rows]
    dealt = deal(ids, receivers, method, cooling_down(pool, ids))
    outcome.left += len(ids) - len(dealt)
    if not dealt:
        return
    given = {receiver.user.pk: receiver.given for receiver in receivers if receiver.given}
    facts = {"given": {str(user_id): count for user_id, count in given.items()}}
    verb = "customers_allotted" if allotment else "customers_handed_out"
    with operation(actor, verb, allotment, reason=reason, row_count=len(dealt), facts=facts) as entry:
        _write(dealt, rows, allotment, method, pool, actor)
        _remember_turns(allotment, receivers)
        _tell(entry, dealt, rows, receivers)
        tell_followers(entry, list(dealt))
    for receiver in receivers:
        if receiver.given:
            outcome.given[receiver.user] = outcome.given.get(receiver.user, 0) + receiver.given


_TAKE = """
UPDATE customers_customer c SET owner_id = d.user_id, department_id = u.department_id, pool_id = NULL, pooled_at = NULL,
    status = CASE WHEN c.id = ANY(%s) THEN 'existing' ELSE 'lead' END,
    received_at = %s, changed_at = %s, changed_by_id = %s
FROM unnest(%s::bigint[], %s::bigint[]) AS d (customer_id, user_id) JOIN crm_user u ON u.id = d.user_id
WHERE c.id = d.customer_id
"""


def _write(
    dealt: Mapping[int, int],
    rows: Sequence[Customer],
    allotment: Allotment | None,
    method: str,
    pool: Pool | None,
    actor: User | None,
) -> None:
    now = timezone.now()
    bought = list(Customer.objects.filter(has_bought(), pk__in=dealt).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [bought, now, now, actor.pk if actor else None, list(dealt), list(dealt.values())])
    changed_hands(list(dealt))
    AllotmentRecord.objects.bulk_create(
        AllotmentRecord(customer_id=customer_id, allotment=allotment, method=method, user_id=user_id)
        for customer_id, user_id in dealt.items()
    )
    if pool is not None:
        ClaimRecord.objects.bulk_create(
            ClaimRecord(
                customer=row, pool=pool, claimed_by_id=dealt[row.pk], claimed_on=timezone.localdate(now),
                claimed_at=now, is_assigned=True, previous_owner_id=row.previous_owner_id, pooled_at=row.pooled_at,
            )
            for row in rows if row.pk in dealt
        )  # fmt: skip


def _remember_turns(allotment: Allotment | None, receivers: list[Receiver]) -> None:
    if allotment is None:
        return
    turns = {receiver.user.pk: receiver.taken for receiver in receivers}
    shares = list(allotment.shares.filter(user__in=turns))
    changed = [share for share in shares if share.taken != turns[share.user_id]]
    for share in changed:
        share.taken = turns[share.user_id]
    AllotmentShare.objects.bulk_update(changed, ["taken"])


def _tell(entry: Operation, dealt: Mapping[int, int], rows: Sequence[Customer], receivers: list[Receiver]) -> None:
    first = {dealt[row.pk]: row for row in reversed(rows) if row.pk in dealt}
    notify_many([
        _told(entry, receiver, first[receiver.user.pk])
        for receiver in receivers if receiver.given and receiver.user.pk != entry.actor_id
    ])  # fmt: skip


def _told(entry: Operation, receiver: Receiver, first: Customer) -> Notice:
    count = receiver.given
    with translation.override(receiver.user.language):
        if count == 1:
            text = _("“%(name)s” is yours now: get in touch soon.") % {"name": first.name}
        else:
            words = ngettext("%(count)s new customer is yours now.", "%(count)s new customers are yours now.", count)
            text = words % {"count": count}
    mine = f"{reverse('customers:customer_list')}?owner=me&unworked=on"
    return new_notice(
        receiver.user, "customers_received", text, about=first if count == 1 else None,
        url=first.get_absolute_url() if count == 1 else mine, dedupe_key=f"handed-out:{entry.pk}",
    )  # fmt: skip


def _refuse_many(rows: QuerySet[Customer]) -> None:
    if rows.order_by().values("pk")[: BY_HAND_AT_MOST + 1].count() > BY_HAND_AT_MOST:
        raise ValidationError(
            _("At most %(limit)s customers go at once here. Choose fewer.") % {"limit": BY_HAND_AT_MOST},
            code="too_many",
        )
