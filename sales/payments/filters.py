"""The filters of the lists of payments and of bank lines."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.people.models import User
from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from customers.customers.models import Customer
from sales.documents.models import CURRENCIES
from sales.payments.models import BankLine, Payment

KINDS: list[tuple[str, Any]] = [
    ("prepaid", gettext_lazy("with a rest (prepayment)")),
    ("used", gettext_lazy("allocated in full")),
    ("reversal", gettext_lazy("reversals")),
    ("payment", gettext_lazy("without reversals")),
]
MATCHED: list[tuple[str, Any]] = [
    ("yes", pgettext_lazy("payment", "with a bank line")),
    ("no", pgettext_lazy("payment", "without a bank line")),
]
_OF_KIND = {
    "prepaid": Q(state="approved", reverses=None, allocated__lt=F("amount")),
    "used": Q(state="approved", reverses=None, allocated=F("amount")),
    "reversal": Q(reverses__isnull=False),
    "payment": Q(reverses=None),
}


def customers_named(text: str, user: Any) -> QuerySet[Any]:
    """The ids of the customers in reach whose name holds a text."""
    return Customer.objects.visible_to(user).filter(name__icontains=text).values("pk")


class PaymentFilter(RecordFilterSet):
    """What payments can be narrowed down by; discarded drafts are left out."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    state = WordsFilter("state", choices=Payment.State.choices, label=gettext_lazy("State"))
    kind = WordsFilter(choices=KINDS, method="of_kind", label=gettext_lazy("Kind"))
    matched = WordsFilter(choices=MATCHED, method="with_line", label=gettext_lazy("Bank line"))
    method = WordsFilter("method", choices=Payment.Method.choices, label=gettext_lazy("Method"))
    owner = IdsFilter("owner", kind="person", words=("me",), label=gettext_lazy("Owner"))
    customer = IdsFilter("customer", kind="customer", label=gettext_lazy("Customer"))
    contract = IdsFilter("contract", kind="contract", words=("none",), label=gettext_lazy("Contract"))
    currency = WordsFilter("currency", choices=CURRENCIES, label=gettext_lazy("Currency"))
    paid_from = day_filter("paid_on", "gte", gettext_lazy("Paid from"))
    paid_until = day_filter("paid_on", "lte", gettext_lazy("Paid until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows."""
        return super().filter_queryset(queryset).filter(archived_at=None)

    def of_kind(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Payments of any of the kinds."""
        condition = Q()
        for word in value:
            condition |= _OF_KIND[word]
        return rows.filter(condition)

    def with_line(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Payments with or without a line of the bank."""
        return rows.filter(bank_line__isnull=value == ["no"]) if len(value) == 1 else rows

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Payments whose number, payer, reference, contract or customer holds the text."""
        text = value.strip()
        return rows.filter(
            Q(number__icontains=text)
            | Q(payer_name__icontains=text)
            | Q(reference__icontains=text)
            | Q(contract__number__icontains=text)
            | Q(customer__in=customers_named(text, self.user))
        )

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"], form.fields["contract"]
        people = User.objects.filter(pk__in=Payment.objects.visible_to(self.user).values("owner_id")).order_by("name")
        form.fields["owner"].widget.choices = [("", ""), ("me", _("me")), *((row.pk, str(row)) for row in people)]
        return form


class BankLineFilter(RecordFilterSet):
    """What bank lines can be narrowed down by; without a state the open ones are meant."""

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    state = WordsFilter("state", choices=BankLine.State.choices, label=gettext_lazy("State"))
    source = IdsFilter("source", kind="statement", label=gettext_lazy("Bank statement"))
    currency = WordsFilter("currency", choices=CURRENCIES, label=gettext_lazy("Currency"))
    booked_from = day_filter("booked_on", "gte", gettext_lazy("Booked from"))
    booked_until = day_filter("booked_on", "lte", gettext_lazy("Booked until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; only open ones unless a state or a statement is asked for."""
        rows = super().filter_queryset(queryset)
        given = self.form.cleaned_data
        return rows if given.get("state") or given.get("source") else rows.filter(state=BankLine.State.OPEN)

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Lines whose payer, purpose or reference holds the text."""
        text = value.strip()
        return rows.filter(Q(payer_name__icontains=text) | Q(memo__icontains=text) | Q(reference__icontains=text))

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["source"]
        return form
