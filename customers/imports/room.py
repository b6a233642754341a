"""How many more customers each owner of an import may take, asked by its check and again when it writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, IntegerField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from crm.people.models import User
from customers.customers.resources import ANY_OWNER
from customers.imports.models import ImportRow, ImportSet
from customers.pool.capacity import loads

OWN_LIMIT, OWNERS_LIMIT = "capacity", "owner_full"


class Holders:
    """Whose the customers of an import become: the owner a row names, else the importer who imports for themselves."""

    def __init__(self, import_set: ImportSet) -> None:
        self.importer_id = import_set.requested_by_id
        self.otherwise = self.importer_id if import_set.becomes_own else None

    def of(self, owner_id: Any) -> int | None:
        """The holder of a row that names this owner (none: empty); None where nobody will own its customer."""
        return int(owner_id) if owner_id else self.otherwise


class Room:
    """What these people may still take; every row that goes in takes a place."""

    def __init__(self, holders: Holders, ids: Iterable[int | None], planned: Counter[int] | None = None) -> None:
        people = User.objects.filter(pk__in={holder for holder in ids if holder is not None})
        self.importer_id = holders.importer_id
        self.loads = {load.user.pk: load for load in loads(people)}
        self.taken = planned or Counter()

    def refusal(self, holder: int | None) -> tuple[str, dict[str, Any]] | None:
        """Why one more customer does not fit, as code and values; None where it does."""
        load = self.loads.get(holder or 0)
        if load is None:
            return None
        held = load.held + self.taken[load.user.pk]
        if held < load.limit:
            return None
        if load.user.pk == self.importer_id:
            return OWN_LIMIT, {"limit": load.limit}
        return OWNERS_LIMIT, {"name": load.user.name, "held": held, "limit": load.limit}

    def take(self, holder: int | None) -> None:
        """Count one more customer for somebody."""
        if holder is not None:
            self.taken[holder] += 1


def lifts_limits(import_set: ImportSet) -> bool:
    """Whether its owners may hold more than their limit: so where somebody with the right to said why."""
    return import_set.exceeds_limit and import_set.requested_by.reach.has(ANY_OWNER)


def planned_places(import_set: ImportSet, holders: Holders) -> Counter[int]:
    """How many customers each holder gets from the rows checked before and not yet written."""
    rows = ImportRow.objects.filter(import_set=import_set, outcome=ImportRow.Outcome.CREATED, is_applied=False)
    named = rows.order_by().values_list(Cast(KeyTextTransform("owner_id", "fields"), IntegerField()))
    places: Counter[int] = Counter()
    for owner_id, count in named.annotate(Count("pk")):
        if (holder := holders.of(owner_id)) is not None:
            places[holder] += count
    return places
