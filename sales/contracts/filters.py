"""The filters of the list of contracts."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.people.models import User
from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from sales.contracts.models import Contract, ContractType
from sales.documents.models import CURRENCIES
from sales.documents.naming import customers_like

KINDS: list[tuple[str, Any]] = [("main", gettext_lazy("contracts")), ("supplement", gettext_lazy("supplements"))]


class ContractFilter(RecordFilterSet):
    """What contracts can be narrowed down by."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    state = WordsFilter("state", choices=Contract.State.choices, label=gettext_lazy("State"))
    owner = IdsFilter("owner", kind="person", words=("me",), label=gettext_lazy("Owner"))
    customer = IdsFilter("customer", kind="customer", label=gettext_lazy("Customer"))
    opportunity = IdsFilter("opportunity", kind="opportunity", label=gettext_lazy("Opportunity"))
    type = IdsFilter("type", kind="contract_type", label=gettext_lazy("Type"))
    kind = WordsFilter(choices=KINDS, method="of_kind", label=gettext_lazy("Kind"))
    currency = WordsFilter("currency", choices=CURRENCIES, label=gettext_lazy("Currency"))
    signed_from = day_filter("signed_on", "gte", gettext_lazy("Signed from"))
    signed_until = day_filter("signed_on", "lte", gettext_lazy("Signed until"))
    ends_from = day_filter("ends_on", "gte", gettext_lazy("Ends from"))
    ends_until = day_filter("ends_on", "lte", gettext_lazy("Ends until"))
    created_from = day_filter("created_at", "date__gte", gettext_lazy("Created from"))
    created_until = day_filter("created_at", "date__lte", gettext_lazy("Created until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; discarded drafts are left out."""
        return super().filter_queryset(queryset).filter(archived_at=None)

    def of_kind(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Contracts, supplements, or both."""
        return rows.filter(main__isnull=value == ["main"]) if len(value) == 1 else rows

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Contracts whose number, title or customer holds the text."""
        text = value.strip()
        return rows.filter(Q(number__icontains=text) | Q(title__icontains=text) | customers_like(self.user, text))

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"], form.fields["opportunity"]
        people = User.objects.filter(pk__in=Contract.objects.visible_to(self.user).values("owner_id")).order_by("name")
        form.fields["owner"].widget.choices = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in people)]
        types = ContractType.objects.values_list("pk", "name")
        form.fields["type"].widget.choices = [("", ""), *types]
        return form
