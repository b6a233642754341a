"""The export of invoices."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.records.export_views import export_page
from sales.documents.exporting import SalesExport, told_names
from sales.invoices.filters import InvoiceFilter
from sales.invoices.resources import InvoiceResource

RIGHT, DETAILS_RIGHT = "sales.export_invoice", "customers.export_contact_details"
EXPORT = SalesExport(_("Invoices"), InvoiceResource, InvoiceFilter, RIGHT, DETAILS_RIGHT, look_up=told_names)


@needs(RIGHT)
def invoice_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "sales.Invoice", reverse("sales:invoice_list"))
