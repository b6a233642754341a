"""The customer list as a declaration, and what is special about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.access.masks import sees_contact_details
from crm.records.custom import custom_columns, wanted_people
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from crm.records.together import Statement, read_together
from customers.contacts.models import Contact
from customers.customers.custom import CUSTOMER
from customers.customers.filters import CustomerFilter
from customers.customers.models import Customer, Star
from customers.customers.names import merged, names_of, names_wanted, wanted_by
from customers.customers.tables import CONTACT_COLUMNS, CUSTOMER_TABLE
from customers.pool.hiding import conceal


@dataclass(frozen=True)
class MainContact:
    """What the list shows of the main contact."""

    name: str
    job_title: str
    phone: str


def _shows_files(customer: Customer) -> bool:
    return customer.status != Customer.Status.POOL


class CustomerListView(RecordListView):
    """All customers one may see."""

    model = Customer
    filterset = CustomerFilter
    table = CUSTOMER_TABLE
    template = "customers/customers/_list.html"
    page = "customers"
    verbs: ClassVar[Sequence[BulkVerb]] = (
        BulkVerb(_("Transfer"), "arrow-left-right", "customers:transfer_new", "customers.transfer_customer"),
        BulkVerb(_("Tag"), "tag", "customers:customer_tag", "customers.change_customer"),
        BulkVerb(_("Set stage"), "flag", "customers:customer_stage", "customers.change_customer"),
        BulkVerb(_("Export"), "download", "customers:customer_export", "customers.export_customer"),
        BulkVerb(_("Protect"), "shield", "customers:customers_protect", "customers.protect_customer"),
        BulkVerb(_("Into the pool"), "waves", "customers:customers_release", "customers.release_customer"),
        BulkVerb(_("Discard lead"), "trash-2", "customers:customers_discard", "customers.discard_customer"),
        BulkVerb(_("Archive"), "archive", "customers:customers_archive", "customers.archive_customer"),
    )

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What people look at every day."""
        today = timezone.localdate()
        monday = today - timedelta(days=today.weekday())
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("My customers"), "owner=me", "customers.own_customer"),
            BuiltInView("due", _("Due this week"), f"next_follow_until={monday + timedelta(days=6)}&sort=next_follow"),
            BuiltInView("quiet", _("Not followed for 30 days"), "not_followed_for=30"),
            BuiltInView("new", _("New this week"), f"created_from={monday}&sort=-created"),
            BuiltInView("followed", _("Followed by me"), "followed=on"),
            BuiltInView("archived", _("Recycle bin"), "archived=on", "customers.archive_customer"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """One query for all names and for the main contacts where they are shown; what a pool hides is empty."""
        conceal(self.request.user, rows)
        fields = [field for column in columns for field in column.fields]
        people = wanted_people(CUSTOMER, columns, rows)
        parts: dict[str, QuerySet[Any] | Statement] = {**self.read_with(columns, rows)}
        if statement := names_wanted(merged(wanted_by(rows, fields), wanted, people)):
            parts["names"] = statement
        read = read_together(parts)
        found: dict[str, Any] = dict(names_of(read.get("names", [])))
        found["read"] = read
        found["star"] = {row["customer_id"]: True for row in read["star"]}
        found["main_contact"] = {row.pop("customer_id"): MainContact(**row) for row in read.get("main_contact", [])}
        return found

    def read_with(self, columns: Sequence[Column], rows: Sequence[Any]) -> dict[str, QuerySet[Any]]:
        """What is read in one query beside the names."""
        stars = Star.objects.filter(user=self.request.user, customer_id__in=[row.pk for row in rows])
        parts = {"star": stars.values("customer_id")}
        if any(column.name in CONTACT_COLUMNS for column in columns):
            parts["main_contact"] = self._main_contacts(rows)
        return parts

    def columns_for(self, user: Any) -> Sequence[Column]:
        """The declared columns, and one for each custom field."""
        return [*self.table.columns, *custom_columns(CUSTOMER, sees_contact_details, _shows_files)]

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """Which lines the shared menu of the rows has."""
        has = request.user.reach.has
        rights = {
            "change": has("customers.change_customer"),
            "write": has("customers.add_activity"),
            "transfer": has("customers.transfer_customer"),
            "archive": has("customers.archive_customer"),
        }
        return {"row_rights": rights, "list_title": _("Customers")}

    def _main_contacts(self, rows: Sequence[Any]) -> QuerySet[Any]:
        open_ids = [row.pk for row in rows if row.status != Customer.Status.POOL]  # a pool hides its people
        contacts = Contact.objects.visible_to(self.request.user).live()
        wanted = contacts.filter(customer_id__in=open_ids, is_primary=True)
        return wanted.values("customer_id", "name", "job_title", "phone")
