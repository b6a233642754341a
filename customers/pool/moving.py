"""Moving customers from pool to pool, in bulk."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.changing_hands import changed_hands
from customers.customers.models import Customer
from customers.customers.stars import tell_followers
from customers.pool.models import Pool

MOVED_AT_MOST = 20_000


class Moved(NamedTuple):
    """How many customers went to the other pool, and how many stayed because they were not the actor's to move."""

    moved: int
    stayed: int


def move_to_pool(rows: QuerySet[Any], *, actor: User, pool: Pool, reason: str = "") -> Moved:
    """Move pooled customers to another pool; the actor keeps both pools. How long they lie there stays as it is."""
    kept = set(Pool.objects.kept_by(actor).values_list("pk", flat=True))
    if pool.pk not in kept:
        raise ValidationError(
            {"pool": ValidationError(_("You do not administer “%(pool)s”.") % {"pool": pool}, code="bad_pool")}
        )
    if not pool.takes_any_pool:
        words = _("“%(pool)s” takes no customers from other pools.") % {"pool": pool}
        raise ValidationError({"pool": ValidationError(words, code="takes_none")})
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MOVED_AT_MOST + 1])
    if len(ids) > MOVED_AT_MOST:
        raise ValidationError(
            _("At most %(limit)s customers go at once here. Choose fewer.") % {"limit": MOVED_AT_MOST}, code="too_many"
        )
    movable = Customer.objects.live().in_pools().filter(pk__in=ids, pool__in=kept - {pool.pk})
    count = movable.count()
    if not count:
        return Moved(0, len(ids))
    with operation(actor, "customers_pooled_elsewhere", pool, reason=reason, row_count=count) as entry:
        locked = list(movable.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
        moved = Customer.objects.filter(pk__in=locked).update(
            pool=pool, department=pool.department_id, changed_at=timezone.now(), changed_by=actor
        )
        changed_hands(locked)
        tell_followers(entry, locked)
    return Moved(moved, len(ids) - moved)
