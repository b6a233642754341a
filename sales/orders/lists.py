"""The list of orders as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from sales.documents.naming import names_of
from sales.orders.filters import OrderFilter
from sales.orders.models import Order
from sales.orders.tables import ORDER_TABLE


class OrderListView(RecordListView):
    """All orders one may see."""

    model = Order
    filterset = OrderFilter
    table = ORDER_TABLE
    template = "sales/orders/_list.html"
    page = "orders"
    verbs = (BulkVerb(_("Export"), "download", "sales:order_export", "sales.export_contract"),)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What is still to be delivered, what waits for acceptance."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("Mine"), "owner=me", "sales.change_order"),
            BuiltInView("open", _("To be delivered"), "state=open,part&sort=due"),
            BuiltInView("delivered", _("To be accepted"), "state=delivered"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """One query for people and customers, one for the numbers of contracts."""
        shown = {column.name for column in columns}
        pointed: dict[str, set[int]] = {}
        for kind, name in (("person", "owner"), ("customer", "customer"), ("contract", "contract")):
            if name in shown:
                pointed[kind] = {pk for row in rows if (pk := getattr(row, f"{name}_id"))}
        return names_of(self.request.user, pointed, wanted)

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Orders")}
