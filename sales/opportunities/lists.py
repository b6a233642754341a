"""The list of opportunities as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.access.gate import SignedInRequest
from crm.access.masks import sees_contact_details
from crm.records.custom import custom_columns, wanted_people
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from customers.customers.models import Customer
from customers.customers.names import merged
from customers.tasks.seen import with_seen_customer
from sales.opportunities.filters import LABEL, OpportunityFilter
from sales.opportunities.models import Opportunity
from sales.opportunities.names import names_for
from sales.opportunities.tables import OPPORTUNITY_TABLE


def sees_personal(user: Any, row: Any) -> bool:
    """Whether the person sees personal custom fields of an opportunity: as contact details of its customer."""
    return sees_contact_details(user, row.customer)


def shows_files(row: Any) -> bool:
    """Files show nowhere while the customer is in a pool."""
    return bool(row.customer.status != Customer.Status.POOL)


class OpportunityListView(RecordListView):
    """All opportunities one may see."""

    model = Opportunity
    filterset = OpportunityFilter
    table = OPPORTUNITY_TABLE
    template = "sales/opportunities/_list.html"
    page = "opportunities"
    verbs = (BulkVerb(_("Export"), "download", "sales:opportunity_export", "sales.export_opportunity"),)

    def scoped(self, user: Any) -> QuerySet[Any]:
        """The opportunities in reach, with the names of the customers in reach."""
        return with_seen_customer(super().scoped(user).select_related("customer"), user)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What people look at every day."""
        today = timezone.localdate()
        last = (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("open", pgettext_lazy("opportunities", "Open"), "state=open"),
            BuiltInView("mine", _("Mine"), "owner=me&state=open", "sales.add_opportunity"),
            BuiltInView("closing", _("Closing this month"), f"state=open&closing_until={last}&sort=closing"),
            BuiltInView("won", pgettext_lazy("opportunities", "Won"), "state=won"),
            BuiltInView("lost", pgettext_lazy("opportunities", "Lost"), "state=lost"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """Names for cells and chips."""
        fields = [field for column in columns for field in column.fields]
        return names_for(self.request.user, rows, fields, merged(wanted, wanted_people(LABEL, columns, rows)))

    def columns_for(self, user: Any) -> Sequence[Column]:
        """The declared columns, and one for each custom field."""
        return [*self.table.columns, *custom_columns(LABEL, sees_personal, shows_files)]

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page, and whether the person changes opportunities."""
        may_change = request.user.reach.has("sales.change_opportunity")
        return {"list_title": _("Opportunities"), "may_change": may_change}
