"""The register of consents as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.records.filters import RecordFilterSet, WordsFilter, day_filter
from crm.records.lists import BuiltInView, RecordListView
from crm.records.tables import Column
from customers.customers.models import Customer
from customers.customers.names import look_up
from customers.privacy.models import Consent, Purpose
from customers.privacy.tables import CONSENT_TABLE


class ConsentFilter(RecordFilterSet):
    """What consents can be narrowed down by."""

    q = django_filters.CharFilter("contact__name", "icontains", label=_("Search"), max_length=100)
    purpose = WordsFilter("purpose", choices=Purpose.choices, label=_("Purpose"))
    basis = WordsFilter("basis", choices=Consent.Basis.choices, label=_("Lawful basis"))
    withdrawn = django_filters.BooleanFilter(
        "withdrawn_at", "isnull", exclude=True, label=_("Withdrawn"), widget=forms.CheckboxInput
    )
    given_from = day_filter("given_at", "date__gte", _("Given from"))

    def choice_form(self) -> forms.Form:
        """The form without the search box."""
        form: forms.Form = self.form
        del form.fields["q"]
        return form


class ConsentListView(RecordListView):
    """All consents of people at customers one may see."""

    model = Consent
    filterset = ConsentFilter
    table = CONSENT_TABLE
    template = "customers/privacy/_list.html"
    page = "consents"

    def scoped(self, user: Any) -> QuerySet[Any]:
        """Consents with contact and customer; a pool hides its people."""
        rows: QuerySet[Any] = super().scoped(user)
        return rows.exclude(contact__customer__status=Customer.Status.POOL).select_related("contact__customer")

    def built_in_views(self) -> Sequence[BuiltInView]:
        """All, and those that were withdrawn."""
        return [BuiltInView("", _("All"), ""), BuiltInView("withdrawn", _("Withdrawn"), "withdrawn=on")]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """No names are needed."""
        return dict(look_up(wanted))

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Consents")}
