"""The list of reissues as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from sales.invoices.models import Reissue
from sales.invoices.names import names_for
from sales.reissues.filters import ReissueFilter
from sales.reissues.tables import REISSUE_TABLE


class ReissueListView(RecordListView):
    """All reissues one may see; the open ones are the list of month end."""

    model = Reissue
    filterset = ReissueFilter
    table = REISSUE_TABLE
    template = "sales/reissues/_list.html"
    page = "reissues"
    verbs = (BulkVerb(_("Export"), "download", "sales:reissue_export", "sales.export_invoice"),)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """All, and the chains that are not closed."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("Mine"), "owner=me", "sales.change_reissue"),
            BuiltInView(
                "open", pgettext_lazy("reissues", "Open"), "state=pending,blocked,approved,red_issued&sort=created"
            ),
            BuiltInView("to-issue", _("To be red-lettered"), "state=approved&sort=created"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """One query for people, customers and invoices each."""
        return names_for(self.request.user, columns, rows, wanted)

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Reissues")}
