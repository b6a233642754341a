"""Taking customers out of a pool and putting them into one; a refusal says which rule, its value and the next time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.ui.formats import long_day
from customers.customers.actions import refuse_archived
from customers.customers.bought import has_bought, status_with_owner
from customers.customers.changing_hands import changed_hands
from customers.customers.holds import refuse_held
from customers.customers.models import Customer
from customers.customers.stars import tell_followers
from customers.pool.capacity import Load, hold_quota, loads, receivers_for
from customers.pool.loose_ends import tie_up_loose_ends
from customers.pool.models import ClaimRecord, Pool

CLAIM_RIGHT = "customers.claim_customer"
RELEASE_RIGHT = "customers.release_customer"
ASSIGN_RIGHT = "customers.assign_customer"
BATCH_AT_MOST = 200


class Outcome(NamedTuple):
    """What became of one record of a batch; `refusal` is empty where it went well."""

    customer: Customer
    refusal: str = ""


# ── claim ──


def claim_customer(customer: Customer, *, actor: User) -> Customer:
    """Take a customer out of its pool as one's own; ValidationError where a rule of that pool says no."""
    customer.refresh_from_db()
    pool = _pool_of(customer, actor)
    _refuse_claiming(pool, actor)
    with operation(actor, "customer_claimed", customer, anchor_id=customer.pk) as entry:
        hold_quota([actor.pk])
        now = timezone.now()
        _refuse_frozen(pool, customer, now)
        _refuse_cool_down(pool, customer, actor, now)
        _refuse_daily_limit(pool, actor, now)
        _refuse_held_limit(pool, actor, customer)
        _take(customer, pool, actor, actor, now, is_assigned=False)
        tell_followers(entry, [customer.pk])
    return customer


def claim_customers(customers: Iterable[Customer], *, actor: User) -> list[Outcome]:
    """Claim several, each on its own: one refusal does not keep the others."""
    return each(customers, lambda customer: claim_customer(customer, actor=actor))


# ── assign ──


def assign_customer(customer: Customer, *, owner: User, actor: User, reason: str = "") -> Customer:
    """Give a customer nobody owns to a person of one's departments."""
    if not receivers_for(actor, ASSIGN_RIGHT).filter(pk=owner.pk).exists():
        words = _("You cannot assign customers to %(name)s.") % {"name": owner}
        raise ValidationError({"owner": ValidationError(words, code="bad_owner")})
    facts = {"owner": owner.pk}
    with operation(actor, "customer_assigned", customer, anchor_id=customer.pk, reason=reason, facts=facts) as entry:
        hold_quota([owner.pk])
        customer.refresh_from_db()
        if not Customer.objects.within(actor, ASSIGN_RIGHT).filter(pk=customer.pk).exists():
            raise ValidationError(_("This customer is not yours to assign."), code="no_right")
        refuse_archived(customer)
        if customer.owner_id is not None:
            raise ValidationError(
                _("This customer belongs to %(name)s. Move it by a transfer.") % {"name": customer.owner},
                code="owned",
            )
        now = timezone.now()
        if customer.pool is not None:
            _refuse_cool_down(customer.pool, customer, owner, now)
        _refuse_held_limit(customer.pool, owner, customer)
        _take(customer, customer.pool, owner, actor, now, is_assigned=True)
        tell_followers(entry, [customer.pk])
    return customer


def assign_customers(customers: Iterable[Customer], *, owner: User, actor: User, reason: str = "") -> list[Outcome]:
    """Assign several to one person, each on its own."""
    return each(customers, lambda customer: assign_customer(customer, owner=owner, actor=actor, reason=reason))


# ── release ──


