"""The export of opportunities, with the names of the customers the person sees."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.access.masks import VIEW_RIGHT
from crm.people.models import User
from crm.records.export_views import export_page
from crm.records.exports import Export
from crm.records.filters import Names
from crm.records.selection import Selection
from customers.tasks.seen import with_seen_customer
from sales.opportunities.filters import OpportunityFilter
from sales.opportunities.names import names_for
from sales.opportunities.resources import OpportunityResource

RIGHT, DETAILS_RIGHT = "sales.export_opportunity", "customers.export_contact_details"


class OpportunityExport(Export):
    """Personal custom fields follow the contact details of the customer."""

    def rows(self, user: User, selection: Selection) -> QuerySet[Any]:
        """The chosen opportunities that the person may see and may export now."""
        return with_seen_customer(super().rows(user, selection), user)

    def details_open(self, user: User) -> Q:
        """The rows whose customer's contact details the person may take out; never while it is in a pool."""
        is_open = ~Q(customer__status="pool")
        for right in (self.details_right, VIEW_RIGHT):
            scope = user.reach.rows(right, "customer__") if user.reach.has(right) else Q(pk__in=[])
            is_open = is_open if scope is None else is_open & scope
        return is_open


def _look_up(wanted: dict[str, set[int]]) -> Names:
    return names_for(None, [], (), {kind: ids for kind, ids in wanted.items() if kind != "customer"})


EXPORT = OpportunityExport(
    _("Opportunities"), OpportunityResource, OpportunityFilter, RIGHT, DETAILS_RIGHT, look_up=_look_up
)


@needs(RIGHT)
def opportunity_export(request: SignedInRequest) -> HttpResponse:
    """Choose format, columns and reason."""
    return export_page(request, "sales.Opportunity", reverse("sales:opportunity_list"))
