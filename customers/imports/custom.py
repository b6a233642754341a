"""Custom fields in imports, those of customers and of their main contacts: what a new row gets, what a known record
gains, and unique values kept apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from crm.customfields.definitions import FieldSet, fields_of, hold_fields
from crm.customfields.fields import kind_of, unique_key
from crm.customfields.models import CustomField, CustomUnique
from crm.customfields.values import claim, holders, release
from customers.customers.custom import CONTACT, CUSTOMER
from customers.imports.models import ImportRow, ImportSet

_COUNTED = ("created", "changed", "unchanged")


class Whose(NamedTuple):
    """Whose fields: the record, the name under which a row keeps their values, the column of rows with its id."""

    label: str
    name: str
    id_column: str

    def column(self, one: CustomField) -> str:
        """The name of a field among the columns of a file and the attributes of a row."""
        return f"{self.name}_{one.key}"

    def owns(self, column: str) -> bool:
        """Whether a column is one of these fields."""
        return column.startswith(f"{self.name}_")


OWN, THEIRS = Whose(CUSTOMER, "custom", "customer_id"), Whose(CONTACT, "contact_custom", "contact_id")
BOTH = (OWN, THEIRS)


class CustomColumns:
    """The custom fields of one kind of record that an import fills, and those a new record must or does have."""

    def __init__(self, import_set: ImportSet, whose: Whose) -> None:
        known: FieldSet = fields_of(whose.label)
        mapped = set(import_set.mapping.values())
        self.import_set, self.whose = import_set, whose
        self.filled = [one for one in known.active if whose.column(one) in mapped]
        self.unique = [one for one in self.filled if one.is_unique]
        required = [one for one in known.active if one.is_required and one.default is None]
        self.required = [one for one in required if kind_of(one).can_be_typed]
        self.defaults = {one.key: one.default for one in known.active if one.default is not None}
        self.seen: dict[str, dict[str, int]] = {one.key: {} for one in self.unique}
        self.held: dict[str, dict[str, int]] = {}

    def look_up(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Find who holds the unique values of these rows (their fields), in the database and in the file."""
        values = [row.get(self.whose.name, {}) for row in rows]
        for one in self.unique:
            wanted = [custom[one.key] for custom in values if one.key in custom]
            self.held[one.key] = holders(one, wanted) if wanted else {}
            if not self.seen[one.key]:
                self.seen[one.key] = self._staged(one)

    def missing(self, custom: Mapping[str, Any]) -> dict[str, Any]:
        """What a new record lacks: column → refusal."""
        return {self.whose.column(one): ["required", {}] for one in self.required if one.key not in custom}

    def taken(self, custom: Mapping[str, Any], row_number: int, holder_id: int | None) -> dict[str, Any]:
        """Unique values another row or record has: column → refusal; the rest is noted for the rows to come."""
        wrong: dict[str, Any] = {}
        for one in self.unique:
            if one.key not in custom:
                continue
            value = unique_key(custom[one.key])
            if (
                self.held[one.key].get(value, holder_id) != holder_id
                or self.seen[one.key].setdefault(value, row_number) != row_number
            ):
                wrong[self.whose.column(one)] = ["not_unique", {"value": str(custom[one.key])[:40]}]
        return wrong

    def completed(self, custom: Mapping[str, Any]) -> dict[str, Any]:
        """The custom values of a new record, defaults included."""
        return {**self.defaults, **custom}

    def differences(self, fields: Mapping[str, Any], before: Mapping[str, Any], *, clears: bool) -> dict[str, Any]:
        """Attribute → [before, after] where a row changes a record; a required value is not emptied."""
        custom, found = fields.get(self.whose.name, {}), {}
        kept = [one for one in self.filled if one.key not in custom and (not clears or one.is_required)]
        for key in {*(one.key for one in self.filled), *custom} - {one.key for one in kept}:
            name = f"{self.whose.name}_{key}"
            if before.get(name) != custom.get(key):
                found[name] = [before.get(name), custom.get(key)]
        return dict(sorted(found.items()))

    def _staged(self, one: CustomField) -> dict[str, int]:
        rows = ImportRow.objects.filter(import_set=self.import_set, outcome__in=_COUNTED)
        held = rows.annotate(held=KeyTextTransform(one.key, KeyTransform(self.whose.name, "fields")))
        pairs = held.filter(held__isnull=False).values_list("held", "row_number")
        return {unique_key(value): number for value, number in pairs}


