"""Conditions over rows by their custom values; the equality ones are answered by the index on `custom`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.fields.json import HasKey, KeyTextTransform
from django.db.models.lookups import IContains, IExact, IStartsWith

from crm.customfields.models import CustomField


def holds(field: CustomField, values: Iterable[Any]) -> Q:
    """Rows whose value is one of these, or whose list has one of these."""
    is_list = field.kind == CustomField.Kind.CHOICES
    condition = Q(pk__in=[])
    for value in values:
        condition |= Q(custom__contains={field.key: [value] if is_list else value})
    return condition


def is_set(field: CustomField) -> Q:
    """Rows that have a value."""
    return Q(HasKey(F("custom"), field.key))


def contains(field: CustomField, text: str) -> Q:
    """Rows whose text has this part."""
    return Q(IContains(KeyTextTransform(field.key, "custom"), text))


def equals(field: CustomField, text: str) -> Q:
    """Rows whose text is this, whatever its case."""
    return Q(IExact(KeyTextTransform(field.key, "custom"), text))


def begins(field: CustomField, text: str) -> Q:
    """Rows whose text begins with this."""
    return Q(IStartsWith(KeyTextTransform(field.key, "custom"), text))


def between(field: CustomField, low: Any = None, high: Any = None) -> Q:
    """Rows whose number, amount or day lies between two kept values, both included.

    As a path of JSON, so that a value of another type, written past us, is no match instead of a fault.
    """
    member = f"$.{_json(field.key)}" + (".double()" if field.kind == CustomField.Kind.MONEY else "")
    limits = ((">=", low), ("<=", high))
    parts = [f"{member} {sign} {_limit(field, value)}" for sign, value in limits if value is not None]
    return Q(_PathMatch(F("custom"), Value(" && ".join(parts)))) if parts else Q()


class _PathMatch(Func):
    template = "(%(expressions)s::jsonpath)"
    arg_joiner = " @@ "
    output_field = BooleanField()


def _limit(field: CustomField, value: Any) -> str:
    return str(value) if field.kind == CustomField.Kind.MONEY else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value)
