"""The filters of the list of reissues."""

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
from sales.invoices.models import Reissue


class ReissueFilter(RecordFilterSet):
    """What reissues can be narrowed down by."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    state = WordsFilter("state", choices=Reissue.State.choices, label=gettext_lazy("State"))
    reason = WordsFilter("reason", choices=Reissue.Reason.choices, label=gettext_lazy("Reason"))
    confirmation = WordsFilter(
        "confirmation", choices=Reissue.Confirmation.choices[1:], label=gettext_lazy("Confirmation form")
    )
    owner = IdsFilter("owner", kind="person", words=("me",), label=gettext_lazy("Owner"))
    customer = IdsFilter("customer", kind="customer", label=gettext_lazy("Customer"))
    contract = IdsFilter("contract", kind="contract", label=gettext_lazy("Contract"))
    created_from = day_filter("created_at", "date__gte", gettext_lazy("Created from"))
    created_until = day_filter("created_at", "date__lte", gettext_lazy("Created until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; discarded drafts are left out."""
        return super().filter_queryset(queryset).filter(archived_at=None)

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Reissues whose number, invoice or customer holds the text."""
        text = value.strip()
        return rows.filter(
            Q(number__icontains=text) | Q(invoice__invoice_number__contains=text) | customers_like(self.user, text)
        )

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"], form.fields["contract"]
        people = User.objects.filter(pk__in=Reissue.objects.visible_to(self.user).values("owner_id")).order_by("name")
        form.fields["owner"].widget.choices = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in people)]
        return form
