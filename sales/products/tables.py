"""The columns of the list of products."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import cell, day
from crm.ui.marks import status
from sales.products.formats import price_text, rate_text
from sales.products.models import Product

SERVICE_LABELS: dict[str, Any] = dict(Product.Service.choices)


def state_mark(row: Any) -> str:
    """Whether a product is sold, as a mark."""
    if row.archived_at:
        return status(_("archived"), "gray", ring=True)
    if row.is_on_sale:
        return status(pgettext_lazy("product", "on sale"), "green")
    return status(pgettext_lazy("product", "not on sale"), "gray")


def _name(row: Any, viewer: Viewer) -> str:
    return format_html(
        '<a class="trunc" href="{}" title="{}">{}</a><span class="muted fs12 trunc">{}</span>',
        row.get_absolute_url(), row.name, row.name, row.spec,
    )  # fmt: skip


def _code(row: Any, viewer: Viewer) -> str:
    return format_html('<span class="num">{}</span>', row.code)


def _category(row: Any, viewer: Viewer) -> str:
    return cell(viewer.names["category"].get(row.category_id, ""))


def _price(field: str) -> Any:
    def price_cell(row: Any, viewer: Viewer) -> str:
        return cell(price_text(getattr(row, field), row.currency))

    return price_cell


def _rate(row: Any, viewer: Viewer) -> str:
    return cell(rate_text(row.tax_rate))


def _unit(row: Any, viewer: Viewer) -> str:
    return cell(row.unit)


def _state(row: Any, viewer: Viewer) -> str:
    return state_mark(row)


def _service(row: Any, viewer: Viewer) -> str:
    return cell(SERVICE_LABELS[row.service] if row.service else "")


def _created_at(row: Any, viewer: Viewer) -> str:
    return day(row.created_at)


PRODUCT_TABLE = Table(
    columns=[
        Column("name", _("Product"), _name, ("name", "spec"), css="pin pin-2 c-main name", is_fixed=True),
        Column("code", pgettext_lazy("product", "Code"), _code, ("code",), "code", "soft nowrap"),
        Column("category", _("Category"), _category, ("category_id",), css="c-hide"),
        Column("list_price", _("List price"), _price("list_price"), ("list_price", "currency"), css="c-num num right"),
        Column("minimum_price", _("Minimum price"), _price("minimum_price"), ("minimum_price", "currency"),
               css="c-hide c-num num right"),
        Column("cost_price", _("Cost"), _price("cost_price"), ("cost_price", "currency"), css="c-hide c-num num right",
               is_default=False),
        Column("unit", _("Unit"), _unit, ("unit",), css="c-hide"),
        Column("tax_rate", _("Tax rate"), _rate, ("tax_rate",), css="c-hide c-num num right"),
        Column("state", _("State"), _state, ("is_on_sale", "archived_at")),
        Column("service", _("Service to book"), _service, ("service",), css="c-hide", is_default=False),
        Column("created_at", _("Created"), _created_at, ("created_at",), "created", "c-hide soft", is_default=False),
    ],
    orders=[
        Order("code", _("by code"), "code"),
        Order("-code", _("by code, backwards"), "code", True),
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
    ],
    always=("id", "name", "code", "archived_at"),
)  # fmt: skip
