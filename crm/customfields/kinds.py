"""What every kind of custom field answers, and the few things all of them need."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import F, Func, TextField

from crm.customfields.models import CustomField

People = Mapping[int, Any]


class Kind:
    """A kind of field. `field` is the definition with its choices; None stands for "no value" everywhere."""

    has_choices = False
    may_be_unique = False
    may_be_personal = True
    # whether a value can be written down: as a default, in a cell of a sheet, with a new record of another system
    can_be_typed = True
    is_range = False
    is_number = False
    _in_sql = "(%(expressions)s->>%(key)s)"

    def clean(self, field: CustomField, given: Any, before: Any = None) -> Any:
        """A value of the API or of a form as it is kept; ValidationError in words. `before` is what the record has."""
        raise NotImplementedError

    def read(self, field: CustomField, text: str) -> Any:
        """The text of a spreadsheet cell as it is kept; ValidationError in words."""
        return self.clean(field, line(text))

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """The value as a person reads it."""
        return str(value)

    def told(self, value: Any, usernames: Mapping[int, str]) -> Any:
        """The value in the API."""
        return value

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """The form field; `value` is what the record has now."""
        raise NotImplementedError

    def initial(self, value: Any) -> Any:
        """What the form field starts with."""
        return value

    def as_text(self, field: CustomField, column: str = "custom") -> Any:
        """The value as text, said by the database, for exports; without parameters, so that it may be repeated."""
        return said(self._in_sql, field, column)

    def _words(self, field: CustomField) -> dict[str, Any]:
        return {"label": field.title, "help_text": field.hint, "required": field.is_required}


def line(text: str) -> str:
    """A line without control characters and doubled spaces."""
    kept = "".join(c if c.isprintable() else " " if c in "\t\r\n\u3000" else "" for c in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def said(template: str, field: CustomField, column: str) -> Func:
    """A value as text, said by the database out of the `custom` object in a column."""
    return Func(F(column), template=template, key=literal(field.key), definition=field.pk, output_field=TextField())


def literal(text: str) -> str:
    """A text as it stands in SQL."""
    return "'" + text.replace("'", "''").replace("%", "") + "'"
