"""The filters of the list of opportunities."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from crm.records.custom import CustomRecordFilterSet, custom_people
from crm.records.filters import IdsFilter, WordsFilter, day_filter
from crm.ui.widgets import MoneyInput
from customers.customers.models import Customer
from customers.customers.search import search_ids
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage

LABEL = "sales.Opportunity"


class OpportunityFilter(CustomRecordFilterSet):
    """What opportunities can be narrowed down by; archived ones never show."""

    custom_label = LABEL

    q = django_filters.CharFilter(method="matching", label=_("Search"), max_length=100)
    state = WordsFilter("state", choices=Opportunity.State.choices, label=_("State"))
    stage = IdsFilter("stage", kind="opportunity_stage", label=_("Stage"))
    owner = IdsFilter("owner", kind="person", words=("me",), label=_("Owner"))
    customer = IdsFilter("customer", kind="customer", label=_("Customer"))
    loss_reason = IdsFilter("loss_reason", kind="loss_reason", label=_("Loss reason"))
    amount_min = django_filters.NumberFilter("amount", "gte", label=_("Amount at least"), widget=MoneyInput)
    amount_max = django_filters.NumberFilter("amount", "lte", label=_("Amount at most"), widget=MoneyInput)
    closing_from = day_filter("expected_close_on", "gte", _("Expected close from"))
    closing_until = day_filter("expected_close_on", "lte", _("Expected close until"))
    created_from = day_filter("created_at", "date__gte", _("Created from"))
    created_until = day_filter("created_at", "date__lte", _("Created until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; those in the recycle bin never."""
        rows: Any = super().filter_queryset(queryset)
        found: QuerySet[Any] = rows.live()
        return found

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Opportunities whose name or number holds the text, or whose customer in reach fits it."""
        text = value.strip()
        seen = Customer.objects.visible_to(self.user).filter(pk__in=search_ids(value, self.user))
        own = Q(name__icontains=text) | Q(number__icontains=text)
        return rows.filter(own | Q(customer__in=seen.values("pk")))

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"]
        people = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in User.objects.active())]
        form.fields["owner"].widget.choices = people
        for field, model in (("stage", OpportunityStage), ("loss_reason", LossReason)):
            form.fields[field].widget.choices = [("", ""), *model.objects.values_list("pk", "name")]
        custom_people(form, self, User.objects.active())
        return form
