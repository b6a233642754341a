"""The list of requests of persons as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from crm.records.filters import RecordFilterSet, WordsFilter, day_filter
from crm.records.keyset import Order
from crm.records.lists import BuiltInView, RecordListView
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import cell, day
from crm.ui.marks import status
from customers.privacy.erasure import masked_name
from customers.privacy.models import PersonRequest

KINDS: dict[str, Any] = dict(PersonRequest.Kind.choices)
TONES = {"new": "blue", "checked": "amber", "approved": "amber", "running": "blue", "done": "green", "refused": "red"}


class PersonRequestFilter(RecordFilterSet):
    """What requests can be narrowed down by."""

    q = django_filters.CharFilter("number", "icontains", label=gettext_lazy("Search"), max_length=100)
    kind = WordsFilter("kind", choices=PersonRequest.Kind.choices, label=gettext_lazy("Wish"))
    state = WordsFilter("state", choices=PersonRequest.State.choices, label=gettext_lazy("State"))
    is_open = django_filters.BooleanFilter(
        method="only_open", label=pgettext_lazy("request of a person", "Open"), widget=forms.CheckboxInput
    )
    late = django_filters.BooleanFilter(method="only_late", label=gettext_lazy("Overdue"), widget=forms.CheckboxInput)
    due_until = day_filter("due_on", "lte", gettext_lazy("Due until"))

    def only_open(self, rows: QuerySet[Any], name: str, value: bool | None) -> QuerySet[Any]:
        """Those somebody still has to do something about."""
        return rows.exclude(state__in=PersonRequest.ENDED) if value else rows

    def only_late(self, rows: QuerySet[Any], name: str, value: bool | None) -> QuerySet[Any]:
        """Open ones whose day has passed."""
        return rows.exclude(state__in=PersonRequest.ENDED).filter(due_on__lt=timezone.localdate()) if value else rows

    def choice_form(self) -> forms.Form:
        """The form without the search box."""
        form: forms.Form = self.form
        del form.fields["q"]
        return form


def _number(row: Any, viewer: Viewer) -> str:
    return format_html('<a class="trunc" href="{}">{}</a>', row.get_absolute_url(), row.number)


def _kind(row: Any, viewer: Viewer) -> str:
    return cell(str(KINDS[row.kind]))


def _person(row: Any, viewer: Viewer) -> str:
    return cell(row.person_name if row.opened_by_id == viewer.user.pk else masked_name(row.person_name))


def _state(row: Any, viewer: Viewer) -> str:
    return status(row.get_state_display(), TONES[row.state])


def _due(row: Any, viewer: Viewer) -> str:
    return status(_("overdue %(day)s") % {"day": day(row.due_on)}, "red") if row.is_late else day(row.due_on)


def _opener(row: Any, viewer: Viewer) -> str:
    return cell(str(row.opened_by))


def _received(row: Any, viewer: Viewer) -> str:
    return day(row.received_on)


TABLE = Table(
    columns=[
        Column("number", gettext_lazy("Number"), _number, ("number",), css="pin pin-2 c-main name", is_fixed=True),
        Column("kind", gettext_lazy("Wish"), _kind, ("kind",)),
        Column("state", gettext_lazy("State"), _state, ("state",)),
        Column("due", gettext_lazy("Due"), _due, ("due_on", "state"), "due"),
        Column("person", pgettext_lazy("request of a person", "Person"), _person, ("person_name",), css="c-hide"),
        Column(
            "opener", gettext_lazy("Opened by"), _opener,
            ("opened_by__name", "opened_by__username"), css="c-hide",
        ),
        Column("received", gettext_lazy("Received on"), _received, ("received_on",), css="c-hide soft"),
    ],
    orders=[
        Order("due", gettext_lazy("next deadline first"), "due_on"),
        Order("-due", gettext_lazy("last deadline first"), "due_on", True),
    ],
    always=("id", "number", "opened_by_id"),
)  # fmt: skip


class PersonRequestListView(RecordListView):
    """The requests one may see."""

    model = PersonRequest
    filterset = PersonRequestFilter
    table = TABLE
    template = "customers/privacy/_requests.html"
    page = "person-requests"

    def scoped(self, user: Any) -> QuerySet[Any]:
        """With who opened them."""
        rows: QuerySet[Any] = super().scoped(user)
        return rows.select_related("opened_by")

    def built_in_views(self) -> Sequence[BuiltInView]:
        """All, those to work on, those that are overdue."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("open", pgettext("request of a person", "Open"), "is_open=on"),
            BuiltInView("late", _("Overdue"), "late=on"),
        ]
