"""The filters of the list of requirements."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from customers.customers.search import search_ids
from sales.documents.models import DocumentState
from sales.requirements.models import Requirement


class RequirementFilter(RecordFilterSet):
    """What requirements can be narrowed down by."""

    q = django_filters.CharFilter(method="matching", label=_("Search"), max_length=100)
    state = WordsFilter("state", choices=DocumentState.choices, label=_("State"))
    check = WordsFilter(
        "check_result", choices=[c for c in Requirement.Check.choices if c[0]], label=_("Technical check")
    )
    customer = IdsFilter("customer", kind="customer", label=_("Customer"))
    opportunity = IdsFilter("opportunity", kind="opportunity", label=_("Opportunity"))
    owner = IdsFilter("owner", kind="person", words=("me",), label=_("Owner"))
    wanted_from = day_filter("wanted_on", "gte", _("Wanted from"))
    wanted_until = day_filter("wanted_on", "lte", _("Wanted until"))
    created_from = day_filter("created_at", "date__gte", _("Created from"))
    created_until = day_filter("created_at", "date__lte", _("Created until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows, without archived ones."""
        rows: Any = super().filter_queryset(queryset)
        found: QuerySet[Any] = rows.live()
        return found

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Requirements whose title or number holds the text, or whose customer it fits."""
        text = value.strip()
        own = rows.filter(Q(title__icontains=text) | Q(number__icontains=text))
        return own if own.exists() else rows.filter(customer_id__in=search_ids(value, self.user))

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"], form.fields["opportunity"]
        people = [(row.pk, str(row)) for row in User.objects.active()]
        form.fields["owner"].widget.choices = [("", ""), ("me", str(_("me"))), *people]
        return form