def custom_part(fields: Mapping[str, Any], whose: Whose) -> dict[str, Any]:
    """The custom values among changed attributes, as one object with keys; nothing where there are none."""
    found = {name.removeprefix(f"{whose.name}_"): value for name, value in fields.items() if whose.owns(name)}
    return {whose.name: found} if found else {}


def as_attributes(custom: Mapping[str, Any], whose: Whose) -> dict[str, Any]:
    """Custom values under the names of their columns."""
    return {f"{whose.name}_{key}": value for key, value in custom.items()}


def is_custom(name: str) -> bool:
    """Whether an attribute is a custom value of either record."""
    return any(whose.owns(name) for whose in BOTH)


# ── unique values: taken before the rows are written, under the ids of the rows where a record is still to be made ──


def claim_for_rows(import_set: ImportSet, row_ids: Collection[int], whose: Whose) -> set[int]:
    """Take the unique values of rows about to become records; the ids of the rows that came too late."""
    filled = set(import_set.mapping.values())
    if not any(whose.owns(name) for name in filled):
        return set()
    late: set[int] = set()
    for one in hold_fields(whose.label).active:
        if one.is_unique and whose.column(one) in filled:
            late |= {-pk for pk in claim(one, {-pk: value for pk, value in _held(one, row_ids, whose)})}
    return late


def release_rows(row_ids: Collection[int]) -> None:
    """Give back what was taken for rows that are refused after all."""
    for whose in BOTH:
        if row_ids and (fields := _unique_ids(whose)):
            release(fields, [-pk for pk in row_ids])


def settle_claims(row_ids: Collection[int]) -> None:
    """Put the values taken for rows under the records they became."""
    for whose in BOTH:
        fields = _unique_ids(whose)
        if not fields:
            continue
        records = dict(ImportRow.objects.filter(pk__in=row_ids).values_list("pk", whose.id_column))
        held = list(CustomUnique.objects.filter(field_id__in=fields, object_id__in=[-pk for pk in records]))
        for one in held:
            one.object_id = records[-one.object_id] or one.object_id
        CustomUnique.objects.bulk_update(held, ["object_id"], batch_size=1000)


def claim_changes(changes: Mapping[int, Mapping[str, Any]], whose: Whose) -> set[int]:
    """Move the unique values of records to what they become (id → attribute → value); those too late."""
    names = {name for fields in changes.values() for name in fields if whose.owns(name)}
    late: set[int] = set()
    for one in hold_fields(whose.label).everything if names else ():
        name = whose.column(one)
        if not one.is_unique or name not in names:
            continue
        wanted = {pk: fields[name] for pk, fields in changes.items() if name in fields}
        before = dict(CustomUnique.objects.filter(field=one, object_id__in=wanted).values_list("object_id", "value"))
        release([one.pk], list(wanted))
        lost = claim(one, {pk: value for pk, value in wanted.items() if value is not None})
        claim(one, {pk: before[pk] for pk in lost if pk in before})
        late |= lost
    return late


def _held(one: CustomField, row_ids: Collection[int], whose: Whose) -> QuerySet[Any, Any]:
    staged = ImportRow.objects.filter(pk__in=row_ids)
    held = staged.annotate(held=KeyTransform(one.key, KeyTransform(whose.name, "fields")))
    return held.filter(held__isnull=False).values_list("pk", "held")


def _unique_ids(whose: Whose) -> list[int]:
    return [one.pk for one in fields_of(whose.label).everything if one.is_unique]
