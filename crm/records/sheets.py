"""Columns of spreadsheets, in and out: django-import-export fields and widgets that know headers in two languages.

A widget's `clean` turns the text of a cell into what the database keeps, as plain JSON (ids, ISO days), because an
import stages its rows as JSON; it refuses with a code and values, worded by `refusal_text` in the reader's language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.db.models import F
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import Widget

from crm.records.dates import parse_day, parse_moment

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

AMBIGUOUS = 0
REFUSALS: dict[str, str | _StrPromise] = {
    "required": _("is missing"),
    "too_long": _("%(count)s characters; at most %(limit)s fit"),
    "bad_date": _("“%(value)s” is no date we can read; write 2026-03-18"),
    "bad_email": _("“%(value)s” is no e-mail address"),
    "bad_url": _("“%(value)s” is no web address"),
    "bad_number": _("“%(value)s” is no whole number"),
    "lost_digits": _("“%(value)s”: Excel has shortened this number; format the column as text and type it again"),
    "unknown": _("“%(value)s” is not in our list"),
    "ambiguous": _("“%(value)s” fits several entries of our list; write it in full"),
    "not_unique": _("“%(value)s” stands on another record already"),
    "refused": "%(message)s",
}
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_SPLIT_WORDS = re.compile(r"[,，;；、|\n]+")
_BRACKETED = re.compile(r"[(（\[【].*?[)）\]】]")
_HEADER_NOISE = re.compile(r"[\s*＊:：_\-/]+")


def refuse(code: str, **params: Any) -> ValidationError:
    """A refusal of one cell, to be raised."""
    return ValidationError(REFUSALS[code], code=code, params=params)


def refusal_text(code: str, params: Mapping[str, Any]) -> str:
    """A refusal in the reader's language."""
    return str(REFUSALS[code]) % params if code in REFUSALS else code


def header_key(header: str) -> str:
    """A header without width, case, spaces, stars, colons and bracketed remarks."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    return _HEADER_NOISE.sub("", _BRACKETED.sub("", plain)) or _HEADER_NOISE.sub("", plain)


def clean_text(text: str) -> str:
    """A line of text without control characters and doubled spaces."""
    if text.isprintable() and "  " not in text and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text.strip()  # nearly every cell, ten times faster
    kept = "".join(c if c.isprintable() else " " if c in "\t\r\n" else "" for c in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


class SheetField(Field):
    """A column: its header, other headers it is known by ("a|b"), the path a list reads it from, who may fill it.

    `path` is the ORM path of the exported value (several share one attribute with the import otherwise); `mask` names
    the contact field whose rules hide it; `readonly` columns are
    exported only; `right` names what it takes to fill one.
    """

    def __init__(
        self,
        attribute: str,
        label: str | Promise,
        widget: SheetWidget,
        *,
        path: str = "",
        aliases: str = "",
        mask: str = "",
        right: str = "",
        readonly: bool = False,
        required: bool = False,
        example: str = "",
    ) -> None:
        super().__init__(attribute=attribute, widget=widget, readonly=readonly)
        self.label, self.path, self.aliases, self.mask = label, path or attribute, aliases.split("|"), mask
        self.right, self.required, self.example = right, required, example

    @property
    def header(self) -> str:
        """The header in the reader's language."""
        return str(self.label)

    def source(self) -> Any:
        """The expression the database reads the column from."""
        return F(self.path)

    def get_value(self, instance: Any) -> Any:
        """What an instance holds under the field's path."""
        value = instance
        for step in self.path.split("__"):
            value = getattr(value, step, None)
            if value is None:
                return None
        return value

    def known_headers(self) -> set[str]:
        """The keys of all headers this column is known by, its labels in both languages included."""
        return {header_key(word) for word in (*self.aliases, *in_all_languages(self.label), self.attribute)}


def in_all_languages(label: str | Promise) -> list[str]:
    """A text in each language."""
    words = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            words.append(str(label))
    return words


class SheetResource(ModelResource):
    """The columns of a record, all of them declared and in this order.

    The model stands in `record` and not in Meta, or import-export would add the columns nobody declared.
    """

    record: ClassVar[Any]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._meta.model = self.record

    @classmethod
    def columns(cls) -> dict[str, SheetField]:
        """All columns by name."""
        return dict(cls.fields)

    @classmethod
    def importable(cls, user: Any) -> dict[str, SheetField]:
        """The columns this person may fill."""
        reach = user.reach
        return {
            name: field
            for name, field in cls.columns().items()
            if not field.readonly and (not field.right or reach.has(field.right))
        }

    @classmethod
    def prepared(cls, queryset: Any) -> Any:
        """The queryset with what the columns' paths need; nothing by default."""
        return queryset


