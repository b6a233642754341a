"""The export of products; minimum prices and costs stay empty for those who do not see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.records.export_views import export_page
from crm.records.filters import Names
from sales.documents.exporting import SalesExport
from sales.products.filters import ProductFilter
from sales.products.models import ProductCategory
from sales.products.resources import ProductResource
from sales.products.secrets import hidden_fields

RIGHT = "sales.export_product"


def _hidden(user: Any) -> Mapping[str, Q]:
    return {name: Q(pk__isnull=False) for name in hidden_fields(user)}


def _look_up(wanted: dict[str, set[int]]) -> Names:
    found = ProductCategory.objects.filter(pk__in=wanted.get("category", set()))
    return {"category": dict(found.values_list("pk", "name"))}


EXPORT = SalesExport(_("Products"), ProductResource, ProductFilter, RIGHT, RIGHT, hidden=_hidden, look_up=_look_up)


@needs(RIGHT)
def product_export(request: SignedInRequest) -> HttpResponse:
    """Choose format, columns and reason."""
    return export_page(request, "sales.Product", reverse("sales:product_list"))
