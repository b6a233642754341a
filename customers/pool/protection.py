"""Protection 保护: for some days a customer is not taken back by rule, not moved in bulk and not warned about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.ui.formats import long_day
from customers.customers.actions import hold_customer
from customers.customers.models import Customer
from customers.pool.actions import Outcome, each
from customers.pool.capacity import hold_quota
from customers.pool.models import Pool

PROTECT_RIGHT = "customers.protect_customer"


def protect_customer(customer: Customer, *, actor: User, until: date, reason: str = "") -> Customer:
    """Protect a customer up to and with a day; ValidationError where the limits of its pool say no.

    The days count from the first protection since the owner received it, so renewing does not protect for ever.
    """
    with operation(actor, "customer_protected", customer, anchor_id=customer.pk, reason=reason):
        if customer.owner_id:
            hold_quota([customer.owner_id])
        locked, pool = _held(customer, actor)
        today = timezone.localdate()
        first = locked.protected_from or today
        _refuse_days(pool, today, first, until)
        _refuse_many(pool, locked, today)
        Customer.objects.filter(pk=locked.pk).update(
            protected_from=first, protected_until=until, changed_at=timezone.now(), changed_by=actor
        )
    customer.refresh_from_db()
    return customer


def protect_customers(customers: Iterable[Customer], *, actor: User, until: date, reason: str = "") -> list[Outcome]:
    """Protect several, each on its own."""
    return each(customers, lambda customer: protect_customer(customer, actor=actor, until=until, reason=reason))


def unprotect_customer(customer: Customer, *, actor: User) -> Customer:
    """End a protection now; the days it lasted stay counted."""
    with operation(actor, "customer_unprotected", customer, anchor_id=customer.pk):
        locked, _pool = _held(customer, actor)
        if locked.protected_until is None or locked.protected_until < timezone.localdate():
            raise ValidationError(_("This customer is not protected."), code="not_protected")
        Customer.objects.filter(pk=locked.pk).update(protected_until=None, changed_at=timezone.now(), changed_by=actor)
    customer.refresh_from_db()
    return customer


def longest_protection(customer: Customer, pool: Pool) -> date:
    """The last day up to which a customer may be protected."""
    return (customer.protected_from or timezone.localdate()) + timedelta(days=pool.protected_days_at_most)


def pool_of_rules(customer: Customer) -> Pool | None:
    """The pool whose rules apply to an owned customer: that of its department, or the nearest above."""
    return Pool.objects.nearest(customer.department.path)


def _held(customer: Customer, actor: User) -> tuple[Customer, Pool]:
    locked = hold_customer(customer)
    if not Customer.objects.within(actor, PROTECT_RIGHT).filter(pk=locked.pk).exists():
        raise ValidationError(_("This customer is not yours to protect."), code="no_right")
    if locked.owner_id is None:
        raise ValidationError(_("Nobody owns this customer, so nobody can protect it."), code="not_owned")
    if locked.owner_id != customer.owner_id:
        raise ValidationError(_("This customer changed meanwhile. Look at it again."), code="changed")
    pool = pool_of_rules(locked)
    if pool is None:
        raise ValidationError(_("No pool takes customers of this department."), code="no_pool")
    return locked, pool


def _refuse_days(pool: Pool, today: date, first: date, until: date) -> None:
    last = first + timedelta(days=pool.protected_days_at_most)
    if until <= today:
        raise ValidationError({"until": ValidationError(_("Choose a day after today."), code="past")})
    if until > last:
        words = _(
            "“%(pool)s” lets a customer be protected for at most %(days)s days: since %(first)s, up to %(last)s."
        ) % {"pool": pool, "days": pool.protected_days_at_most, "first": long_day(first), "last": long_day(last)}
        raise ValidationError({"until": ValidationError(words, code="too_long")})


def _refuse_many(pool: Pool, customer: Customer, today: date) -> None:
    others = Customer.objects.live().filter(owner=customer.owner_id, protected_until__gte=today)
    ends = list(others.exclude(pk=customer.pk).order_by("protected_until").values_list("protected_until", flat=True))
    if len(ends) < pool.protected_at_most:
        return
    if not pool.protected_at_most:
        raise ValidationError(_("“%(pool)s” lets nobody protect customers.") % {"pool": pool}, code="protection_off")
    free_on = ends[len(ends) - pool.protected_at_most] + timedelta(days=1)
    raise ValidationError(
        _("%(name)s protects %(count)s customers; the limit is %(limit)s. Possible again on %(day)s.")
        % {"name": customer.owner, "count": len(ends), "limit": pool.protected_at_most, "day": long_day(free_on)},
        code="too_many_protected",
    )