class SheetWidget(Widget):
    """Base of the widgets: `clean(text, lookups=…)` answers JSON, `render(value)` a cell for the writer."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        return clean_text(value)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return "" if value is None else value

    def shown(self, value: Any, lookups: Any = None) -> str:
        """A cleaned value as a person reads it."""
        return "" if value is None else str(value)

    def offers(self, lookups: Any) -> list[tuple[str, str]]:
        """What may be chosen: the text a cell may hold and how it is shown; nothing where anything may be written."""
        return []

    def corrected(self, text: str, wrong: str, right: str) -> str:
        """The text of a cell with the part a refusal named as wrong put right."""
        return right


class TextWidget(SheetWidget):
    """A line (or lines) of text of limited length."""

    def __init__(self, max_length: int, *, has_lines: bool = False) -> None:
        super().__init__()
        self.max_length, self.has_lines = max_length, has_lines

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        text = "\n".join(map(clean_text, value.splitlines())).strip() if self.has_lines else clean_text(value)
        if len(text) > self.max_length:
            raise refuse("too_long", count=len(text), limit=self.max_length)
        return text


class RuleWidget(TextWidget):
    """A text a function of the record checks and normalises (a phone, a credit code)."""

    def __init__(self, rule: Callable[[str], str], max_length: int, show: Callable[[str], str] = str) -> None:
        super().__init__(max_length)
        self.rule, self.show = rule, show

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        text = clean_text(value)
        if _SCIENTIFIC.fullmatch(text):
            raise refuse("lost_digits", value=text)
        if len(text) > 2 * self.max_length:
            raise refuse("too_long", count=len(text), limit=self.max_length)
        try:
            text = self.rule(text)
        except ValidationError as refusal:
            raise refuse("refused", message=" ".join(refusal.messages)) from None
        return super().clean(text)

    def shown(self, value: Any, lookups: Any = None) -> str:
        return self.show(value) if value else ""


class EmailWidget(TextWidget):
    """An e-mail address in small letters, as all of them are kept and compared."""

    _valid = EmailValidator()

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        text = super().clean(value.strip().removeprefix("mailto:"))
        try:
            if text:
                self._valid(text)
        except ValidationError:
            raise refuse("bad_email", value=text) from None
        return text.lower()


class UrlWidget(TextWidget):
    """A web address; https:// is put before a bare one."""

    _valid = URLValidator(schemes=["http", "https"])

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        text = clean_text(value)
        address = super().clean(text if not text or "://" in text else f"https://{text}")
        try:
            if address:
                self._valid(address)
        except ValidationError:
            raise refuse("bad_url", value=text) from None
        return address


class DayWidget(SheetWidget):
    """A day, in any of the forms of crm.records.dates; kept as ISO text."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str | None:
        text = clean_text(value)
        if not text:
            return None
        day = parse_day(text)
        if day is None:
            raise refuse("bad_date", value=text[:40])
        return day.isoformat()


class MomentWidget(SheetWidget):
    """A moment, in any of the forms of crm.records.dates; kept as ISO text with its zone."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str | None:
        text = clean_text(value)
        if not text:
            return None
        moment = parse_moment(text)
        if moment is None or moment > timezone.now() + timedelta(days=1):
            raise refuse("bad_date", value=text[:40])
        return moment.isoformat()


class WholeNumberWidget(SheetWidget):
    """A whole number from 1 up."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int | None:
        text = clean_text(value)
        if not text:
            return None
        if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 2**62:
            raise refuse("bad_number", value=text[:40])
        return int(text)


class DecimalWidget(SheetWidget):
    """A number with decimals, or an amount: a number in sheets."""


class ChoiceWidget(SheetWidget):
    """One of a model's choices by its value or its label in either language; `also` reads what else may stand there."""

    def __init__(self, choices: Any, also: Callable[[str], str] | None = None) -> None:
        super().__init__()
        self.choices, self.also = choices, also

    @cache  # noqa: B019 - a widget lives as long as the process
    def _values(self) -> dict[str, str]:
        return {
            header_key(word): str(choice.value)
            for choice in self.choices
            for word in (str(choice.value), *in_all_languages(choice.label))
        }

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        text = clean_text(value)
        if not text:
            return ""
        found = self._values().get(header_key(text)) or (self.also(text) if self.also else "")
        if not found:
            raise refuse("unknown", value=text[:40])
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.shown(value)

    def shown(self, value: Any, lookups: Any = None) -> str:
        return str(self.choices(value).label) if value else ""

    def offers(self, lookups: Any) -> list[tuple[str, str]]:
        return [(str(choice.value), str(choice.label)) for choice in self.choices]


class NamedWidget(SheetWidget):
    """An entry of a list by name: `lookups.ids(kind)` gives ids by key, `lookups.name(kind, id)` the name."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int | None:
        return self.found(value, kwargs["lookups"])

    def found(self, text: str, lookups: Any) -> int | None:
        """The id a text means."""
        word = clean_text(text)
        if not word:
            return None
        found: int | None = lookups.ids(self.kind).get(header_key(word))
        if found is None:
            raise refuse("unknown", value=word[:40])
        if found == AMBIGUOUS:
            raise refuse("ambiguous", value=word[:40])
        return found

    def shown(self, value: Any, lookups: Any = None) -> str:
        return lookups.name(self.kind, value) if value else ""

    def offers(self, lookups: Any) -> list[tuple[str, str]]:
        choices: list[tuple[str, str]] = lookups.choices(self.kind)
        return choices


class NamedListWidget(NamedWidget):
    """Several entries of a list, separated by commas, semicolons or 、."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> list[int]:  # type: ignore[override]
        words = [word for word in _SPLIT_WORDS.split(value) if word.strip()]
        return sorted({found for word in words if (found := self.found(word, kwargs["lookups"]))})

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        lookups = kwargs.get("lookups")
        return "、".join(lookups.name(self.kind, one) for one in value or []) if lookups else ""

    def shown(self, value: Any, lookups: Any = None) -> str:
        return "、".join(lookups.name(self.kind, one) for one in value or [])

    def corrected(self, text: str, wrong: str, right: str) -> str:
        words = [right if clean_text(word)[:40] == wrong else word.strip() for word in _SPLIT_WORDS.split(text)]
        return "、".join(dict.fromkeys(word for word in words if word))
