"""How many customers a person holds and may hold, and who may receive customers from whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from crm.access.rights import ALL, BELOW
from crm.people.models import User
from customers.customers.models import Customer

_QUOTA_LOCK = 0x48435141  # the class of advisory locks that guard what a person holds


@dataclass(frozen=True)
class Load:
    """How many customers somebody holds that count, and how many they may hold."""

    user: User
    held: int

    @property
    def limit(self) -> int:
        """The person's own limit."""
        return self.user.customer_capacity

    @property
    def free(self) -> int:
        """How many more they may take."""
        return max(self.limit - self.held, 0)


def hold_quota(user_ids: Iterable[int]) -> None:
    """Lock what these people hold until the transaction ends; always the first lock of a taking action."""
    with connection.cursor() as cursor:
        for user_id in sorted(set(user_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_QUOTA_LOCK, user_id])


def counted(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """Customers that count towards a limit: existing ones and those in the recycle bin do not."""
    return rows.filter(archived_at=None, status__in=[Customer.Status.LEAD, Customer.Status.OPPORTUNITY])


def held_counts(user_ids: Iterable[int]) -> dict[int, int]:
    """How many customers that count each person holds."""
    ids = list(user_ids)
    held = counted(Customer.objects.filter(owner_id__in=ids)).values_list("owner_id").annotate(Count("pk"))
    return dict.fromkeys(ids, 0) | dict(held)


def loads(users: Iterable[User]) -> list[Load]:
    """The load of each of these people, in their order."""
    people = list(users)
    held = held_counts(user.pk for user in people)
    return [Load(user, held[user.pk]) for user in people]


def hold_place(owner: User) -> None:
    """Lock what a person holds; ValidationError where they hold as many customers as they may (TRUST invariant 54)."""
    hold_quota([owner.pk])
    load = loads([owner])[0]
    if not load.free:
        raise ValidationError(
            _("%(name)s holds %(held)s customers; the limit is %(limit)s. Possible again once one is given up or won.")
            % {"name": owner, "held": load.held, "limit": load.limit},
            code="held_limit",
        )


def receivers_for(actor: User, right: str) -> QuerySet[User]:
    """People to whom this person may give customers: able to own them, in a department, in the scope of the right."""
    reach = actor.reach
    scope = reach.scopes.get(right)
    people = User.objects.able_to_own().filter(department__isnull=False).select_related("department")
    if scope is None:
        return people.none()
    if scope == ALL:
        return people
    ids = reach.below_ids if scope == BELOW else [reach.department_id]
    return people.filter(department_id__in=ids)
