"""The export of customers."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.records.export_views import export_page
from crm.records.exports import Export
from customers.base_data.models import Tag
from customers.customers.filters import CustomerFilter
from customers.customers.names import look_up
from customers.customers.resources import CustomerResource
from customers.pool.hiding import hidden_where

RIGHT, DETAILS_RIGHT = "customers.export_customer", "customers.export_contact_details"


def _tag_names() -> dict[int, str]:
    return dict(Tag.objects.values_list("pk", "name"))


EXPORT = Export(
    _("Customers"), CustomerResource, CustomerFilter, RIGHT, DETAILS_RIGHT, {"tags": _tag_names}, hidden_where, look_up
)


@needs(RIGHT)
def customer_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "customers.Customer", reverse("customers:customer_list"))
