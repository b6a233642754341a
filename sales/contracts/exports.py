"""The export of contracts."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.records.export_views import export_page
from sales.contracts.filters import ContractFilter
from sales.contracts.models import ContractType
from sales.contracts.resources import ContractResource
from sales.documents.exporting import SalesExport, told_names

RIGHT, DETAILS_RIGHT = "sales.export_contract", "customers.export_contact_details"


def _look_up(wanted: dict[str, set[int]]) -> dict[str, dict[int, object]]:
    types = wanted.pop("contract_type", set())
    found: dict[str, dict[int, object]] = told_names(wanted)
    found["contract_type"] = dict(ContractType.objects.filter(pk__in=types).values_list("pk", "name")) if types else {}
    return found


EXPORT = SalesExport(_("Contracts"), ContractResource, ContractFilter, RIGHT, DETAILS_RIGHT, look_up=_look_up)


@needs(RIGHT)
def contract_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "sales.Contract", reverse("sales:contract_list"))
