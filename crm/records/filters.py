"""What every list filter shares: it knows the person, says so when a value makes no sense, and names what is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.operations.moments import on_days
from crm.ui.formats import long_day
from crm.ui.widgets import DayInput, SearchSelect

Names = Mapping[str, Mapping[int, Any]]


class _Several:
    """Reads `stage=1&stage=2` and `stage=1,2` alike."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name) or ""]
        return [word.strip() for value in values for word in str(value).split(",") if word.strip()]


class SeveralChecks(_Several, forms.CheckboxSelectMultiple):
    """A few choices, any number of them."""


class SeveralSelect(_Several, SearchSelect):
    """Many choices, one of them chosen on the page, several by address."""


class IdsField(forms.Field):
    """Ids of rows, or words such as `me`."""

    def __init__(self, *, words: Iterable[str] = (), **kwargs: Any) -> None:
        self.words = frozenset(words)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> list[int | str]:
        """The ids as numbers, the words as they are; ValidationError for anything else."""
        return [self._read(word) for word in value or []]

    def _read(self, word: str) -> int | str:
        if word in self.words:
            return word
        if word.isascii() and word.isdecimal() and len(word) < 19:
            return int(word)
        raise ValidationError(_("“%(value)s” is not one of the choices.") % {"value": word[:40]}, code="bad_choice")


class WordsField(forms.Field):
    """Some of a few fixed words."""

    def __init__(self, *, choices: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = list(choices)
        self.widget.choices = self.choices

    def to_python(self, value: Any) -> list[str]:
        """The words; ValidationError for one that is not offered."""
        known = {key for key, _label in self.choices}
        for word in value or []:
            if word not in known:
                raise ValidationError(
                    _("“%(value)s” is not one of the choices.") % {"value": word[:40]}, code="bad_choice"
                )
        return list(value or [])


class IdsFilter(django_filters.Filter):
    """Rows that point to one of the chosen rows; `kind` says where their names are looked up."""

    field_class = IdsField

    def __init__(self, *args: Any, kind: str, words: Iterable[str] = (), **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("widget", SeveralSelect)
        super().__init__(*args, words=tuple(words), **kwargs)

    def filter(self, rows: QuerySet[Any], value: list[int | str]) -> QuerySet[Any]:
        """The rows; `me` is the person who looks, `none` means without any."""
        if not value:
            return rows
        ids = [self.parent.user.pk if word == "me" else word for word in value if word != "none"]
        condition = Q(**{f"{self.field_name}__in": ids})
        if "none" in value:
            condition |= Q(**{f"{self.field_name}__isnull": True})
        return rows.filter(condition)

    def described(self, value: list[int | str], names: Names) -> str:
        """The names of what is chosen; ValidationError where one does not exist."""
        return _listed(self._name(word, names) for word in value)

    def _name(self, word: int | str, names: Names) -> str:
        if word == "me":
            return _("me")
        if word == "none":
            return _("nobody") if self.kind == "person" else _("none")
        found = names.get(self.kind, {}).get(int(word))
        if found is None:
            raise ValidationError(
                _("Filter “%(name)s”: there is no choice %(value)s.") % {"name": self.label, "value": word},
                code="bad_filter",
            )
        return str(found)


class WordsFilter(django_filters.Filter):
    """Rows whose value is one of a few fixed words."""

    field_class = WordsField

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        self.choices = list(choices)
        kwargs.setdefault("widget", SeveralChecks)
        super().__init__(*args, choices=self.choices, **kwargs)

    def filter(self, rows: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        """The rows."""
        return rows.filter(**{f"{self.field_name}__in": value}) if value else rows

    def described(self, value: list[str], names: Names) -> str:
        """The labels of what is chosen."""
        labels = dict(self.choices)
        return _listed(str(labels[word]) for word in value)


class _MomentFilter(django_filters.DateFilter):
    """Rows of moments from a day on (gte), or up to and with it (lte)."""

    def filter(self, queryset: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        if value is None:
            return queryset
        side = "first" if self.lookup_expr == "gte" else "last"
        return queryset.filter(on_days(self.field_name, **{side: value}))


def day_filter(field_name: str, lookup: str, label: Any) -> django_filters.DateFilter:
    """Rows of days up to (lte) or from (gte) a day; `date__gte` and `date__lte` where the column holds moments."""
    kind = _MomentFilter if lookup.startswith("date__") else django_filters.DateFilter
    return kind(field_name, lookup.removeprefix("date__"), label=label, widget=DayInput)


@dataclass(frozen=True)
class Chosen:
    """A filter that is set: its name in the address, its label and its value in words."""

    name: str
    label: str
    text: str


class RecordFilterSet(django_filters.FilterSet):
    """A FilterSet over rows already scoped to `user`; personal fields may only be matched by those who see them."""

    masked_filters: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: MultiValueDict[str, Any] | None, queryset: QuerySet[Any], user: Any) -> None:
        self.user = user
        super().__init__(params if params is not None else QueryDict(), queryset=queryset)

    @classmethod
    def added_names(cls) -> list[str]:
        """Names of the filters that are made for each request, besides the declared ones."""
        return []

    def rows(self) -> QuerySet[Any]:
        """The filtered rows; ValidationError naming the filter and the value where one is wrong."""
        if not self.is_valid():
            messages = []
            for name, errors in self.form.errors.items():
                label = self.filters[name].label if name in self.filters else name
                messages.append(_("Filter “%(name)s”: %(error)s") % {"name": label or name, "error": " ".join(errors)})
            raise ValidationError([ValidationError(message, code="bad_filter") for message in messages])
        found: QuerySet[Any] = self.qs
        return found

    def set_values(self) -> dict[str, Any]:
        """The filters that are set, with their read values."""
        values = self.form.cleaned_data
        return {name: values[name] for name in self.filters if values.get(name) not in (None, "", [], False)}

    def wanted_names(self) -> dict[str, set[int]]:
        """Ids whose names the chips need, by kind."""
        wanted: dict[str, set[int]] = {}
        for name, value in self.set_values().items():
            if isinstance(found := self.filters[name], IdsFilter):
                wanted.setdefault(found.kind, set()).update(word for word in value if isinstance(word, int))
        return wanted

    def chosen(self, names: Names) -> list[Chosen]:
        """What is set, in words; the search text is shown in its own field."""
        chips = []
        for name, value in self.set_values().items():
            if name == "q":
                continue
            found = self.filters[name]
            chips.append(Chosen(name, str(found.label or name), self._described(found, value, names)))
        return chips

    def _described(self, found: Any, value: Any, names: Names) -> str:
        if isinstance(found, IdsFilter | WordsFilter):
            return found.described(value, names)
        if isinstance(value, date):
            return long_day(value)
        return _("yes") if value is True else str(value)


def _listed(words: Iterable[str]) -> str:
    return pgettext("list", ", ").join(words)
