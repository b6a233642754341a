"""The filters of the list of orders."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.people.models import User
from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from sales.documents.naming import customers_like
from sales.orders.models import Order


class OrderFilter(RecordFilterSet):
    """What orders can be narrowed down by."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    state = WordsFilter("state", choices=Order.State.choices, label=gettext_lazy("State"))
    owner = IdsFilter("owner", kind="person", words=("me",), label=gettext_lazy("Owner"))
    customer = IdsFilter("customer", kind="customer", label=gettext_lazy("Customer"))
    contract = IdsFilter("contract", kind="contract", label=gettext_lazy("Contract"))
    due_from = day_filter("due_on", "gte", gettext_lazy("Due from"))
    due_until = day_filter("due_on", "lte", gettext_lazy("Due until"))

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Orders whose number, contract or customer holds the text."""
        text = value.strip()
        return rows.filter(
            Q(number__icontains=text)
            | Q(contract__number__icontains=text)
            | Q(contract__title__icontains=text)
            | customers_like(self.user, text)
        )

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        for name in ("q", "customer", "contract"):
            del form.fields[name]
        people = User.objects.filter(pk__in=Order.objects.visible_to(self.user).values("owner_id")).order_by("name")
        form.fields["owner"].widget.choices = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in people)]
        return form