def release_customer(customer: Customer, *, actor: User, reason: str, pool: Pool | None = None) -> Customer:
    """Give a customer up into a pool: the chosen one, else that of its department or the nearest above.

    ValidationError while something holds it: a running contract, an open instalment, an approval under way.
    """
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why this customer is given up."), code="required")})
    with operation(actor, "customer_released", customer, anchor_id=customer.pk, reason=reason) as entry:
        Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        customer.refresh_from_db()
        if not Customer.objects.within(actor, RELEASE_RIGHT).filter(pk=customer.pk).exists():
            raise ValidationError(_("This customer is not yours to release."), code="no_right")
        refuse_archived(customer)
        if customer.owner_id is None:
            raise ValidationError(_("Nobody owns this customer, so nobody can release it."), code="not_owned")
        refuse_held([customer.pk])
        path = customer.department.path
        choice = pool or Pool.objects.nearest(path)
        if choice is None or choice.department_id not in path:
            words = _("Choose a pool of the owner's department or of one above it.")
            raise ValidationError({"pool": ValidationError(words, code="bad_pool")})
        now = timezone.now()
        released = Customer.objects.filter(pk=customer.pk, owner_id=customer.owner_id, archived_at=None).update(
            status=Customer.Status.POOL,
            pool=choice,
            pooled_at=now,
            previous_owner=F("owner"),
            owner=None,
            department=choice.department_id,
            next_follow_on=None,
            protected_from=None,
            protected_until=None,
            recycle_not_before=None,
            changed_at=now,
            changed_by=actor,
        )
        if not released:
            raise ValidationError(_("This customer changed meanwhile. Look at it again."), code="changed")
        tie_up_loose_ends([customer.pk])
        tell_followers(entry, [customer.pk])
    customer.refresh_from_db()
    return customer


def release_customers(
    customers: Iterable[Customer], *, actor: User, reason: str, pool: Pool | None = None
) -> list[Outcome]:
    """Release several, each on its own."""
    return each(customers, lambda customer: release_customer(customer, actor=actor, reason=reason, pool=pool))


# ── the rules ──


def _pool_of(customer: Customer, actor: User) -> Pool:
    pool = customer.pool
    if customer.archived_at is not None or pool is None:
        if customer.owner_id is not None:
            raise ValidationError(_("Somebody else was faster: this customer now has an owner."), code="taken")
        raise ValidationError(_("This customer is in no public pool."), code="not_pooled")
    if not actor.reach.has(CLAIM_RIGHT) or pool.pk not in Pool.objects.memberships(actor.reach):
        raise ValidationError(_("You are not a member of the pool “%(pool)s”.") % {"pool": pool}, code="not_member")
    return pool


def _refuse_claiming(pool: Pool, actor: User) -> None:
    if not pool.can_claim:
        raise ValidationError(
            _("Customers of the pool “%(pool)s” are assigned by a director; claiming is switched off.")
            % {"pool": pool},
            code="claiming_off",
        )
    if actor.department_id is None or not actor.reach.has("customers.own_customer"):
        raise ValidationError(_("Your role cannot be responsible for customers."), code="cannot_own")


def _refuse_frozen(pool: Pool, customer: Customer, now: datetime) -> None:
    until = frozen_until(pool, customer)
    if until and until > now:
        raise ValidationError(
            _("New arrivals of “%(pool)s” may be claimed after %(hours)s hours: this one from %(moment)s.")
            % {"pool": pool, "hours": pool.frozen_hours, "moment": long_day(until)},
            code="frozen",
        )


def _refuse_cool_down(pool: Pool, customer: Customer, owner: User, now: datetime) -> None:
    given_up = _given_up_at(customer, owner)
    until = given_up + timedelta(days=pool.cool_down_days) if given_up else None
    if until and until > now:
        raise ValidationError(
            _("%(name)s gave this customer up. Who gave one up may have it again after %(days)s days: from %(moment)s.")
            % {"name": owner, "days": pool.cool_down_days, "moment": long_day(until)},
            code="cool_down",
        )


