"""The filters of the list of receivables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.people.models import User
from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from sales.contracts.models import Contract
from sales.documents.models import CURRENCIES
from sales.payments.filters import customers_named
from sales.payments.receivables.ageing import BUCKETS, with_bucket

STATES: list[tuple[str, Any]] = [
    ("open", pgettext_lazy("instalments", "open")),
    ("overdue", pgettext_lazy("instalments", "overdue")),
    ("soon", pgettext_lazy("instalments", "due in 30 days")),
    ("part", pgettext_lazy("instalments", "paid in part")),
    ("no_day", pgettext_lazy("instalments", "waiting for a milestone")),
    ("done", pgettext_lazy("instalments", "paid")),
    ("any", pgettext_lazy("instalments", "any")),
]
SOON_DAYS = 30
_OPEN = Q(received__lt=F("amount"))


class ReceivableFilter(RecordFilterSet):
    """What instalments can be narrowed down by; without a state the open ones are meant."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    state = WordsFilter(choices=STATES, method="in_state", label=gettext_lazy("State"))
    bucket = WordsFilter(choices=[(name, words) for name, words, _last in BUCKETS], method="in_bucket",
                         label=gettext_lazy("Age"))  # fmt: skip
    owner = IdsFilter("contract__owner", kind="person", words=("me",), label=gettext_lazy("Owner"))
    customer = IdsFilter("contract__customer", kind="customer", label=gettext_lazy("Customer"))
    contract = IdsFilter("contract", kind="contract", label=gettext_lazy("Contract"))
    currency = WordsFilter("contract__currency", choices=CURRENCIES, label=gettext_lazy("Currency"))
    due_from = day_filter("due_on", "gte", gettext_lazy("Due from"))
    due_until = day_filter("due_on", "lte", gettext_lazy("Due until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; only open ones unless a state is asked for."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.filter(_OPEN)

    def in_state(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Instalments in any of the states."""
        if not value or "any" in value:
            return rows
        today = timezone.localdate()
        states = {
            "open": _OPEN,
            "overdue": _OPEN & Q(due_on__lt=today),
            "soon": _OPEN & Q(due_on__range=(today, today + timedelta(days=SOON_DAYS))),
            "part": _OPEN & Q(received__gt=0),
            "no_day": _OPEN & Q(due_on=None),
            "done": ~_OPEN,
        }
        condition = Q()
        for word in value:
            condition |= states[word]
        return rows.filter(condition)

    def in_bucket(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Instalments of any of the ages."""
        return with_bucket(rows, timezone.localdate()).filter(bucket__in=value) if value else rows

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Instalments whose name, contract or customer holds the text."""
        text = value.strip()
        return rows.filter(
            Q(name__icontains=text)
            | Q(contract__number__icontains=text)
            | Q(contract__title__icontains=text)
            | Q(contract__customer__in=customers_named(text, self.user))
        )

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"], form.fields["contract"]
        owners = Contract.objects.within(self.user, "sales.view_payment").values("owner_id")
        people = User.objects.filter(pk__in=owners).order_by("name")
        form.fields["owner"].widget.choices = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in people)]
        return form
