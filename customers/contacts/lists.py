"""The list of contacts as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.access.masks import sees_contact_details
from crm.records.custom import custom_columns, wanted_people
from crm.records.lists import BuiltInView, RecordListView
from crm.records.tables import Column
from customers.contacts.filters import ContactFilter
from customers.contacts.models import Contact
from customers.contacts.tables import CONTACT_TABLE
from customers.customers.custom import CONTACT
from customers.customers.names import look_up, merged
from customers.tasks.seen import seen_names


def _sees(user: Any, contact: Contact) -> bool:
    return sees_contact_details(user, contact.customer)


class ContactListView(RecordListView):
    """All contacts one may see."""

    model = Contact
    filterset = ContactFilter
    table = CONTACT_TABLE
    template = "customers/contacts/_list.html"
    page = "contacts"

    def scoped(self, user: Any) -> QuerySet[Any]:
        """Contacts with the customer each belongs to, which masks and links need."""
        return super().scoped(user).select_related("customer")

    def built_in_views(self) -> Sequence[BuiltInView]:
        """All, and those at one's own customers."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("At my customers"), "owner=me", "customers.own_customer"),
            BuiltInView("deciders", _("Deciders"), "power=decides"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """Names for the chips; a customer that is filtered by is named to those who see it."""
        chosen = wanted.pop("customer", set())
        found: dict[str, Any] = dict(look_up(merged(wanted, wanted_people(CONTACT, columns, rows))))
        return {**found, "customer": seen_names(self.request.user, chosen)}

    def columns_for(self, user: Any) -> Sequence[Column]:
        """The declared columns, and one for each custom field."""
        return [*self.table.columns, *custom_columns(CONTACT, _sees)]

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Contacts")}
