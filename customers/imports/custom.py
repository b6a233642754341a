"""Custom fields in imports: what a new row gets, what a known customer gains, and unique values kept apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models.fields.json import KeyTextTransform, KeyTransform

from crm.customfields.definitions import FieldSet, fields_of, hold_fields
from crm.customfields.fields import unique_key
from crm.customfields.models import CustomField, CustomUnique
from crm.customfields.values import claim, holders, release
from crm.records.custom import PREFIX
from customers.customers.custom import CUSTOMER
from customers.imports.models import ImportRow, ImportSet

CUSTOM = "custom"
_COUNTED = ("created", "changed", "unchanged")


class CustomColumns:
    """The custom fields an import fills, and those a new customer must or does have."""

    def __init__(self, import_set: ImportSet) -> None:
        known: FieldSet = fields_of(CUSTOMER)
        mapped = set(import_set.mapping.values())
        self.import_set = import_set
        self.filled = [one for one in known.active if one.parameter in mapped]
        self.unique = [one for one in self.filled if one.is_unique]
        self.required = [one for one in known.active if one.is_required and one.default is None]
        self.defaults = {one.key: one.default for one in known.active if one.default is not None}
        self.seen: dict[str, dict[str, int]] = {one.key: {} for one in self.unique}
        self.held: dict[str, dict[str, int]] = {}

    def look_up(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Find who holds the unique values of these rows (their custom values), in the database and in the file."""
        values = list(rows)
        for one in self.unique:
            wanted = [custom[one.key] for custom in values if one.key in custom]
            self.held[one.key] = holders(one, wanted) if wanted else {}
            if not self.seen[one.key]:
                self.seen[one.key] = self._staged(one)

    def missing(self, custom: Mapping[str, Any]) -> dict[str, Any]:
        """What a new customer lacks: column → refusal."""
        return {one.parameter: ["required", {}] for one in self.required if one.key not in custom}

    def taken(self, custom: Mapping[str, Any], row_number: int, customer_id: int | None) -> dict[str, Any]:
        """Unique values another row or customer has: column → refusal; the rest is noted for the rows to come."""
        wrong: dict[str, Any] = {}
        for one in self.unique:
            if one.key not in custom:
                continue
            value = unique_key(custom[one.key])
            if (
                self.held[one.key].get(value, customer_id) != customer_id
                or self.seen[one.key].setdefault(value, row_number) != row_number
            ):
                wrong[one.parameter] = ["not_unique", {"value": str(custom[one.key])[:40]}]
        return wrong

    def completed(self, custom: Mapping[str, Any]) -> dict[str, Any]:
        """The custom values of a new customer, defaults included."""
        return {**self.defaults, **custom}

    def _staged(self, one: CustomField) -> dict[str, int]:
        rows = ImportRow.objects.filter(import_set=self.import_set, outcome__in=_COUNTED)
        held = rows.annotate(held=KeyTextTransform(one.key, KeyTransform(CUSTOM, "fields"))).filter(held__isnull=False)
        return {unique_key(value): number for value, number in held.values_list("held", "row_number")}


def differences(
    custom: Mapping[str, Any], before: Mapping[str, Any], filled: Iterable[CustomField], *, clears: bool
) -> dict[str, list[Any]]:
    """Column → [before, after] where a row changes the custom values of a customer; a required one is not emptied."""
    found = {}
    for one in filled:
        old, new = before.get(one.parameter), custom.get(one.key)
        if new is None and (not clears or one.is_required):
            continue
        if old != new:
            found[one.parameter] = [old, new]
    return found


def custom_part(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The custom values among changed attributes, as `custom` with keys; nothing where there are none."""
    found = {name.removeprefix(PREFIX): value for name, value in fields.items() if name.startswith(PREFIX)}
    return {CUSTOM: found} if found else {}


def as_attributes(custom: Mapping[str, Any]) -> dict[str, Any]:
    """Custom values under the names of their columns."""
    return {f"{PREFIX}{key}": value for key, value in custom.items()}


def claim_for_rows(import_set: ImportSet, rows: Collection[ImportRow]) -> set[int]:
    """Take the unique values of rows about to become customers, under the ids of the rows; those that came too late."""
    filled = set(import_set.mapping.values())
    if not any(name.startswith(PREFIX) for name in filled):
        return set()
    late: set[int] = set()
    for one in hold_fields(CUSTOMER).active:
        if not one.is_unique or one.parameter not in filled:
            continue
        staged = ImportRow.objects.filter(pk__in=[row.pk for row in rows])
        held = staged.annotate(held=KeyTransform(one.key, KeyTransform(CUSTOM, "fields"))).filter(held__isnull=False)
        late |= {-pk for pk in claim(one, {-pk: value for pk, value in held.values_list("pk", "held")})}
    release(_unique_ids(), [-pk for pk in late])
    return late


def settle_claims(row_ids: Collection[int]) -> None:
    """Put the values taken for rows under the customers they became."""
    fields = _unique_ids()
    if fields:
        customers = dict(ImportRow.objects.filter(pk__in=row_ids).values_list("pk", "customer_id"))
        held = list(CustomUnique.objects.filter(field_id__in=fields, object_id__in=[-pk for pk in customers]))
        for one in held:
            one.object_id = customers[-one.object_id] or one.object_id
        CustomUnique.objects.bulk_update(held, ["object_id"], batch_size=1000)


def claim_changes(changes: Mapping[int, Mapping[str, Any]]) -> set[int]:
    """Move the unique values of customers to what they become (customer id → attribute → value); those too late."""
    names = {name for fields in changes.values() for name in fields if name.startswith(PREFIX)}
    late: set[int] = set()
    for one in hold_fields(CUSTOMER).everything if names else ():
        if not one.is_unique or one.parameter not in names:
            continue
        wanted = {pk: fields[one.parameter] for pk, fields in changes.items() if one.parameter in fields}
        before = dict(CustomUnique.objects.filter(field=one, object_id__in=wanted).values_list("object_id", "value"))
        release([one.pk], list(wanted))
        lost = claim(one, {pk: value for pk, value in wanted.items() if value is not None})
        claim(one, {pk: before[pk] for pk in lost if pk in before})
        late |= lost
    return late


def _unique_ids() -> list[int]:
    return [one.pk for one in fields_of(CUSTOMER).everything if one.is_unique]
