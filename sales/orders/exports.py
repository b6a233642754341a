"""The export of orders."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.records.export_views import export_page
from sales.contracts.exports import DETAILS_RIGHT, RIGHT
from sales.contracts.models import Contract
from sales.documents.exporting import SalesExport, told_names
from sales.orders.filters import OrderFilter
from sales.orders.resources import OrderResource


def _hidden(user: User) -> Mapping[str, Q]:
    """Pages of orders tell no prices: the amount is for those who see the contract."""
    unseen = ~Q(contract__in=Contract.objects.visible_to(user).values("pk"))
    return {"currency": unseen, "amount": unseen}


# whoever may take out contracts may take out their orders, as with invoices and reissues
EXPORT = SalesExport(
    _("Orders"), OrderResource, OrderFilter, RIGHT, DETAILS_RIGHT, hidden=_hidden, look_up=told_names
)  # fmt: skip


@needs(RIGHT)
def order_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "sales.Order", reverse("sales:order_list"))
