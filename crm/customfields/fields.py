"""What each kind of custom field means: the one place that reads, checks, shows, finds and exports its values.

A value lies in the `custom` object of a record under the key of its field, in the shape `clean` answers; a field
without a value has no key there. A further kind is a further class in KINDS.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.fields.json import HasKey, KeyTextTransform
from django.db.models.lookups import IContains
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from crm.customfields.models import CustomField
from crm.people.models import User
from crm.ui.formats import long_day, yuan2
from crm.ui.widgets import DayInput, MoneyInput, SearchSelect

TEXT_LENGTH, UNIQUE_LENGTH, DIGITS, DECIMALS = 500, 200, 15, 6
MANY_CHOICES = 8
People = Mapping[int, Any]
_TYPED = str.maketrans("０１２３４５６７８９．－", "0123456789.-", ",，¥￥ \u00a0\u3000")


class Kind:
    """A kind of field. `field` is the definition with its choices; None stands for "no value" everywhere."""

    has_choices = False
    may_be_unique = False
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

    def as_text(self, field: CustomField) -> Any:
        """The value as text, said by the database, for exports; without parameters, so that it may be repeated."""
        return _said(self._in_sql, field)

    def _words(self, field: CustomField) -> dict[str, Any]:
        return {"label": field.title, "help_text": field.hint, "required": field.is_required}


class TextKind(Kind):
    """A line of text."""

    may_be_unique = True

    def clean(self, field: CustomField, given: Any, before: Any = None) -> str | None:
        """The line, tidied."""
        if not isinstance(given, str):
            raise ValidationError(_("This must be a text."), code="bad_type")
        text, limit = line(given), UNIQUE_LENGTH if field.is_unique else TEXT_LENGTH
        if len(text) > limit:
            raise ValidationError(
                _("%(count)s characters; at most %(limit)s fit.") % {"count": len(text), "limit": limit},
                code="too_long",
            )
        return text or None

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A line to type in."""
        return forms.CharField(max_length=UNIQUE_LENGTH if field.is_unique else TEXT_LENGTH, **self._words(field))


class NumberKind(Kind):
    """A number of at most 15 digits, six of them behind the point; kept as a JSON number."""

    may_be_unique = is_range = is_number = True
    decimals = DECIMALS
    _in_sql = "(CASE WHEN %(expressions)s->>%(key)s ~ '^-?[0-9]+([.][0-9]+)?$' THEN %(expressions)s->>%(key)s END)"

    def clean(self, field: CustomField, given: Any, before: Any = None) -> Any:
        """The number; text is no number here."""
        if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
            raise ValidationError(_("This must be a number."), code="bad_type")
        return self._kept(self._exact(str(given)))

    def read(self, field: CustomField, text: str) -> Any:
        """The number a cell holds, with or without thousands separators and currency."""
        plain = text.translate(_TYPED).removesuffix("元")
        return self._kept(self._exact(plain)) if plain else None

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """With thousands separators."""
        return f"{Decimal(str(value)):,f}".replace("-", "−", 1)

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A field for decimals."""
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        return forms.DecimalField(max_digits=DIGITS, decimal_places=self.decimals, widget=widget, **self._words(field))

    def initial(self, value: Any) -> Any:
        """As a decimal, so that a form does not take the same number for a change."""
        return Decimal(str(value))

    def _exact(self, text: str) -> Decimal:
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValidationError(_("“%(value)s” is no number.") % {"value": text[:40]}, code="bad_number")
        if abs(number) >= 10**DIGITS or number != number.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP):
            raise ValidationError(
                _("A number has at most %(digits)s digits, %(decimals)s of them behind the point.")
                % {"digits": DIGITS, "decimals": self.decimals},
                code="bad_number",
            )
        if len(number.normalize().as_tuple().digits) > DIGITS:
            raise ValidationError(_("This number has too many digits."), code="bad_number")
        return number

    def _kept(self, number: Decimal) -> Any:
        return json.loads(f"{number.normalize():f}")


class MoneyKind(NumberKind):
    """An amount in yuan, kept as a text with two decimals."""

    may_be_unique = False
    decimals = 2

    def clean(self, field: CustomField, given: Any, before: Any = None) -> str:
        """The amount; a text such as "1200.50" or a number."""
        if isinstance(given, bool) or not isinstance(given, int | float | Decimal | str):
            raise ValidationError(_("This must be an amount such as 1200.50."), code="bad_type")
        return self._kept(self._exact(str(given)))

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """With currency and thousands separators."""
        return f"¥{yuan2(value)}"

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A field for money."""
        return forms.DecimalField(
            max_digits=DIGITS, decimal_places=2, widget=MoneyInput(before="¥"), **self._words(field)
        )

    def _kept(self, number: Decimal) -> str:
        return f"{number:.2f}"


