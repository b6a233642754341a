"""The list of requirements as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from customers.tasks.seen import with_seen_customer
from sales.opportunities.names import names_for
from sales.requirements.filters import RequirementFilter
from sales.requirements.models import Requirement
from sales.requirements.tables import REQUIREMENT_TABLE


class RequirementListView(RecordListView):
    """All requirements in reach."""

    model = Requirement
    filterset = RequirementFilter
    table = REQUIREMENT_TABLE
    template = "sales/requirements/_list.html"
    page = "requirements"
    verbs = (BulkVerb(_("Export"), "download", "sales:requirement_export", "sales.export_quote"),)

    def scoped(self, user: Any) -> Any:
        """The rows with the names of the customers in reach."""
        return with_seen_customer(super().scoped(user), user)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """All, one's own, those in approval and those to be quoted."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("Mine"), "owner=me"),
            BuiltInView("waiting", _("In approval"), "state=pending,blocked"),
            BuiltInView("approved", pgettext_lazy("document", "Approved"), "state=approved"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """Names for cells and chips."""
        fields = [field for column in columns for field in column.fields]
        return names_for(self.request.user, rows, fields, wanted)

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Requirements")}
