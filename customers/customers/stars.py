"""Customers a person follows: a star on list and page, a filter, and news when somebody else moves them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from crm.history.models import Operation
from crm.history.operations import operation
from crm.history.verbs import worded
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from crm.people.models import User
from customers.customers.models import Customer, Star

STARS_AT_MOST = 500


def follow_customer(customer: Customer, *, actor: User) -> None:
    """Put a star on a customer; a second one does no harm. ValidationError beyond 500."""
    stars = Star.objects.filter(user=actor)
    if stars.filter(customer=customer).exists():
        return
    with operation(actor, "customer_starred", customer):
        held = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=actor.pk)
        held.order_by().values_list("pk").first()
        if stars.count() >= STARS_AT_MOST:
            raise ValidationError(
                _("You follow %(count)s customers, which is the limit. Take a star off another one first.")
                % {"count": STARS_AT_MOST}
            )
        Star.objects.bulk_create([Star(user=actor, customer=customer)], ignore_conflicts=True)


def unfollow_customer(customer: Customer, *, actor: User) -> None:
    """Take the star off a customer; where there is none, nothing happens."""
    if Star.objects.filter(user=actor, customer=customer).exists():
        with operation(actor, "customer_unstarred", customer):
            Star.objects.filter(user=actor, customer=customer).delete()


def tell_followers(entry: Operation, customer_ids: Sequence[int] | QuerySet[Any]) -> int:
    """Tell whoever follows these customers what an operation did with them, each person once; how many were told.

    Who sees a customer no longer learns that it left, and not its name.
    """
    stars = Star.objects.filter(customer_id__in=customer_ids, user__is_active=True)
    followed: dict[User, list[int]] = defaultdict(list)
    for star in stars.exclude(user=entry.actor).select_related("user").order_by("user_id", "customer_id"):
        followed[star.user].append(star.customer_id)
    notices = [_news(entry, user, ids) for user, ids in followed.items()]
    notify_many(notices)
    return len(notices)


def _news(entry: Operation, user: User, ids: list[int]) -> Notice:
    seen = list(Customer.objects.visible_to(user).filter(pk__in=ids).order_by("pk")[:1])
    with translation.override(user.language):
        if not seen:
            text, url = _("A customer you follow was moved and is out of your reach now."), ""
        else:
            actor = entry.actor or _("The system")
            did = worded(entry.verb, entry.subject_label)[0]
            words = {"actor": actor, "did": did, "name": seen[0].name, "count": len(ids)}
            text = (
                _("“%(name)s”, which you follow: %(actor)s %(did)s.")
                if len(ids) == 1
                else _("%(count)s customers you follow, such as “%(name)s”: %(actor)s %(did)s.")
            ) % words
            url = seen[0].get_absolute_url()
    named = seen[0] if seen else None
    return new_notice(user, "followed_customer", text, about=named, url=url, dedupe_key=f"followed:{entry.pk}")
