"""The filters of the list of follow-ups."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.people.models import User
from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from customers.activities.models import Activity
from customers.customers.search import search_ids


class ActivityFilter(RecordFilterSet):
    """What follow-ups can be narrowed down by."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    author = IdsFilter("author", kind="person", words=("me",), label=gettext_lazy("By"))
    kind = WordsFilter("kind", choices=Activity.Kind.choices, label=gettext_lazy("Kind"))
    happened_from = day_filter("happened_at", "date__gte", gettext_lazy("From"))
    happened_until = day_filter("happened_at", "date__lte", gettext_lazy("Until"))
    customer = IdsFilter("customer", kind="customer", label=gettext_lazy("Customer"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; archived ones and those of archived customers never."""
        rows: Any = super().filter_queryset(queryset)
        found: QuerySet[Any] = rows.live().filter(customer__archived_at=None)
        return found

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Follow-ups of customers the text fits."""
        return rows.filter(customer_id__in=search_ids(value, self.user))

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"]
        people = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in User.objects.active())]
        form.fields["author"].widget.choices = people
        return form