class DateKind(Kind):
    """A day, kept as ISO text."""

    is_range = True
    _in_sql = (
        "(CASE WHEN %(expressions)s->>%(key)s ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN %(expressions)s->>%(key)s END)"
    )

    def clean(self, field: CustomField, given: Any, before: Any = None) -> str:
        """The day; ISO text or a date."""
        try:
            day = given if isinstance(given, date) else date.fromisoformat(given)
        except (TypeError, ValueError):
            raise ValidationError(_("This must be a day such as 2026-03-18."), code="bad_date") from None
        return day.isoformat()[:10]

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """In the reader's language."""
        return long_day(date.fromisoformat(value))

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A native date field."""
        return forms.DateField(widget=DayInput, **self._words(field))

    def initial(self, value: Any) -> Any:
        """The day."""
        return date.fromisoformat(value)


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


class PersonKind(Kind):
    """A colleague, kept by id; one who has left may stay where they are."""

    _in_sql = (
        "(SELECT coalesce(nullif(u.name, ''), u.username) FROM crm_user u WHERE u.id = "
        "CASE WHEN jsonb_typeof(%(expressions)s->%(key)s) = 'number' THEN (%(expressions)s->>%(key)s)::numeric END)"
    )

    def clean(self, field: CustomField, given: Any, before: Any = None) -> int:
        """The id of a colleague: a user, a user name or an id."""
        if isinstance(given, User):
            return given.pk
        if isinstance(given, bool) or not isinstance(given, int | str) or len(str(given)) > 150:
            raise ValidationError(_("This must be the user name of a colleague."), code="bad_type")
        if given == before and before is not None:
            return int(before)
        named = {"pk": given} if isinstance(given, int) and 0 < given < 2**63 else {"username": str(given)}
        found = User.objects.active().filter(**named).values_list("pk", flat=True).first()
        return found or self._unknown(str(given))

    def read(self, field: CustomField, text: str) -> Any:
        """A colleague by name or user name."""
        word = line(text)
        if not word:
            return None
        found = list(User.objects.active().filter(Q(username=word) | Q(name=word)).values_list("pk", flat=True)[:2])
        return found[0] if len(found) == 1 else self._unknown(word)

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """The name."""
        return str(people.get(value, f"#{value}"))

    def told(self, value: Any, usernames: Mapping[int, str]) -> Any:
        """The user name."""
        return usernames.get(value)

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A list of colleagues."""
        people = User.objects.filter(Q(is_active=True) | Q(pk=value))
        return forms.ModelChoiceField(people, widget=SearchSelect, empty_label=_("not set"), **self._words(field))

    def _unknown(self, word: str) -> int:
        raise ValidationError(_("“%(value)s” is no colleague of ours."), code="bad_choice", params={"value": word[:40]})


class YesNoKind(Kind):
    """Yes, no, or not said."""

    def clean(self, field: CustomField, given: Any, before: Any = None) -> bool:
        """True or false."""
        if not isinstance(given, bool):
            raise ValidationError(_("This must be true or false."), code="bad_type")
        return given

    def read(self, field: CustomField, text: str) -> Any:
        """Yes or no in either language."""
        word = line(text).casefold()
        if not word:
            return None
        for truth in (True, False):
            if word in _truth_words(truth):
                return truth
        raise ValidationError(_("“%(value)s” is neither yes nor no."), code="bad_choice", params={"value": word[:40]})

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """Yes or no."""
        return _("yes") if value else _("no")

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A choice of three."""
        return forms.TypedChoiceField(
            choices=[("", _("not set")), ("yes", _("yes")), ("no", _("no"))],
            coerce=lambda word: word == "yes", empty_value=None, **self._words(field),
        )  # fmt: skip

    def initial(self, value: Any) -> Any:
        """Its word."""
        return "yes" if value else "no"

    def as_text(self, field: CustomField) -> Any:
        """Yes or no."""
        words = " ".join(
            f"WHEN '{truth}' THEN {_literal(word)}" for truth, word in (("true", _("yes")), ("false", _("no")))
        )
        return _said(f"(CASE %(expressions)s->>%(key)s {words} END)", field)


KINDS: dict[str, Kind] = {
    CustomField.Kind.TEXT: TextKind(),
    CustomField.Kind.NUMBER: NumberKind(),
    CustomField.Kind.MONEY: MoneyKind(),
    CustomField.Kind.DATE: DateKind(),
    CustomField.Kind.CHOICE: ChoiceKind(),
    CustomField.Kind.CHOICES: ChoicesKind(),
    CustomField.Kind.USER: PersonKind(),
    CustomField.Kind.YES_NO: YesNoKind(),
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
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return str(value)


def line(text: str) -> str:
    """A line without control characters and doubled spaces."""
    kept = "".join(c if c.isprintable() else " " if c in "\t\r\n\u3000" else "" for c in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def labels(field: CustomField) -> dict[str, str]:
    """The label of each choice, those out of use included."""
    return {choice.value: choice.label for choice in field.choices.all()}


def offered_choices(field: CustomField, held: Any = None) -> Sequence[tuple[str, str]]:
    """The choices in use, and those a record holds already."""
    kept = held if isinstance(held, list) else [held]
    return [(one.value, one.label) for one in field.choices.all() if one.is_active or one.value in kept]


def unique_key(value: Any) -> str:
    """What must differ between two records: width, case and outer spaces do not count."""
    return unicodedata.normalize("NFKC", str(value)).casefold().strip()[:UNIQUE_LENGTH]


def people_in(fields: Iterable[CustomField], values: Mapping[str, Any]) -> set[int]:
    """The ids of the colleagues these values name."""
    found = (values.get(field.key) for field in fields if field.kind == CustomField.Kind.USER)
    return {value for value in found if isinstance(value, int)}


# ── conditions over rows; the equality ones are answered by the index on `custom` ──


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


def _said(template: str, field: CustomField) -> Func:
    return Func(F("custom"), template=template, key=_literal(field.key), definition=field.pk, output_field=TextField())


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "") + "'"


@cache
def _truth_words(truth: bool) -> frozenset[str]:
    words = {"true", "1", "y", "是", "√"} if truth else {"false", "0", "n", "否", "×"}
    for language in ("zh-hans", "en"):
        with override(language):
            words.add((_("yes") if truth else _("no")).casefold())
    return frozenset(words)
