"""Custom fields in lists and files: columns, filters, columns of sheets; kinds are explained in crm.customfields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.customfields.choice_kinds import labels, offered_choices
from crm.customfields.conditions import between, contains, holds, is_set
from crm.customfields.definitions import fields_of
from crm.customfields.fields import cleaned, kind_of, people_in, shown
from crm.customfields.models import CustomField
from crm.people.models import User
from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter
from crm.records.sheets import DayWidget, SheetField, SheetWidget, in_all_languages, refuse
from crm.records.tables import Column, Viewer
from crm.ui.formats import NOTHING, cell
from crm.ui.widgets import DayInput

PREFIX = "custom_"
HIDDEN = "****"
SHORT = 30
_NOTHING: tuple[Any, ...] = (None, "", [])
Kinds = CustomField.Kind
Sees = Callable[[Any, Any], bool]

# ── columns of a list ──


def custom_columns(label: str, sees: Sees, shows_files: Callable[[Any], bool] = lambda row: True) -> list[Column]:
    """A column for each custom field that lists offer; `sees(user, row)` decides whether personal ones are shown,
    `shows_files(row)` whether files are.
    """
    return [
        Column(one.parameter, one.title, _cell_of(one, sees, shows_files), ("custom",), css=_css(one), is_default=False)
        for one in fields_of(label).active
        if one.is_listed
    ]


def wanted_people(label: str, columns: Sequence[Column], rows: Iterable[Any]) -> dict[str, set[int]]:
    """The ids of colleagues whose names the custom columns of these rows need."""
    names = {column.name for column in columns}
    fields = [one for one in fields_of(label).active if one.parameter in names and one.kind == Kinds.USER]
    return {"person": {pk for row in rows for pk in people_in(fields, row.custom)}} if fields else {}


def _css(one: CustomField) -> str:
    return "c-hide num right" if kind_of(one).is_number else "c-hide"


def _cell_of(one: CustomField, sees: Sees, shows_files: Callable[[Any], bool]) -> Callable[[Any, Viewer], str]:
    def custom_cell(row: Any, viewer: Viewer) -> str:
        value = row.custom.get(one.key)
        if value is None:
            return NOTHING
        if one.is_personal and not sees(viewer.user, row):
            return SafeString(HIDDEN)
        text = shown(one, value, viewer.names.get("person", {}))
        if one.kind == Kinds.FILE:
            return linked(one, value, text) if shows_files(row) else SafeString(HIDDEN)
        return cell(text) if len(text) <= SHORT else format_html('<span class="trunc" title="{}">{}</span>', text, text)

    return custom_cell


def linked(one: CustomField, value: Any, text: str) -> str:
    """The text of a value, with the way to a file."""
    if one.kind != Kinds.FILE or not isinstance(value, dict):
        return text
    return format_html('<a class="trunc" href="{}">{}</a>', reverse("attachments:detail", args=[value["id"]]), text)


# ── filters of a list ──


class CustomRecordFilterSet(RecordFilterSet):
    """A FilterSet with a filter for each custom field of `custom_label`; personal ones only for those who may match."""

    custom_label: ClassVar[str]

    def __init__(self, params: Any, queryset: QuerySet[Any], user: Any) -> None:
        super().__init__(params, queryset, user)
        for name, found in custom_filters(self.custom_label).items():
            found.parent, found.model = self, queryset.model
            self.filters[name] = found
        if not self.may_match_personal():
            self._close_personal()
        self._refuse_switched_off()

    def may_match_personal(self) -> bool:
        """Whether the person may filter by personal fields."""
        return False

    def where_personal(self) -> Q:
        """The rows whose personal fields the person may know; a filter by one finds no others."""
        return Q()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; where a personal field is asked for, only those where it may be known."""
        rows: QuerySet[Any] = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        is_asked = any(asked.get(name) not in _NOTHING for name in self.filters if self._is_personal(name))
        return rows.filter(self.where_personal()) if is_asked else rows

    def _is_personal(self, name: str) -> bool:
        return bool(getattr(self.filters[name], "is_personal", False))

    @classmethod
    def added_names(cls) -> list[str]:
        """The filters of the custom fields."""
        return list(custom_filters(cls.custom_label))

    def people_filters(self) -> list[str]:
        """The filters that need colleagues to choose from."""
        return [name for name, found in self.filters.items() if isinstance(found, CustomPersonFilter)]

    def _close_personal(self) -> None:
        for name in [name for name, found in self.filters.items() if getattr(found, "is_personal", False)]:
            if self.data.get(name):
                self.filters[name] = _Refused(
                    label=self.filters[name].label, text=_("You do not see this field, so you cannot filter by it.")
                )
            else:
                del self.filters[name]

    def _refuse_switched_off(self) -> None:
        for name in self.data:
            if name.startswith(PREFIX) and name not in self.filters and self.data.get(name):
                self.filters[name] = _Refused(label=name, text=_("This field is no longer in use. Drop the filter."))


