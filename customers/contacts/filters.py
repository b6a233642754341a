"""The filters of the list of contacts."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.access.masks import may_match_contact_details, where_known
from crm.people.models import User
from crm.records.custom import CustomRecordFilterSet, custom_people
from crm.records.filters import IdsFilter, WordsFilter, day_filter
from customers.contacts.models import Contact
from customers.customers.custom import CONTACT
from customers.customers.search import search_ids


class ContactFilter(CustomRecordFilterSet):
    """What contacts can be narrowed down by."""

    custom_label = CONTACT

    q = django_filters.CharFilter(method="matching", label=_("Search"), max_length=100)
    customer = IdsFilter("customer", kind="customer", label=_("Customer"))
    owner = IdsFilter("customer__owner", kind="person", words=("me", "none"), label=_("Owner of the customer"))
    power = WordsFilter("power", choices=[c for c in Contact.Power.choices if c[0]], label=_("Decision power"))
    created_from = day_filter("created_at", "date__gte", _("Created from"))
    created_until = day_filter("created_at", "date__lte", _("Created until"))

    def may_match_personal(self) -> bool:
        """As with phone and e-mail."""
        return may_match_contact_details(self.user)

    def where_personal(self) -> Q:
        """Where phone and e-mail of the customer may be known."""
        return where_known(self.user, "customer__")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; archived ones and those of archived customers never."""
        rows: Any = super().filter_queryset(queryset)
        found: QuerySet[Any] = rows.live().filter(customer__archived_at=None)
        return found

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Contacts of customers the text fits: by the person's name, or by the company's."""
        found = rows.filter(customer_id__in=search_ids(value, self.user))
        digits = value.replace(" ", "").replace("-", "")
        by_person = Q(name__icontains=value.strip())
        if digits.isdecimal() and may_match_contact_details(self.user):
            by_person |= Q(phone__contains=digits) & where_known(self.user, "customer__")
        return found.filter(by_person) if found.filter(by_person).exists() else found

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"], form.fields["customer"]
        form.fields["owner"].widget.choices = [("", ""), *self.people()]
        custom_people(form, self, User.objects.active())
        return form

    def people(self) -> list[tuple[Any, str]]:
        """Whose customers may be chosen."""
        return [("me", str(_("me"))), *((row.pk, str(row)) for row in User.objects.active())]
