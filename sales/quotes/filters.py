"""The filters of the list of quotes."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.people.models import User
from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from customers.customers.models import Customer
from customers.customers.search import search_ids
from sales.documents.models import CURRENCIES
from sales.quotes.models import Quote

SOON_DAYS = 7
VALIDITY: list[tuple[str, Any]] = [
    ("good", pgettext_lazy("quote", "still good")),
    ("soon", pgettext_lazy("quote", "expires within 7 days")),
    ("over", pgettext_lazy("quote", "expired")),
]


class QuoteFilter(RecordFilterSet):
    """What quotes can be narrowed down by; the newest version of each, unless old ones are asked for."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    state = WordsFilter("state", choices=Quote.State.choices, label=gettext_lazy("State"))
    validity = WordsFilter(choices=VALIDITY, method="valid", label=gettext_lazy("Validity"))
    owner = IdsFilter("owner", kind="person", words=("me",), label=gettext_lazy("Owner"))
    customer = IdsFilter("customer", kind="customer", label=gettext_lazy("Customer"))
    opportunity = IdsFilter("opportunity", kind="opportunity", label=gettext_lazy("Opportunity"))
    currency = WordsFilter("currency", choices=CURRENCIES, label=gettext_lazy("Currency"))
    gross_from = django_filters.NumberFilter("gross", "gte", label=gettext_lazy("Total from"))
    gross_until = django_filters.NumberFilter("gross", "lte", label=gettext_lazy("Total until"))
    issued_from = day_filter("issued_on", "gte", gettext_lazy("Date of the quote from"))
    issued_until = day_filter("issued_on", "lte", gettext_lazy("Date of the quote until"))
    old_versions = django_filters.BooleanFilter(
        method="versions", label=gettext_lazy("With old versions"), widget=forms.CheckboxInput
    )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; old versions are left out unless asked for."""
        rows = super().filter_queryset(queryset).filter(archived_at=None)
        wants_all = self.form.cleaned_data.get("old_versions")
        return rows if wants_all else rows.filter(is_current=True)

    def versions(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """All rows: what is left out otherwise is decided above."""
        return rows

    def valid(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Quotes in force that are good, expire soon or have expired."""
        today = timezone.localdate()
        conditions = {
            "good": Q(valid_until__gte=today),
            "soon": Q(valid_until__range=(today, today + timedelta(days=SOON_DAYS))),
            "over": Q(valid_until__lt=today),
        }
        if not value:
            return rows
        return rows.filter(reduce(or_, (conditions[word] for word in value)), state__in=Quote.RELEASED)

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Quotes whose number or title holds the text, or whose customer in reach fits it."""
        text = value.strip()
        seen = Customer.objects.visible_to(self.user).filter(pk__in=search_ids(value, self.user))
        return rows.filter(Q(number__icontains=text) | Q(title__icontains=text) | Q(customer__in=seen.values("pk")))

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"], form.fields["opportunity"]
        people = User.objects.filter(pk__in=Quote.objects.visible_to(self.user).values("owner_id")).order_by("name")
        form.fields["owner"].widget.choices = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in people)]
        return form
