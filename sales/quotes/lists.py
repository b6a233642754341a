"""The list of quotes as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from customers.customers.names import look_up, merged
from customers.tasks.seen import seen_names
from sales.contracts.models import ContractQuote
from sales.opportunities.names import opportunity_names
from sales.quotes.filters import QuoteFilter
from sales.quotes.models import Quote
from sales.quotes.tables import QUOTE_TABLE


class QuoteListView(RecordListView):
    """The newest version of every quote one may see."""

    model = Quote
    filterset = QuoteFilter
    table = QUOTE_TABLE
    template = "sales/quotes/_list.html"
    page = "quotes"
    verbs = (BulkVerb(_("Export"), "download", "sales:quote_export", "sales.export_quote"),)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What is written, on its way, at the customer, about to expire."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("Mine"), "owner=me", "sales.change_quote"),
            BuiltInView("drafts", _("Drafts"), "state=draft,withdrawn,returned"),
            BuiltInView("approval", _("In approval"), "state=pending,blocked"),
            BuiltInView("sent", _("At the customer"), "state=sent&sort=valid"),
            BuiltInView("expiring", _("Expiring soon"), "validity=soon&sort=valid"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """One query for people and departments, one for the customers one sees."""
        customers, opportunities = wanted.pop("customer", set()), wanted.pop("opportunity", set())
        shown = {column.name for column in columns}
        pointed: dict[str, set[int]] = {}
        for kind, name in (("person", "owner"), ("department", "department")):
            if name in shown:
                pointed[kind] = {pk for row in rows if (pk := getattr(row, f"{name}_id"))}
        if "customer" in shown:
            customers |= {row.customer_id for row in rows}
        found: dict[str, Any] = dict(look_up(merged(pointed, wanted)))
        found["customer"] = seen_names(self.request.user, customers)
        found["opportunity"] = opportunity_names(self.request.user, opportunities)
        found["contracted"] = _contracted(rows) if shown & {"state", "valid_until"} else set()
        return found

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page, and whether the menu of the rows has verbs."""
        return {"list_title": _("Quotes"), "may_change": request.user.reach.has("sales.change_quote")}


def _contracted(rows: Sequence[Any]) -> set[int]:
    """Which of these quotes feed a living contract."""
    links = ContractQuote.objects.filter(quote__in=[row.pk for row in rows], ended_at=None)
    return set(links.values_list("quote_id", flat=True))
