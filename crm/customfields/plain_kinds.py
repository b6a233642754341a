"""Kinds whose values stand for themselves: text, number, money, day, yes or no."""

from __future__ import annotations

import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.customfields.kinds import Kind, People, line, literal, said
from crm.customfields.models import CustomField
from crm.ui.formats import long_day, yuan2
from crm.ui.widgets import DayInput, MoneyInput

TEXT_LENGTH, UNIQUE_LENGTH, DIGITS, DECIMALS = 500, 200, 15, 6
_TYPED = str.maketrans("０１２３４５６７８９．－", "0123456789.-", ",，¥￥ \u00a0\u3000")


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

    def as_text(self, field: CustomField, column: str = "custom") -> Any:
        """Yes or no."""
        words = " ".join(
            f"WHEN '{truth}' THEN {literal(word)}" for truth, word in (("true", _("yes")), ("false", _("no")))
        )
        return said(f"(CASE %(expressions)s->>%(key)s {words} END)", field, column)


@cache
def _truth_words(truth: bool) -> frozenset[str]:
    words = {"true", "1", "y", "是", "√"} if truth else {"false", "0", "n", "否", "×"}
    for language in ("zh-hans", "en"):
        with override(language):
            words.add((_("yes") if truth else _("no")).casefold())
    return frozenset(words)
