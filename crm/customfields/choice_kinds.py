"""Kinds whose values are choices an administrator lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.customfields.kinds import Kind, People, line
from crm.customfields.models import CustomField
from crm.ui.widgets import SearchSelect

MANY_CHOICES = 8


class ChoiceKind(Kind):
    """One of the choices, kept by its value; a choice taken out of use may stay where it is."""

    has_choices = True
    _in_sql = (
        "(SELECT string_agg(c.label, '、' ORDER BY c.position, c.id) FROM crm_customchoice c "
        "WHERE c.field_id = %(definition)s AND (%(expressions)s->%(key)s) @> to_jsonb(c.value::text))"
    )

    def clean(self, field: CustomField, given: Any, before: Any = None) -> str:
        """The value of a choice."""
        if not isinstance(given, str) or given not in self._allowed(field, before):
            raise ValidationError(
                _("“%(value)s” is not one of the choices."), code="bad_choice", params={"value": str(given)[:40]}
            )
        return given

    def read(self, field: CustomField, text: str) -> Any:
        """A choice by its label or its value."""
        return self._named(field, text) if line(text) else None

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """The label."""
        return labels(field).get(value, str(value))

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A list to choose from."""
        offered = offered_choices(field, value)
        widget = SearchSelect() if len(offered) > MANY_CHOICES else forms.Select()
        return forms.ChoiceField(choices=[("", _("not set")), *offered], widget=widget, **self._words(field))

    def _allowed(self, field: CustomField, before: Any) -> set[str]:
        return {value for value, _label in offered_choices(field, before)}

    def _named(self, field: CustomField, text: str) -> str:
        wanted = line(text).casefold()
        for choice in field.choices.all():
            if choice.is_active and wanted in (choice.label.casefold(), choice.value):
                return choice.value
        raise ValidationError(
            _("“%(value)s” is not one of the choices."), code="bad_choice", params={"value": line(text)[:40]}
        )


class ChoicesKind(ChoiceKind):
    """Several of the choices, kept as a list of their values in the order of the choices."""

    def clean(self, field: CustomField, given: Any, before: Any = None) -> Any:
        """The values, each once."""
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            raise ValidationError(_("This must be a list of choices."), code="bad_type")
        for one in given:
            super().clean(field, one, before)
        return [choice.value for choice in field.choices.all() if choice.value in given] or None

    def read(self, field: CustomField, text: str) -> Any:
        """Several labels, separated by commas, semicolons or 、."""
        words = text
        for mark in "，;；、|\n":
            words = words.replace(mark, ",")
        return self.clean(field, [self._named(field, word) for word in words.split(",") if line(word)])

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """The labels."""
        known = labels(field)
        return pgettext("list", ", ").join(known.get(one, one) for one in value)

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """Boxes to tick."""
        return forms.MultipleChoiceField(
            choices=offered_choices(field, value), widget=forms.CheckboxSelectMultiple, **self._words(field)
        )


def labels(field: CustomField) -> dict[str, str]:
    """The label of each choice, those out of use included."""
    return {choice.value: choice.label for choice in field.choices.all()}


def offered_choices(field: CustomField, held: Any = None) -> Sequence[tuple[str, str]]:
    """The choices in use, and those a record holds already."""
    kept = held if isinstance(held, list) else [held]
    return [(one.value, one.label) for one in field.choices.all() if one.is_active or one.value in kept]