def _refuse_daily_limit(pool: Pool, actor: User, now: datetime) -> None:
    today = timezone.localdate(now)
    if pool.claims_per_day and claims_on(pool, actor, today) >= pool.claims_per_day:
        raise ValidationError(
            _("You have claimed %(limit)s customers from “%(pool)s” today, which is the limit. Next: %(day)s 00:00.")
            % {"limit": pool.claims_per_day, "pool": pool, "day": long_day(today + timedelta(days=1))},
            code="daily_limit",
        )


def _refuse_held_limit(pool: Pool | None, owner: User, customer: Customer) -> None:
    (load,) = loads([owner])
    limit = held_limit(pool, load)
    if load.held >= limit and not Customer.objects.filter(has_bought(), pk=customer.pk).exists():
        raise ValidationError(
            _("%(name)s holds %(held)s customers; the limit is %(limit)s. Possible again once one is given up or won.")
            % {"name": owner, "held": load.held, "limit": limit},
            code="held_limit",
        )


def held_limit(pool: Pool | None, load: Load) -> int:
    """How many customers a person may hold when taking one out of this pool."""
    return min(load.limit, pool.held_at_most) if pool is not None and pool.held_at_most else load.limit


def claims_on(pool: Pool, actor: User, day: date) -> int:
    """How many customers a person has claimed from a pool on a company day, by the ledger."""
    return ClaimRecord.objects.filter(claimed_by=actor, pool=pool, claimed_on=day, is_assigned=False).count()


def frozen_until(pool: Pool, customer: Customer) -> datetime | None:
    """When a new arrival may be claimed; None where the pool has no such rule."""
    if not pool.frozen_hours or customer.pooled_at is None:
        return None
    return customer.pooled_at + timedelta(hours=pool.frozen_hours)


def _given_up_at(customer: Customer, owner: User) -> datetime | None:
    if customer.previous_owner_id == owner.pk:
        return customer.pooled_at
    stays = ClaimRecord.objects.filter(customer=customer, previous_owner=owner)
    return stays.aggregate(latest=Max("pooled_at"))["latest"]


# ── the one write ──


def _take(customer: Customer, pool: Pool | None, owner: User, actor: User, now: datetime, *, is_assigned: bool) -> None:
    taken = free_row(customer, pool).update(
        owner=owner,
        department=owner.department_id,
        status=status_with_owner(),
        pool=None,
        pooled_at=None,
        received_at=now,
        changed_at=now,
        changed_by=actor,
    )
    if not taken:
        raise ValidationError(_("Somebody else was faster: this customer now has an owner."), code="taken")
    if pool is not None:
        ClaimRecord.objects.create(
            customer=customer,
            pool=pool,
            claimed_by=owner,
            claimed_on=timezone.localdate(now),
            claimed_at=now,
            is_assigned=is_assigned,
            previous_owner=customer.previous_owner,
            pooled_at=customer.pooled_at,
        )
    changed_hands([customer.pk])
    customer.refresh_from_db()


def free_row(customer: Customer, pool: Pool | None) -> QuerySet[Customer]:
    """The row as long as this stay in the pool lasts: the condition that lets one of many win."""
    stay = Q(pool=pool, pooled_at=customer.pooled_at)
    place = stay if pool is not None else Q(pool=None, status=Customer.Status.POTENTIAL)
    return Customer.objects.filter(place, pk=customer.pk, owner=None, archived_at=None)


def each(customers: Iterable[Customer], act: Callable[[Customer], Customer]) -> list[Outcome]:
    """Do something with each of several customers; one refusal does not keep the others."""
    rows = list(customers)
    if len(rows) > BATCH_AT_MOST:
        raise ValidationError(
            _("At most %(limit)s customers go at once here. Choose fewer.") % {"limit": BATCH_AT_MOST},
            code="too_many",
        )
    outcomes = []
    for customer in rows:
        try:
            outcomes.append(Outcome(act(customer)))
        except ValidationError as refusal:
            outcomes.append(Outcome(customer, " ".join(refusal.messages)))
    return outcomes
