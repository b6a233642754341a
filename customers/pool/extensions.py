"""Extension 延期: an owner asks to keep a customer beyond the rule, and somebody above them decides."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.notifications.actions import notify
from crm.people.models import Department, User
from crm.ui.formats import long_day
from customers.customers.actions import hold_customer
from customers.customers.models import Customer
from customers.pool.due import falling, saved_rules, with_day
from customers.pool.models import Pool, RecycleExtension
from customers.pool.protection import PROTECT_RIGHT, pool_of_rules

DECIDE_RIGHT = "customers.decide_extension"
State = RecycleExtension.State


def ask_extension(customer: Customer, *, actor: User, reason: str) -> RecycleExtension:
    """Ask to keep a customer for the days of its pool beyond its due day; the head of the department hears of it."""
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why you need more time."), code="required")})
    with operation(actor, "extension_asked", customer, anchor_id=customer.pk, reason=reason):
        locked = hold_customer(customer)
        if not Customer.objects.within(actor, PROTECT_RIGHT).filter(pk=locked.pk, owner__isnull=False).exists():
            raise ValidationError(_("This customer is not yours to ask for."), code="no_right")
        pool, due_on = _due(locked)
        if RecycleExtension.objects.filter(customer=locked, state=State.OPEN).exists():
            raise ValidationError(_("An extension of this customer is asked for already."), code="asked")
        extension = RecycleExtension.objects.create(
            customer=locked, pool=pool, asked_by=actor, reason=reason.strip()[:200],
            until=due_on + timedelta(days=pool.extension_days),
        )  # fmt: skip
        _tell_deciders(extension)
    return extension


def decide_extension(extension: RecycleExtension, *, actor: User, is_granted: bool, answer: str = "") -> None:
    """Grant or refuse a wish; nobody decides on their own, and what is decided or lapsed stays as it is."""
    if not is_granted and not answer.strip():
        raise ValidationError({"answer": ValidationError(_("Say why not."), code="required")})
    customer = extension.customer
    verb = "extension_granted" if is_granted else "extension_refused"
    with operation(actor, verb, customer, anchor_id=customer.pk, reason=answer):
        rows = Customer.objects.filter(pk=customer.pk).select_for_update(of=("self",), no_key=True)
        locked = rows.get()
        wish = RecycleExtension.objects.select_for_update(of=("self",), no_key=True).get(pk=extension.pk)
        _refuse_deciding(wish, locked, actor)
        now = timezone.now()
        RecycleExtension.objects.filter(pk=wish.pk).update(
            state=State.GRANTED if is_granted else State.REFUSED,
            decided_by=actor, decided_at=now, answer=answer.strip()[:200],
        )  # fmt: skip
        if is_granted:
            Customer.objects.filter(pk=locked.pk).update(
                recycle_not_before=wish.until, changed_at=now, changed_by=actor
            )
        _tell_asker(extension, is_granted=is_granted)


def _due(customer: Customer) -> tuple[Pool, date]:
    pool = pool_of_rules(customer)
    rows = falling(saved_rules(pool_id=pool.pk), Customer.objects.filter(pk=customer.pk)) if pool else None
    found = with_day(rows, timezone.now()).first() if rows is not None else None
    if pool is None or found is None:
        raise ValidationError(_("No rule takes this customer back, so there is nothing to extend."), code="not_due")
    if not pool.extension_days:
        raise ValidationError(_("“%(pool)s” gives no extensions.") % {"pool": pool}, code="no_extensions")
    return pool, found.due_on


def _refuse_deciding(wish: RecycleExtension, customer: Customer, actor: User) -> None:
    if not RecycleExtension.objects.within(actor, DECIDE_RIGHT).filter(pk=wish.pk).exists():
        raise ValidationError(_("This is not yours to decide."), code="no_right")
    if wish.state != State.OPEN:
        raise ValidationError(
            _("This wish has ended already: %(state)s.") % {"state": wish.get_state_display()}, code="decided"
        )
    if wish.asked_by_id == actor.pk:
        raise ValidationError(_("Nobody decides on their own wish."), code="own_wish")
    if customer.owner_id is None or customer.archived_at is not None:
        raise ValidationError(_("This customer has left its owner meanwhile."), code="changed")


def _tell_deciders(extension: RecycleExtension) -> None:
    path = extension.customer.department.path
    able = User.objects.able_to_own(DECIDE_RIGHT).exclude(pk=extension.asked_by_id)
    heads = able.filter(pk__in=Department.objects.filter(pk__in=path).values("head"))
    for decider in heads or able.filter(department__in=path):  # where nobody is named as head, the directors on the way
        with translation.override(decider.language):
            text = _("%(name)s asks to keep “%(customer)s” until %(day)s.") % {
                "name": extension.asked_by, "customer": extension.customer, "day": long_day(extension.until),
            }  # fmt: skip
        notify(decider, "extension_asked", text, about=extension.customer, url=reverse("customers:extension_list"),
               dedupe_key=f"extension:{extension.pk}")  # fmt: skip


def _tell_asker(extension: RecycleExtension, *, is_granted: bool) -> None:
    asker = extension.asked_by
    with translation.override(asker.language):
        words = (
            _("You may keep “%(customer)s” until %(day)s.")
            if is_granted
            else _("“%(customer)s” was not extended; it goes back to the pool by the rule.")
        )
        text = words % {"customer": extension.customer, "day": long_day(extension.until)}
    customer = extension.customer
    notify(asker, "extension_decided", text, about=customer, url=customer.get_absolute_url(),
           dedupe_key=f"extension-decided:{extension.pk}")  # fmt: skip
