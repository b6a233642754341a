"""Files that are values of custom fields: kept with their record, replaced in one step with the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from crm.attachments.actions import archive_attachment, attach_files
from crm.attachments.models import Attachment
from crm.customfields.definitions import fields_of, fresh_fields
from crm.customfields.linked_kinds import NewFile, no_such_file
from crm.customfields.models import CustomField

if TYPE_CHECKING:
    from crm.people.models import User


def keep_files(record: Any, before: Mapping[str, Any], *, actor: User) -> None:
    """Keep the files that came with the values of a saved record; those they replace go into the recycle bin.

    ValidationError by `custom.key` where a file is not kept with this record.
    """
    after = record.custom
    if before == after or not any(isinstance(value, dict) for value in (*before.values(), *after.values())):
        return
    changed = [one for one in _file_fields(fresh_fields(record._meta.label).everything) if _differs(one, before, after)]
    for one in changed:
        _keep(record, one, after.get(one.key), actor)
    replaced = {before[one.key]["id"] for one in changed if isinstance(before.get(one.key), dict)}
    still = {value["id"] for value in after.values() if isinstance(value, dict)}
    for attachment in Attachment.objects.of(record).live().filter(pk__in=replaced - still):
        archive_attachment(attachment, actor=actor)


def why_kept(record: Model, attachment_id: int) -> str:
    """Why a file may not be renamed or archived by itself: a field in use holds it; "" where none does."""
    rows = type(record)._default_manager.filter(pk=record.pk)
    custom = rows.values_list("custom", flat=True).get()
    for one in _file_fields(fields_of(record._meta.label).active):
        value = custom.get(one.key)
        if isinstance(value, dict) and value.get("id") == attachment_id:
            return _("This file is the value of the field “%(field)s”. Change it there.") % {"field": one.title}
    return ""


def _keep(record: Model, one: CustomField, value: Any, actor: User) -> None:
    if isinstance(value, NewFile):
        try:
            attach_files(record, [value.file], actor=actor, ids=[value["id"]])
        except ValidationError as refusal:
            raise ValidationError({one.member: refusal.messages}) from refusal
    elif value is not None and not Attachment.objects.of(record).live().filter(pk=value["id"]).exists():
        raise ValidationError({one.member: no_such_file(value["id"])})


def _file_fields(fields: list[CustomField]) -> list[CustomField]:
    return [one for one in fields if one.kind == CustomField.Kind.FILE]


def _differs(one: CustomField, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return bool(before.get(one.key) != after.get(one.key))
