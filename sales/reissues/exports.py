"""The export of reissues."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.records.export_views import export_page
from sales.documents.exporting import SalesExport, told_names
from sales.invoices.exports import DETAILS_RIGHT, RIGHT
from sales.reissues.filters import ReissueFilter
from sales.reissues.resources import ReissueResource

# whoever may take out invoices may take out their reissues, as with payments and receivables
EXPORT = SalesExport(_("Reissues"), ReissueResource, ReissueFilter, RIGHT, DETAILS_RIGHT, look_up=told_names)


@needs(RIGHT)
def reissue_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "sales.Reissue", reverse("sales:reissue_list"))
