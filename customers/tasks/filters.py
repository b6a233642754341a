"""The filters of the list of tasks."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from customers.customers.models import Customer
from customers.customers.search import search_ids
from customers.tasks.models import Task
from customers.tasks.people import overseen_by
from customers.tasks.querysets import CANCELLED, DONE, OPEN, due_between, overdue_at

STATES: list[tuple[str, Any]] = [
    ("open", pgettext_lazy("task", "open")),
    ("overdue", pgettext_lazy("task", "overdue")),
    ("today", pgettext_lazy("task", "due today")),
    ("done", pgettext_lazy("task", "done")),
    ("cancelled", pgettext_lazy("task", "cancelled")),
    ("any", pgettext_lazy("task", "any")),
]


class TaskFilter(RecordFilterSet):
    """What tasks can be narrowed down by; without a state only open ones are meant."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    state = WordsFilter(choices=STATES, method="in_state", label=gettext_lazy("State"))
    owner = IdsFilter("owner", kind="person", words=("me",), label=gettext_lazy("For"))
    given_by = IdsFilter("created_by", kind="person", words=("me",), label=gettext_lazy("Given by"))
    customer = IdsFilter("customer", kind="customer", words=("none",), label=gettext_lazy("Customer"))
    priority = WordsFilter("priority", choices=Task.Priority.choices, label=gettext_lazy("Priority"))
    due_from = day_filter("due_at", "date__gte", gettext_lazy("Due from"))
    due_until = day_filter("due_at", "date__lte", gettext_lazy("Due until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; only open ones unless a state is asked for."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.filter(OPEN)

    def in_state(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Tasks in any of the states."""
        if not value or "any" in value:
            return rows
        now = timezone.now()
        today = timezone.localdate(now)
        conditions = {
            "open": OPEN,
            "overdue": overdue_at(now),
            "today": OPEN & due_between(today, today),
            "done": DONE,
            "cancelled": CANCELLED,
        }
        return rows.filter(reduce(or_, (conditions[word] for word in value)))

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Tasks whose title holds the text, or whose customer in reach fits it."""
        seen = Customer.objects.visible_to(self.user).filter(pk__in=search_ids(value, self.user))
        return rows.filter(Q(title__icontains=value.strip()) | Q(customer__in=seen.values("pk")))

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"]
        people = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in overseen_by(self.user))]
        for name in ("owner", "given_by"):
            form.fields[name].widget.choices = people
        return form
