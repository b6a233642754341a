"""The export of requirements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.records.export_views import export_page
from crm.records.selection import Selection
from customers.tasks.seen import with_seen_customer
from sales.documents.exporting import SalesExport, told_names
from sales.opportunities.models import Opportunity
from sales.quotes.exports import DETAILS_RIGHT, RIGHT
from sales.requirements.filters import RequirementFilter
from sales.requirements.resources import RequirementResource


class RequirementExport(SalesExport):
    """Requirements, with the names of the customers the person sees."""

    def rows(self, user: User, selection: Selection) -> QuerySet[Any]:
        """The chosen requirements that the person may see and may export now."""
        return with_seen_customer(super().rows(user, selection), user)


def _hidden(user: User) -> Mapping[str, Q]:
    """An opportunity is named where the person sees it, as on the page."""
    return {"opportunity": ~Q(opportunity__in=Opportunity.objects.visible_to(user).values("pk"))}


# whoever may take out quotes may take out what they answer to
EXPORT = RequirementExport(
    _("Requirements"), RequirementResource, RequirementFilter, RIGHT, DETAILS_RIGHT, hidden=_hidden, look_up=told_names
)


@needs(RIGHT)
def requirement_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "sales.Requirement", reverse("sales:requirement_list"))
