"""Products for other systems."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from sales.products import actions
from sales.products.filters import ProductFilter
from sales.products.formats import plain_number
from sales.products.models import Product, ProductCategory
from sales.products.secrets import hidden_fields
from sales.products.tables import PRODUCT_TABLE

KEEP = "sales.change_product"


def api_price(price: Decimal | None) -> str | None:
    """A price as the API writes it: two decimals, four where it needs them."""
    if price is None:
        return None
    return f"{price:.2f}" if price == round(price, 2) else f"{price:.4f}"


class ProductSerializer(serializers.ModelSerializer[Product]):
    """Something we sell; minimum price and cost are null for those who do not see them."""

    category_name = serializers.CharField(source="category.name", default=None, allow_null=True)
    list_price = serializers.SerializerMethodField()
    minimum_price = serializers.SerializerMethodField()
    cost_price = serializers.SerializerMethodField()
    tax_rate = serializers.SerializerMethodField(help_text="a fraction of one: 0.13 is 13 %")

    class Meta:
        model = Product
        fields = (
            "id", "code", "name", "spec", "category", "category_name", "unit", "currency", "list_price",
            "minimum_price", "cost_price", "tax_rate", "is_on_sale", "is_delivered", "service", "remark", "created_at",
            "changed_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_list_price(self, product: Product) -> str | None:
        """Per unit, without tax."""
        return api_price(product.list_price)

    def get_minimum_price(self, product: Product) -> str | None:
        """Null where there is none, and for those who do not see it."""
        return api_price(product.minimum_price)

    def get_cost_price(self, product: Product) -> str | None:
        """Null where there is none, and for those who do not see it."""
        return api_price(product.cost_price)

    def get_tax_rate(self, product: Product) -> str:
        """The rate as a fraction."""
        return plain_number(product.tax_rate)

    def to_representation(self, instance: Product) -> dict[str, Any]:
        """The fields, secret prices emptied for those who do not see them."""
        fields: dict[str, Any] = super().to_representation(instance)
        for name in hidden_fields(self.context["request"].user):
            fields[name] = None
        return fields


class ProductChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a product; prices are asked for by two people on its page."""

    code = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)
    spec = serializers.CharField(max_length=300, required=False, allow_blank=True)
    category = serializers.PrimaryKeyRelatedField(
        queryset=ProductCategory.objects.all(), required=False, allow_null=True
    )
    unit = serializers.CharField(max_length=20)
    currency = serializers.CharField(max_length=3, required=False)
    tax_rate = serializers.DecimalField(max_digits=7, decimal_places=6, min_value=Decimal(0))
    is_delivered = serializers.BooleanField(required=False)
    service = serializers.ChoiceField(choices=Product.Service.choices, required=False, allow_blank=True)
    remark = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class NothingSerializer(serializers.Serializer[Any]):
    """No values are needed."""


class ProductViewSet(RecordViewSet):
    """The catalogue."""

    model = Product
    scope = "products"
    rights: ClassVar[dict[str, str]] = {
        "list": "sales.view_product",
        "retrieve": "sales.view_product",
        "create": KEEP,
        "partial_update": KEEP,
        "on_sale": KEEP,
        "off_sale": KEEP,
    }
    leans_on = ("sales.view_product", "sales.view_floor_price", "sales.view_cost")
    filterset = ProductFilter
    orders = tuple(PRODUCT_TABLE.orders)
    serializer_class = ProductSerializer

    def listed(self) -> QuerySet[Any]:
        """The filter decides whether the recycle bin is meant."""
        return self.get_queryset()

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the category, which is named."""
        return rows.select_related("category")

    @extend_schema(request=ProductChangeSerializer, responses={201: ProductSerializer})
    def create(self, request: Request) -> Response:
        """Add a product: off sale and without a price."""
        values = self.read_body(ProductChangeSerializer)
        return self.answer(actions.create_product(actor=request.user, values=values), 201)

    @extend_schema(request=ProductChangeSerializer, responses=ProductSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields."""
        product, values = self.get_object(), self.read_body(ProductChangeSerializer, partial=True)
        return self.answer(actions.change_product(product, actor=request.user, values=values))

    @extend_schema(request=NothingSerializer, responses=ProductSerializer)
    @action(methods=["POST"], detail=True, url_path="on-sale")
    def on_sale(self, request: Request, pk: int) -> Response:
        """Offer it on new documents."""
        product = self._meant()
        actions.put_on_sale(product, actor=request.user)
        return self.answer(product)

    @extend_schema(request=NothingSerializer, responses=ProductSerializer)
    @action(methods=["POST"], detail=True, url_path="off-sale")
    def off_sale(self, request: Request, pk: int) -> Response:
        """Offer it no longer."""
        product = self._meant()
        actions.take_off_sale(product, actor=request.user)
        return self.answer(product)

    def _meant(self) -> Product:
        found: Product = self.get_object()
        self.read_body(NothingSerializer)
        return found
