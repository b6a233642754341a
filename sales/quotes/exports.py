"""The export of quotes."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.records.export_views import export_page
from crm.records.selection import Selection
from customers.tasks.seen import with_seen_customer
from sales.documents.exporting import SalesExport, told_names
from sales.quotes.filters import QuoteFilter
from sales.quotes.resources import QuoteResource

RIGHT, DETAILS_RIGHT = "sales.export_quote", "customers.export_contact_details"


class QuoteExport(SalesExport):
    """Quotes, with the names of the customers the person sees."""

    def rows(self, user: User, selection: Selection) -> QuerySet[Any]:
        """The chosen quotes that the person may see and may export now."""
        return with_seen_customer(super().rows(user, selection), user)


EXPORT = QuoteExport(_("Quotes"), QuoteResource, QuoteFilter, RIGHT, DETAILS_RIGHT, look_up=told_names)


@needs(RIGHT)
def quote_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "sales.Quote", reverse("sales:quote_list"))
