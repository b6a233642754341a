"""Lists in pages by cursor: `page_size`, `ordering`, `cursor`; counts stop at 10,000."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from crm.records.keyset import COUNT_CAP, Cursor, Order, Page, capped_count, keyset_page, read_cursor

if TYPE_CHECKING:
    from crm.api.views import RecordViewSet

SIZE, SIZE_AT_MOST = 50, 200
PARAMETERS = ("page_size", "ordering", "cursor")


def page_size(request: Request) -> int:
    """The wanted number of rows; ValidationError (400) beyond 200."""
    text = request.query_params.get("page_size", "")
    if not text:
        return SIZE
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= SIZE_AT_MOST):
        message = _("A page has 1 to %(most)s rows.") % {"most": SIZE_AT_MOST}
        raise ValidationError({"page_size": ValidationError(message, code="bad_filter")})
    return int(text)


class KeysetPagination(BasePagination):
    """{"results", "next", "previous", "count"}; the view names its orders, the first one is the default."""

    request: Request
    page: Page
    count: int | None

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request, view: RecordViewSet, orders: Sequence[Order] = ()
    ) -> list[Any]:
        """The rows of the wanted page; ValidationError (400) for a size, order or cursor that makes no sense."""
        self.request = request
        size = page_size(request)
        order = _order(orders or view.orders, request.query_params.get("ordering", ""))
        cursor = read_cursor(request.query_params.get("cursor", ""), queryset, order)
        self.page = keyset_page(queryset, order, cursor, size)
        count = capped_count(queryset)
        self.count = count if count <= COUNT_CAP else None
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        """The body of a list."""
        return Response(
            {
                "results": data,
                "next": self._address(self.page.next),
                "previous": self._address(self.page.previous),
                "count": self.count,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same for OpenAPI."""
        address = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next", "previous", "count"],
            "properties": {
                "results": schema,
                "next": address,
                "previous": address,
                "count": {"type": "integer", "nullable": True, "description": "null above 10,000"},
            },
        }

    def get_schema_operation_parameters(self, view: RecordViewSet) -> list[dict[str, Any]]:
        """The parameters every list takes."""
        names = dict.fromkeys(order.name.removeprefix("-") for order in view.orders)
        ways = [*names, *(f"-{name}" for name in names)]
        return [
            _parameter("page_size", {"type": "integer", "minimum": 1, "maximum": SIZE_AT_MOST, "default": SIZE}),
            _parameter("ordering", {"type": "string", "enum": ways}),
            _parameter("cursor", {"type": "string"}, "out of `next` or `previous`"),
        ]

    def _address(self, cursor: Cursor | None) -> str | None:
        if cursor is None:
            return None
        return address_of(self.request, str(cursor))


def address_of(request: Request, cursor: str) -> str:
    """The address of another page of the same list."""
    parameters = request.query_params.copy()
    parameters["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")


def _order(orders: Sequence[Order], text: str) -> Order:
    if not text:
        return orders[0]
    named = {order.name.removeprefix("-"): order for order in orders} | {order.name: order for order in orders}
    if found := named.get(text):
        return found if found.name == text else _turned(found)
    if found := named.get(text.removeprefix("-")):
        return _turned(found)
    message = _("This list cannot be ordered by %(name)s.") % {"name": text[:60]}
    raise ValidationError({"ordering": ValidationError(message, code="bad_filter")})


def _turned(order: Order) -> Order:
    return replace(order, is_descending=not order.is_descending)


def _parameter(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
