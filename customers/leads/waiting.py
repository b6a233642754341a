"""Which customers wait to be handed out, to whom they could go, and who may not have which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.people.models import Absence, User
from customers.base_data.models import Industry, Region
from customers.customers.models import Customer
from customers.leads.dealing import Receiver
from customers.leads.models import Allotment
from customers.pool.actions import held_limit
from customers.pool.capacity import loads
from customers.pool.models import ClaimRecord, Pool


def waiting_for(allotment: Allotment) -> QuerySet[Customer]:
    """Customers a rule would hand out: new leads, or those of its pool, that meet all its conditions."""
    rows = Customer.objects.live()
    rows = rows.filter(pool=allotment.pool_id) if allotment.pool_id else rows.waiting()
    if allotment.region_ids:
        rows = rows.filter(region__in=with_below(Region, allotment.region_ids))
    if allotment.industry_ids:
        rows = rows.filter(industry__in=with_below(Industry, allotment.industry_ids))
    if allotment.source_ids:
        rows = rows.filter(source__in=allotment.source_ids)
    return rows


def with_below(model: type[Region] | type[Industry], ids: Iterable[int]) -> list[int]:
    """These regions (or industries) and all that lie below them: a province stands for its cities and districts."""
    chosen = list(ids)
    inside = Q(pk__in=chosen) | Q(parent__in=chosen) | Q(parent__parent__in=chosen)
    rows: QuerySet[Any] = model._default_manager.filter(inside)
    return list(rows.values_list("pk", flat=True))


def receivers_among(weights: Mapping[int, int], taken: Mapping[int, int], pool: Pool | None) -> list[Receiver]:
    """These people as receivers, in the given order; who cannot own customers any more is left out."""
    found = User.objects.able_to_own().filter(pk__in=weights, department__isnull=False).in_bulk()
    away = absent_today(found)
    people = [found[pk] for pk in weights if pk in found]
    return [
        Receiver(
            load.user, load.held, held_limit(pool, load), weights[load.user.pk], taken.get(load.user.pk, 0),
            is_away=load.user.pk in away,
        )
        for load in loads(people)
    ]  # fmt: skip


def receivers_of(allotment: Allotment) -> list[Receiver]:
    """The receivers of a rule as they stand now."""
    shares = list(allotment.shares.order_by("pk").values_list("user", "weight", "taken"))
    weights = {user_id: weight for user_id, weight, _taken in shares}
    return receivers_among(weights, {user_id: taken for user_id, _weight, taken in shares}, allotment.pool)


def absent_today(user_ids: Iterable[int]) -> set[int]:
    """Which of these people are away today."""
    today = timezone.localdate()
    absences = Absence.objects.filter(user__in=list(user_ids), starts_on__lte=today, ends_on__gte=today)
    return set(absences.values_list("user", flat=True))


def cooling_down(pool: Pool | None, customer_ids: Iterable[int]) -> dict[int, set[int]]:
    """By customer the people who gave it up too lately to have it again out of this pool."""
    refused: dict[int, set[int]] = {}
    if pool is None or not pool.cool_down_days:
        return refused
    since, ids = timezone.now() - timedelta(days=pool.cool_down_days), list(customer_ids)
    given_up = [
        *Customer.objects.filter(pk__in=ids, pooled_at__gt=since).values_list("pk", "previous_owner"),
        *ClaimRecord.objects.filter(customer__in=ids, pooled_at__gt=since).values_list("customer", "previous_owner"),
    ]
    for customer_id, user_id in given_up:
        if user_id is not None:
            refused.setdefault(customer_id, set()).add(user_id)
    return refused
