"""The leads inbox as a declaration: what waits for an owner, and what its owner has not touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb
from crm.records.tables import Column
from customers.activities.models import Activity
from customers.customers.lists import CustomerListView
from customers.customers.models import Customer
from customers.leads.tables import LEAD_TABLE


class LeadListView(CustomerListView):
    """Potential customers in reach, and leads not followed up since their owner received them."""

    table = LEAD_TABLE
    template = "customers/leads/_list.html"
    page = "leads"
    verbs = (
        BulkVerb(_("Hand out"), "shuffle", "customers:leads_hand_out", "customers.assign_customer"),
        BulkVerb(_("Discard lead"), "trash-2", "customers:customers_discard", "customers.discard_customer"),
    )

    def scoped(self, user: Any) -> QuerySet[Any]:
        """Both kinds; one statement over two partial indexes."""
        rows = Customer.objects.visible_to(user)
        return rows.waiting() | rows.unworked()

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What waits, and what lies."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("waiting", _("Waiting"), "status=potential"),
            BuiltInView("unworked", _("Not followed up yet"), "status=lead&unworked=on"),
        ]

    def columns_for(self, user: Any) -> Sequence[Column]:
        """Those of the inbox."""
        return self.table.columns

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """With what each lead said."""
        found = super().names(columns, rows, wanted)
        found["note"] = {row["customer_id"]: row["content"] for row in found["read"].get("note", [])}
        return found

    def read_with(self, columns: Sequence[Column], rows: Sequence[Any]) -> dict[str, QuerySet[Any]]:
        """The first note of each lead too, where it is shown."""
        parts = super().read_with(columns, rows)
        if any(column.name == "note" for column in columns):
            notes = Activity.objects.visible_to(self.request.user).live()
            first = notes.filter(customer__in=[row.pk for row in rows], kind=Activity.Kind.NOTE)
            parts["note"] = first.order_by("customer", "pk").distinct("customer").values("customer_id", "content")
        return parts

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """Which verbs fit the rows that are shown."""
        context = {**super().more(request), "list_title": _("Leads")}
        return {**context, "is_unworked": request.GET.get("unworked") == "on"}
