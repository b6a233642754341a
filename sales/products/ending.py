"""Ending a price list that has prices: one person asks, another agrees (TRUST 9.4), because other prices count then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.people.models import User
from crm.ui.formats import long_day
from customers.customers.identity import clean_line
from sales.products.lists_of_prices import has_prices
from sales.products.models import PriceList
from sales.products.pricing import PLANNED_DAYS_AT_MOST, RIGHT

_WISH = ("ending_on", "ending_reason", "ending_asked_by", "ending_agreed_by")


def ask_to_end(prices: PriceList, *, actor: User, day: date, reason: str) -> PriceList:
    """Ask that a day is the last one of a list; whoever may decide is told, and until then it counts as before."""
    said = clean_line(reason)[:200]
    if not said:
        raise ValidationError({"reason": _("Say why it should end.")})
    with operation(actor, "price_list_end_asked", prices, reason=said):
        locked = _hold(prices)
        _refuse_day(locked, day)
        if locked.is_ending:
            raise ValidationError(
                _("Somebody asked for its end already. Withdraw or decide that first."), code="waiting"
            )
        _keep(locked, day, said, actor)
        _tell_deciders(locked, actor)
    return locked


def agree_to_end(prices: PriceList, *, actor: User, day: date) -> PriceList:
    """Let a list end on the day that was asked for and shown; one that had not begun by then is put out of use."""
    with operation(actor, "price_list_end_agreed", prices):
        locked = _waiting(prices, actor)
        if locked.ending_on != day:
            raise ValidationError(_("Another day is asked for by now. Look at it again."), code="stale")
        if day < timezone.localdate():
            raise ValidationError(_("This day is over. Refuse it; another one can be asked for."), code="late")
        if day < locked.starts_on:
            locked.is_active = False
        else:
            locked.ends_on = day
        locked.ending_agreed_by = actor
        locked.save(update_fields=["is_active", "ends_on", "ending_agreed_by"])
        _tell_asker(locked, actor, is_agreed=True)
    return locked


def refuse_to_end(prices: PriceList, *, actor: User) -> PriceList:
    """Let a list go on as it was agreed."""
    with operation(actor, "price_list_end_refused", prices):
        locked = _waiting(prices, actor)
        _tell_asker(locked, actor, is_agreed=False)
        _keep(locked, None, "", None)
    return locked


def withdraw_end(prices: PriceList, *, actor: User) -> PriceList:
    """Take one's own wish back while nobody has decided on it."""
    with operation(actor, "price_list_end_withdrawn", prices):
        locked = _hold(prices)
        _refuse_unless_ending(locked)
        if locked.ending_asked_by_id != actor.pk:
            raise PermissionDenied(_("Only who asked for it can withdraw it."))
        _keep(locked, None, "", None)
    return locked


def _hold(prices: PriceList) -> PriceList:
    return PriceList.objects.select_for_update(of=("self",), no_key=True).get(pk=prices.pk)


def _keep(prices: PriceList, day: date | None, reason: str, asker: User | None) -> None:
    prices.ending_on, prices.ending_reason, prices.ending_asked_by = day, reason, asker
    prices.ending_agreed_by = None
    prices.save(update_fields=_WISH)


def _waiting(prices: PriceList, actor: User) -> PriceList:
    """A list somebody else wants to end, locked."""
    locked = _hold(prices)
    _refuse_unless_ending(locked)
    if not actor.reach.has(RIGHT):
        raise PermissionDenied(_("Your role does not include this price."))
    if locked.ending_asked_by_id == actor.pk:
        raise PermissionDenied(_("Somebody else decides on an end you asked for."))
    return locked


def _refuse_unless_ending(prices: PriceList) -> None:
    if not prices.is_ending:
        raise ValidationError(_("This is decided or withdrawn already."), code="decided")


def _refuse_day(prices: PriceList, day: date) -> None:
    today = timezone.localdate()
    if not prices.is_active or (prices.ends_on is not None and prices.ends_on < today):
        raise ValidationError(_("“%(name)s” counts no more.") % {"name": prices}, code="over")
    if not has_prices(prices):
        raise ValidationError(_("It has no prices yet: edit its days."), code="empty")
    if not today <= day <= today + timedelta(days=PLANNED_DAYS_AT_MOST):
        raise ValidationError({"day": _("Choose a day from today on, at most two years ahead.")})
    if prices.ends_on is not None and day >= prices.ends_on:
        raise ValidationError({"day": _("It ends on %(day)s anyway.") % {"day": long_day(prices.ends_on)}})


def _tell_deciders(prices: PriceList, actor: User) -> None:
    people: Iterable[User] = User.objects.able_to_own(RIGHT).exclude(pk=actor.pk)
    notices = []
    for person in people:
        with translation.override(person.language):
            words = {"name": actor, "subject": prices, "day": long_day(prices.ending_on)}
            text = _("%(name)s asks that the price list %(subject)s ends on %(day)s.") % words
        key = f"price-list-end:{prices.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
        notices.append(
            new_notice(person, "price_asked", text, about=None, url=prices.get_absolute_url(), dedupe_key=key)
        )
    notify_many(notices)


def _tell_asker(prices: PriceList, actor: User, *, is_agreed: bool) -> None:
    asker = prices.ending_asked_by
    assert asker is not None
    with translation.override(asker.language):
        words = (
            _("%(name)s agreed: the price list %(subject)s ends on %(day)s.")
            if is_agreed
            else _("%(name)s refused to end the price list %(subject)s on %(day)s.")
        )
        text = words % {"name": actor, "subject": prices, "day": long_day(prices.ending_on)}
    key = f"price-list-end-decided:{prices.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
    notify_many([new_notice(asker, "price_decided", text, about=None, url=prices.get_absolute_url(), dedupe_key=key)])
