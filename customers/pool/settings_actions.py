"""Keeping pools and their rules."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.models import Customer
from customers.pool.models import ClaimRecord, Pool


def save_pool(pool: Pool, *, actor: User) -> Pool:
    """Keep a new or changed pool."""
    with operation(actor, "pool_saved", pool):
        pool.save()
    return pool


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
