"""Columns a pool hides from its members, everywhere: list, page, filter, export, API and history.

Whoever keeps a pool sees them all, and so does whoever reads the whole history; nobody else sees, filters or matches
by a hidden column. What a list is sorted by cannot be hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.access.rights import ALL
from customers.customers.models import Customer
from customers.pool.models import Pool

if TYPE_CHECKING:
    from crm.people.models import User

# name in `Pool.hidden_columns` → label and column of the customer
HIDEABLE: dict[str, tuple[str | Promise, str]] = {
    "level": (_("Level"), "level_id"),
    "stage": (_("Stage"), "stage_id"),
    "industry": (_("Industry"), "industry_id"),
    "region": (_("Region"), "region_id"),
    "source": (_("Source"), "source_id"),
    "size": (_("Size"), "size"),
    "tags": (_("Tags"), "tag_ids"),
    "website": (_("Website"), "website"),
    "address": (_("Address"), "address"),
    "remark": (_("Remark"), "remark"),
    "previous_owner": (_("Former owner"), "previous_owner_id"),
}
# columns of files that tell who works at a customer
CONTACT_COLUMNS = ("contact_name", "contact_title", "contact_phone", "contact_email")
_EMPTY: dict[str, Any] = {"tag_ids": [], "size": "", "website": "", "address": "", "remark": ""}


def hidden_by_pool(user: User) -> dict[int, frozenset[str]]:
    """The columns each pool hides from a person, by the id of the pool; once per request."""

    def find(reach: Any) -> dict[int, frozenset[str]]:
        if reach.scopes.get("customers.view_history") == ALL:
            return {}
        hiding = Pool.objects.exclude(hidden_columns=[]).exclude(pk__in=Pool.objects.kept_by(user).values("pk"))
        return {pk: frozenset(columns) for pk, columns in hiding.values_list("pk", "hidden_columns")}

    found: dict[int, frozenset[str]] = user.reach.once("hidden_by_pool", find)
    return found


def hidden_columns(user: User, customer: Customer) -> frozenset[str]:
    """The columns (as the table names them) of a customer that its pool hides from a person."""
    if customer.status != Customer.Status.POOL:
        return frozenset()
    names = hidden_by_pool(user).get(customer.pool_id or 0, frozenset())
    return frozenset(HIDEABLE[name][1] for name in names if name in HIDEABLE)


def conceal(user: User, customers: Iterable[Customer]) -> None:
    """Empty what a pool hides, in rows that are only shown and never saved."""
    for customer in customers:
        if customer.status != Customer.Status.POOL:
            continue
        for column in hidden_columns(user, customer) & customer.__dict__.keys():
            setattr(customer, column, _EMPTY.get(column))


def where_shown(user: User, name: str, path: str = "") -> Q:
    """The condition for customers at `path` whose column of this name the person may see, and so may filter by."""
    if name not in HIDEABLE:
        return Q()
    hiding = [pk for pk, columns in hidden_by_pool(user).items() if name in columns]
    return ~Q(**{f"{path}pool__in": hiding}) | Q(**{f"{path}pool": None}) if hiding else Q()


def history_since(user: User, customer: Customer) -> datetime | None:
    """The moment from which a person reads the story of a pooled customer; None for all of it."""
    if customer.status != Customer.Status.POOL or customer.pool is None:
        return None
    reach = user.reach
    if reach.scopes.get("customers.view_history") == ALL or Pool.objects.kept_by(user).filter(pk=customer.pool_id):
        return None
    return timezone.now() - timedelta(days=customer.pool.history_days)


def people_hidden(user: User, path: str = "") -> Q:
    """The condition for customers at `path` whose people a person does not see: in a pool, or out of that right."""
    scope = user.reach.rows("customers.view_contact", path)
    pooled = Q(**{f"{path}status": Customer.Status.POOL})
    return pooled if scope is None else pooled | ~scope


def hidden_where(user: User) -> dict[str, Q]:
    """For each column of a file hidden from a person in some rows, the condition for the customers where it is."""
    hiding: dict[str, list[int]] = {}
    for pk, columns in hidden_by_pool(user).items():
        for name in columns:
            hiding.setdefault(name, []).append(pk)
    by_column = {name: Q(pool__in=pools) for name, pools in hiding.items()}
    return by_column | dict.fromkeys(CONTACT_COLUMNS, people_hidden(user))
