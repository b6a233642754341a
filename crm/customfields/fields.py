"""What custom fields mean: the one place that reads, checks and shows their values, each as its kind does.

A value lies in the `custom` object of a record under the key of its field, in the shape `cleaned` answers; a field
without a value has no key there. A further kind is a further class in KINDS.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from crm.customfields.choice_kinds import ChoiceKind, ChoicesKind
from crm.customfields.kinds import Kind, People
from crm.customfields.linked_kinds import FileKind, PersonKind
from crm.customfields.models import CustomField
from crm.customfields.plain_kinds import (
    UNIQUE_LENGTH,
    DateKind,
    MoneyKind,
    NumberKind,
    TextKind,
    YesNoKind,
)

KINDS: dict[str, Kind] = {
    CustomField.Kind.TEXT: TextKind(),
    CustomField.Kind.NUMBER: NumberKind(),
    CustomField.Kind.MONEY: MoneyKind(),
    CustomField.Kind.DATE: DateKind(),
    CustomField.Kind.CHOICE: ChoiceKind(),
    CustomField.Kind.CHOICES: ChoicesKind(),
    CustomField.Kind.USER: PersonKind(),
    CustomField.Kind.YES_NO: YesNoKind(),
    CustomField.Kind.FILE: FileKind(),
}


def kind_of(field: CustomField) -> Kind:
    """The kind of a field."""
    return KINDS[field.kind]


def cleaned(field: CustomField, given: Any, before: Any = None) -> Any:
    """A given value as it is kept, None for none; ValidationError in words."""
    return None if given is None or given in ("", []) else kind_of(field).clean(field, given, before)


def shown(field: CustomField, value: Any, people: People) -> str:
    """A kept value as a person reads it, "" for none; what somebody wrote past us is shown as it is."""
    if value is None or value == []:
        return ""
    try:
        return kind_of(field).shown(field, value, people)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError):
        return str(value)


def unique_key(value: Any) -> str:
    """What must differ between two records: width, case and outer spaces do not count."""
    return unicodedata.normalize("NFKC", str(value)).casefold().strip()[:UNIQUE_LENGTH]


def people_in(fields: Iterable[CustomField], values: Mapping[str, Any]) -> set[int]:
    """The ids of the colleagues these values name."""
    found = (values.get(field.key) for field in fields if field.kind == CustomField.Kind.USER)
    return {value for value in found if isinstance(value, int)}
