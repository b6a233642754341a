"""Keeping pools and their rules."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.history.operations import operation
from crm.people.models import Department, User
from customers.customers.models import Customer
from customers.pool.models import ClaimRecord, Pool, PoolLevelRule, PoolMember


def save_pool(pool: Pool, *, actor: User, by_level: Mapping[int, int | None] | None = None) -> Pool:
    """Keep a new or changed pool, with the days of single levels (None: never by the follow-up rule)."""
    with operation(actor, "pool_saved", pool):
        pool.save()
        if by_level is not None:
            _save_level_rules(pool, by_level)
    return pool


def _save_level_rules(pool: Pool, by_level: Mapping[int, int | None]) -> None:
    PoolLevelRule.objects.filter(pool=pool).exclude(level__in=by_level).delete()
    rows = [PoolLevelRule(pool=pool, level_id=level, no_follow_up_days=days) for level, days in by_level.items()]
    PoolLevelRule.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["pool", "level"], update_fields=["no_follow_up_days"]
    )


def add_member(
    pool: Pool,
    *,
    actor: User,
    user: User | None = None,
    department: Department | None = None,
    includes_below: bool = True,
    is_administrator: bool = False,
) -> PoolMember:
    """Let a person or a department belong to a pool, or change how they do."""
    if (user is None) == (department is None):
        raise ValidationError(_("Choose either a person or a department."), code="one_of_two")
    with operation(actor, "pool_saved", pool):
        member, _is_new = PoolMember.objects.update_or_create(
            pool=pool,
            user=user,
            department=department,
            defaults={"includes_below": includes_below, "is_administrator": is_administrator},
        )
    return member


def remove_member(member: PoolMember, *, actor: User) -> None:
    """End a membership; the people of the pool's own department stay members."""
    with operation(actor, "pool_saved", member.pool):
        member.delete()


def delete_pool(pool: Pool, *, actor: User) -> None:
    """Remove a pool nobody ever took a customer from; refused while it holds customers or has a ledger."""
    with operation(actor, "pool_deleted", pool):
        Pool.objects.select_for_update().get(pk=pool.pk)
        held = Customer.objects.filter(pool=pool).count()
        if held:
            raise ValidationError(
                ngettext(
                    "“%(pool)s” holds %(count)s customer. Move it to another pool first.",
                    "“%(pool)s” holds %(count)s customers. Move them to another pool first.",
                    held,
                )
                % {"pool": pool, "count": held},
                code="holds_customers",
            )
        if ClaimRecord.objects.filter(pool=pool).exists():
            raise ValidationError(
                _("Customers were claimed from “%(pool)s”, so it stays on record. Switch claiming off instead.")
                % {"pool": pool},
                code="has_ledger",
            )
        pool.delete()
