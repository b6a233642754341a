"""Which records have custom fields, and which fields each has; read once for a request or a job."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model

from crm.customfields.fields import KINDS
from crm.customfields.models import CustomField
from crm.operations.requests import CurrentRequest, current_request

FIELDS_AT_MOST = 60


@dataclass
class FieldSet:
    """The fields of a record, in their order, each with its choices."""

    everything: list[CustomField]

    @cached_property
    def active(self) -> list[CustomField]:
        """Those in use."""
        return [one for one in self.everything if one.is_active and one.kind in KINDS]

    @cached_property
    def by_key(self) -> dict[str, CustomField]:
        """All by key, those out of use included: the history still names them."""
        return {one.key: one for one in self.everything}

    @cached_property
    def open_to_all(self) -> list[CustomField]:
        """Those in use that hold no personal data."""
        return [one for one in self.active if not one.is_personal]


@dataclass
class _Read:
    request: CurrentRequest | None = None
    sets: dict[str, FieldSet] = field(default_factory=dict)


_NOTHING = CurrentRequest()
_read: ContextVar[_Read | None] = ContextVar("custom_fields", default=None)


def records_with_fields() -> dict[str, type[Model]]:
    """Model label → model, as settings.HARBOUR_CUSTOM_FIELDS declares them."""
    return {label: apps.get_model(label) for label in settings.HARBOUR_CUSTOM_FIELDS}


def fields_of(label: str) -> FieldSet:
    """The fields of a record; asked again within the same request or job, they are not read again."""
    request = current_request()
    known = _read.get()
    if known is None or known.request is not request:
        known = _Read(request)
        _read.set(known)
    if request == _NOTHING:
        return fresh_fields(label)
    if label not in known.sets:
        rows = CustomField.objects.order_by("position", "id").prefetch_related("choices")
        known.sets = {one: FieldSet([]) for one in (label, *settings.HARBOUR_CUSTOM_FIELDS)}
        for row in rows:
            known.sets.setdefault(row.model, FieldSet([])).everything.append(row)
    return known.sets[label]


def fresh_fields(label: str) -> FieldSet:
    """The fields of a record as they are now."""
    rows = CustomField.objects.filter(model=label).order_by("position", "id")
    return FieldSet(list(rows.prefetch_related("choices")))


def forget_fields() -> None:
    """Read the fields again when they are next asked for: they have been changed."""
    _read.set(None)


def hold_fields(label: str) -> FieldSet:
    """The fields as they are now, which stay so until the transaction ends; any number of writers at once."""
    _lock("pg_advisory_xact_lock_shared", label)
    return fresh_fields(label)


def claim_fields(label: str) -> FieldSet:
    """The fields as they are now, for changing them: no writer of such values is under way."""
    _lock("pg_advisory_xact_lock", label)
    return fresh_fields(label)


def _lock(function: str, label: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext('custom-fields'), hashtext(%s))", [label])
