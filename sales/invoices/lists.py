"""The list of invoices as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from sales.invoices.filters import InvoiceFilter
from sales.invoices.models import Invoice
from sales.invoices.names import names_for
from sales.invoices.tables import INVOICE_TABLE


class InvoiceListView(RecordListView):
    """All applications, invoices and red letters one may see."""

    model = Invoice
    filterset = InvoiceFilter
    table = INVOICE_TABLE
    template = "sales/invoices/_list.html"
    page = "invoices"
    verbs = (BulkVerb(_("Export"), "download", "sales:invoice_export", "sales.export_invoice"),)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What is on the way, to be issued, issued, taken back."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("Mine"), "owner=me", "sales.change_invoice"),
            BuiltInView("approval", _("In approval"), "state=pending,blocked,returned"),
            BuiltInView("to-issue", _("To be issued"), "state=approved,waiting_quota&sort=created"),
            BuiltInView("issued", _("Issued"), "state=issued,part_red,red&sort=-issued"),
            BuiltInView("red", _("Red letters"), "kind=red"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """One query for people, customers and contracts each."""
        return names_for(self.request.user, columns, rows, wanted)

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Invoices")}
