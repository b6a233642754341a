"""The list of products as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from sales.products.filters import ProductFilter
from sales.products.models import Product, ProductCategory
from sales.products.secrets import hidden_fields
from sales.products.tables import PRODUCT_TABLE

KEEP = "sales.change_product"


class ProductListView(RecordListView):
    """All products."""

    model = Product
    filterset = ProductFilter
    table = PRODUCT_TABLE
    template = "sales/products/_list.html"
    page = "products"
    verbs = (
        BulkVerb(_("Put on sale"), "package-check", "sales:products_on_sale", KEEP),
        BulkVerb(_("Take off sale"), "package", "sales:products_off_sale", KEEP),
        BulkVerb(_("Export"), "download", "sales:product_export", "sales.export_product"),
    )

    def built_in_views(self) -> Sequence[BuiltInView]:
        """All, those on sale, those in the recycle bin."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("on-sale", _("On sale"), "state=on"),
            BuiltInView("off-sale", _("Not on sale"), "state=off"),
            BuiltInView("archived", _("Recycle bin"), "archived=on", KEEP),
        ]

    def columns_for(self, user: Any) -> Sequence[Column]:
        """The columns, without the secret prices the person does not see."""
        hidden = hidden_fields(user)
        return [column for column in self.table.columns if column.name not in hidden]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """The names of the categories, in one query."""
        ids = wanted.get("category", set())
        if any(column.name == "category" for column in columns):
            ids = ids | {row.category_id for row in rows if row.category_id}
        found = ProductCategory.objects.filter(pk__in=ids).values_list("pk", "name") if ids else ()
        return {"category": dict(found)}

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page, and whether the person keeps products."""
        return {"list_title": _("Products"), "may_keep": request.user.reach.has(KEEP)}
