"""Taking values of custom fields into a record: checked, completed, and unique where the field says so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from crm.customfields.definitions import FieldSet, fields_of, fresh_fields, hold_fields
from crm.customfields.fields import cleaned, kind_of, unique_key
from crm.customfields.models import CustomField, CustomUnique


def new_values(label: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The `custom` object of a new record: what was given, defaults for the rest; ValidationError by `custom.key`.

    None means that whoever adds the record knows nothing of custom fields (a lead of another system): required ones
    may stay empty then. A required file may be missing where nobody asked for it: systems send it after the record.
    """
    is_asked, given = given is not None, given or {}
    known = hold_fields(label) if given else fields_of(label)
    missing = {one.key: one.default for one in known.active if one.key not in given and one.default is not None}
    found = {key: value for key, value in _checked(known, given, {}).items() if value is not None} | missing
    asked = [one for one in known.active if kind_of(one).can_be_typed or one.key in given]
    wrong = {one.member: _("This field is required.") for one in asked if one.is_required and one.key not in found}
    if wrong and is_asked:
        raise ValidationError(wrong)
    return found


def changed_values(label: str, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The `custom` object with what was given written over it; keys not given stay. ValidationError by `custom.key`."""
    if not given:
        return dict(before)
    known = hold_fields(label)
    found = _checked(known, given, before)
    required = [one for one in known.active if one.is_required and one.key in found and found[one.key] is None]
    if wrong := {one.member: _("This field is required.") for one in required if before.get(one.key) is not None}:
        raise ValidationError(wrong)
    return {key: value for key, value in {**before, **found}.items() if value is not None}


def _checked(known: FieldSet, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    fields = {one.key: one for one in known.active}
    found: dict[str, Any] = {}
    wrong: dict[str, Any] = {}
    for key, value in given.items():
        if key not in fields:
            wrong[f"custom.{key}"] = _("There is no such field.")
            continue
        try:
            found[key] = cleaned(fields[key], value, before.get(key))
        except ValidationError as refusal:
            wrong[fields[key].member] = refusal
    if wrong:
        raise ValidationError(wrong)
    return found


# ── unique values: one row for each value in use, so that two writers at once cannot both have it ──


def keep_unique(label: str, object_id: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Note the unique values of a record; ValidationError by `custom.key` where another record has one already."""
    if before == after:
        return
    wrong = {}
    for one in fresh_fields(label).everything:
        old, new = before.get(one.key), after.get(one.key)
        if not one.is_unique or old == new:
            continue
        release([one.pk], [object_id])
        if new is not None and claim(one, {object_id: new}):
            wrong[one.member] = taken(one, new)
    if wrong:
        raise ValidationError(wrong)


def taken(field: CustomField, value: Any) -> str:
    """Why a value of a unique field is refused."""
    return _("“%(value)s” stands on another record already.") % {"value": value}


def claim(field: CustomField, wanted: Mapping[int, Any]) -> set[int]:
    """Take values (record id → value) of a unique field for records that have none; the ids of those too late.

    Waits for transactions that have taken the same value and may still fail.
    """
    pairs = sorted((unique_key(value), object_id) for object_id, value in wanted.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_customunique (field_id, value, object_id) "
            "SELECT %s, v.value, v.object_id FROM unnest(%s::text[], %s::bigint[]) AS v(value, object_id) "
            "ORDER BY v.value, v.object_id DESC ON CONFLICT (field_id, value) DO NOTHING RETURNING object_id",
            [field.pk, [value for value, _id in pairs], [object_id for _value, object_id in pairs]],
        )
        return set(wanted) - {row[0] for row in cursor.fetchall()}


def release(field_ids: Collection[int], object_ids: Collection[int]) -> None:
    """Give the values of these fields and records back."""
    CustomUnique.objects.filter(field_id__in=field_ids, object_id__in=object_ids).delete()


def release_records(label: str, object_ids: Collection[int]) -> None:
    """Give back every unique value of records that are gone."""
    fields = [one.pk for one in fields_of(label).everything if one.is_unique]
    if fields and object_ids:
        release(fields, object_ids)


def holders(field: CustomField, values: Collection[Any]) -> dict[str, int]:
    """Which record holds a value of a unique field, by what makes values equal."""
    keys = {unique_key(value) for value in values}
    rows = CustomUnique.objects.filter(field=field, value__in=keys)
    return dict(rows.values_list("value", "object_id"))