def custom_filters(label: str) -> dict[str, django_filters.Filter]:
    """New filters for the custom fields of a record, by name; a range has one for each end."""
    found: dict[str, django_filters.Filter] = {}
    for one in fields_of(label).active:
        if kind_of(one).is_range:
            ends = ("from", "until") if one.kind == Kinds.DATE else ("min", "max")
            for at, end in enumerate(ends):
                found[f"{one.parameter}__{end}"] = CustomRangeFilter(one, is_upper=bool(at))
        else:
            found[one.parameter] = _filter_of(one)
    for name, made in found.items():
        made.is_personal = made.custom_field.is_personal
        made.field_name = name
    return found


def _filter_of(one: CustomField) -> django_filters.Filter:
    if one.kind == Kinds.USER:
        return CustomPersonFilter(one)
    if one.kind == Kinds.FILE:
        return CustomFileFilter(one)
    return CustomTextFilter(one) if one.kind == Kinds.TEXT else CustomWordsFilter(one)


class CustomTextFilter(django_filters.CharFilter):
    """Rows whose text has a part."""

    def __init__(self, one: CustomField) -> None:
        super().__init__(label=one.title, max_length=100)
        self.custom_field = one

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows."""
        return rows.filter(contains(self.custom_field, value)) if value else rows


class CustomRangeFilter(django_filters.Filter):
    """Rows whose number, amount or day is not below, or not above, a limit."""

    def __init__(self, one: CustomField, *, is_upper: bool) -> None:
        words = {"label": one.title}
        if one.kind == Kinds.DATE:
            label = _("%(field)s until") if is_upper else _("%(field)s from")
        else:
            label = _("%(field)s at most") if is_upper else _("%(field)s at least")
        super().__init__(label=label % {"field": words["label"]})
        self.custom_field, self.is_upper = one, is_upper
        self.input = kind_of(one).input(one)
        self.field_class = type(self.input)

    @property
    def field(self) -> Any:
        """The form field of the kind, never required."""
        self.input.required, self.input.label, self.input.help_text = False, self.label, ""
        if self.custom_field.kind == Kinds.DATE:
            self.input.widget = DayInput()
        return self.input

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """The rows."""
        if value is None:
            return rows
        limit = cleaned(self.custom_field, value)
        low, high = (None, limit) if self.is_upper else (limit, None)
        return rows.filter(between(self.custom_field, low, high))


class CustomWordsFilter(WordsFilter):
    """Rows with one of the choices, or with none."""

    def __init__(self, one: CustomField) -> None:
        words = labels(one) if kind_of(one).has_choices else {"yes": _("yes"), "no": _("no")}
        super().__init__(one.parameter, choices=[*words.items(), ("none", _("not set"))], label=one.title)
        self.custom_field = one

    def filter(self, rows: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        """The rows."""
        if not value:
            return rows
        wanted: list[Any] = [word for word in value if word != "none"]
        if self.custom_field.kind == Kinds.YES_NO:
            wanted = [word == "yes" for word in wanted]
        condition = holds(self.custom_field, wanted)
        return rows.filter(condition | ~is_set(self.custom_field) if "none" in value else condition)


class CustomFileFilter(WordsFilter):
    """Rows with a file, or without one."""

    def __init__(self, one: CustomField) -> None:
        super().__init__(one.parameter, choices=[("yes", _("there is one")), ("none", _("not set"))], label=one.title)
        self.custom_field = one

    def filter(self, rows: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        """The rows; both words together are no limit."""
        if len(value) != 1:
            return rows
        return rows.filter(is_set(self.custom_field) if value == ["yes"] else ~is_set(self.custom_field))


class CustomPersonFilter(IdsFilter):
    """Rows that name one of the colleagues, or nobody."""

    def __init__(self, one: CustomField) -> None:
        super().__init__(one.parameter, kind="person", words=("me", "none"), label=one.title)
        self.custom_field = one

    def filter(self, rows: QuerySet[Any], value: list[int | str]) -> QuerySet[Any]:
        """The rows; `me` is the person who looks, `none` means without any."""
        if not value:
            return rows
        ids = [self.parent.user.pk if word == "me" else word for word in value if word != "none"]
        condition: Q = holds(self.custom_field, ids)
        return rows.filter(condition | ~is_set(self.custom_field) if "none" in value else condition)


class _Refused(django_filters.CharFilter):
    """A filter that somebody asks for and that is refused in words."""

    def __init__(self, label: Any, text: str) -> None:
        super().__init__(label=label)
        self.text = text

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """ValidationError."""
        raise ValidationError(self.text, code="bad_filter")


# ── columns of files ──


class CustomSheetField(SheetField):
    """The column of a custom field in spreadsheets."""

    def __init__(self, one: CustomField, whose: str = "", path: str = "custom", title: Any = "%(name)s") -> None:
        words = [word for word in (one.label, one.label_en, one.key) if word]
        titles = [text % {"name": word} for text in in_all_languages(title) for word in words]
        super().__init__(
            f"{whose}{one.parameter}", title % {"name": one.title}, _widget_of(one), path=path,
            aliases="|".join((*words, *titles)),
            mask="custom" if one.is_personal else "",
            required=one.is_required and one.default is None and kind_of(one).can_be_typed,
            readonly=not kind_of(one).can_be_typed,
        )  # fmt: skip
        self.custom_field, self.holder = one, f"{whose}custom"

    def source(self) -> Any:
        """The value as text, said by the database."""
        return kind_of(self.custom_field).as_text(self.custom_field, self.path)


def custom_sheet_fields(
    label: str, whose: str = "", path: str = "custom", title: Any = "%(name)s"
) -> dict[str, CustomSheetField]:
    """The columns of the custom fields, by name.

    Those of a record beside the one of the sheet begin with `whose`, lie at `path` and are called as `title` says.
    """
    found = (CustomSheetField(one, whose, path, title) for one in fields_of(label).active)
    return {column.attribute: column for column in found}


def _widget_of(one: CustomField) -> SheetWidget:
    if one.kind == Kinds.DATE:
        return CustomDayWidget(one)
    return CustomNumberWidget(one) if kind_of(one).is_number else CustomWidget(one)


class CustomWidget(SheetWidget):
    """Reads and shows cells as the kind of the field does."""

    def __init__(self, one: CustomField) -> None:
        super().__init__()
        self.custom_field = one

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        """The value as it is kept."""
        try:
            return kind_of(self.custom_field).read(self.custom_field, value)
        except ValidationError as refusal:
            if refusal.code == "bad_choice":
                raise refuse("unknown", **(refusal.params or {})) from None
            raise refuse("refused", message=" ".join(refusal.messages)) from None

    def shown(self, value: Any, lookups: Any = None) -> str:
        """As a person reads it."""
        people: Mapping[int, Any] = {}
        if self.custom_field.kind == Kinds.USER and value:
            people = {value: lookups.name("people", value)} if lookups else {}
        return shown(self.custom_field, value, people)

    def offers(self, lookups: Any) -> list[tuple[str, str]]:
        """The labels of the choices, or the names of colleagues."""
        kind = kind_of(self.custom_field)
        if kind.has_choices:
            return [(label, label) for _value, label in offered_choices(self.custom_field)]
        if self.custom_field.kind == Kinds.YES_NO:
            return [(_("yes"), _("yes")), (_("no"), _("no"))]
        return lookups.choices("people") if self.custom_field.kind == Kinds.USER else []

    def corrected(self, text: str, wrong: str, right: str) -> str:
        """The cell with the wrong part put right."""
        if self.custom_field.kind != Kinds.CHOICES:
            return right
        return pgettext("list", ", ").join(right if word.strip()[:40] == wrong else word for word in text.split(","))


class CustomNumberWidget(CustomWidget):
    """A number or an amount: a number in sheets."""


class CustomDayWidget(DayWidget):
    """A day, in any of the forms people write."""

    def __init__(self, one: CustomField) -> None:
        super().__init__()
        self.custom_field = one

    def shown(self, value: Any, lookups: Any = None) -> str:
        """In the reader's language."""
        return shown(self.custom_field, value, {})


def custom_people(form: Any, filters: CustomRecordFilterSet, people: Iterable[User]) -> None:
    """Offer colleagues in the filters of a filter page that ask for one."""
    names = filters.people_filters()
    if names:
        offered = [("", ""), ("me", _("me")), ("none", _("nobody")), *((one.pk, str(one)) for one in people)]
        for name in names:
            form.fields[name].widget.choices = offered
