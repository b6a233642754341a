"""Orders for other systems."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from sales.orders import acceptance, actions
from sales.orders.filters import OrderFilter
from sales.orders.models import Delivery, DeliveryLine, Order, OrderLine
from sales.orders.tables import ORDER_TABLE

VIEW, CHANGE = "sales.view_order", "sales.change_order"


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """One thing to deliver, and how much of it left the house."""

    class Meta:
        model = OrderLine
        fields = ("id", "position", "code", "name", "unit", "quantity", "delivered", "due_on")
        read_only_fields = fields


class DeliveryLineSerializer(serializers.ModelSerializer[DeliveryLine]):
    """How much of an order line goes with a delivery."""

    line = serializers.IntegerField(source="order_line_id")

    class Meta:
        model = DeliveryLine
        fields = ("line", "quantity")
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One delivery with what is in it."""

    lines = DeliveryLineSerializer(many=True)

    class Meta:
        model = Delivery
        fields = (
            "id", "number", "state", "planned_on", "delivered_on", "carrier", "tracking_number", "place", "remark",
            "answered_at", "answered_by", "answer_note", "lines",
        )  # fmt: skip
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    """The delivery side of a signed contract."""

    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, help_text="user name or null")
    opportunity = serializers.IntegerField(source="contract.opportunity_id", allow_null=True)
    lines = OrderLineSerializer(many=True)
    deliveries = DeliverySerializer(many=True)

    class Meta:
        model = Order
        fields = (
            "id", "number", "state", "contract", "customer", "opportunity", "owner", "due_on", "remark", "lines",
            "deliveries", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class OrderChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of an order."""

    due_on = serializers.DateField(required=False, allow_null=True)
    remark = serializers.CharField(max_length=500, required=False, allow_blank=True)


class QuantitySerializer(serializers.Serializer[Any]):
    """How much of an order line."""

    line = serializers.IntegerField(min_value=1)
    quantity = serializers.DecimalField(max_digits=14, decimal_places=4)


class DeliverSerializer(serializers.Serializer[Any]):
    """A delivery that is planned."""

    planned_on = serializers.DateField()
    carrier = serializers.CharField(max_length=60, required=False, allow_blank=True)
    tracking_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    place = serializers.CharField(max_length=200, required=False, allow_blank=True)
    remark = serializers.CharField(max_length=500, required=False, allow_blank=True)
    lines = QuantitySerializer(many=True, allow_empty=False)


class DeliveredSerializer(serializers.Serializer[Any]):
    """Which delivery left the house, when, and with what (as planned without `lines`)."""

    delivery = serializers.IntegerField(min_value=1)
    delivered_on = serializers.DateField()
    carrier = serializers.CharField(max_length=60, required=False, allow_blank=True)
    tracking_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    lines = QuantitySerializer(many=True, required=False)


class AnswerSerializer(serializers.Serializer[Any]):
    """Which delivery, and who of the customer said what."""

    delivery = serializers.IntegerField(min_value=1)
    name = serializers.CharField(max_length=80)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class CancelSerializer(serializers.Serializer[Any]):
    """Which delivery, and why."""

    delivery = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=200)


class OrderViewSet(RecordViewSet):
    """The orders in reach, with their deliveries."""

    model = Order
    scope = "orders"
    rights: ClassVar[dict[str, str]] = {
        "list": VIEW,
        "retrieve": VIEW,
        "partial_update": CHANGE,
        "deliver": CHANGE,
        "delivered": CHANGE,
        "accept": CHANGE,
        "refuse": CHANGE,
        "cancel": CHANGE,
    }
    leans_on = (VIEW,)
    filterset = OrderFilter
    orders = tuple(ORDER_TABLE.orders)
    serializer_class = OrderSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With people, lines and deliveries."""
        deliveries = Delivery.objects.order_by("pk").prefetch_related("lines")
        rows = rows.select_related("owner", "contract")
        return rows.prefetch_related("lines", Prefetch("deliveries", deliveries))

    @extend_schema(request=OrderChangeSerializer, responses=OrderSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change until when an order is delivered, and its remark."""
        order, body = self.get_object(), self.read_body(OrderChangeSerializer, partial=True)
        values = {"due_on": order.due_on, "remark": order.remark, **body}
        return self.answer(actions.change_order(order, actor=request.user, **values))

    @extend_schema(request=DeliverSerializer, responses={201: OrderSerializer})
    @action(["post"], detail=True)
    def deliver(self, request: Request, pk: int) -> Response:
        """Plan a delivery."""
        order, body = self.get_object(), self.read_body(DeliverSerializer)
        quantities = _quantities(body.pop("lines"))
        actions.plan_delivery(order, actor=request.user, quantities=quantities, values=body)
        return self.answer(order, 201)

    @extend_schema(request=DeliveredSerializer, responses=OrderSerializer)
    @action(["post"], detail=True)
    def delivered(self, request: Request, pk: int) -> Response:
        """Record that a delivery left the house."""
        order, body = self.get_object(), self.read_body(DeliveredSerializer)
        lines = body.pop("lines", None)
        actions.record_delivered(
            self._delivery(order, body), actor=request.user, quantities=None if lines is None else _quantities(lines),
            **body,
        )  # fmt: skip
        return self.answer(order)

    @extend_schema(request=AnswerSerializer, responses=OrderSerializer)
    @action(["post"], detail=True)
    def accept(self, request: Request, pk: int) -> Response:
        """Record that the customer accepted a delivery."""
        order, body = self.get_object(), self.read_body(AnswerSerializer)
        acceptance.accept_delivery(self._delivery(order, body), actor=request.user, **body)
        return self.answer(order)

    @extend_schema(request=AnswerSerializer, responses=OrderSerializer)
    @action(["post"], detail=True)
    def refuse(self, request: Request, pk: int) -> Response:
        """Record that the customer refused a delivery."""
        order, body = self.get_object(), self.read_body(AnswerSerializer)
        acceptance.refuse_delivery(self._delivery(order, body), actor=request.user, **body)
        return self.answer(order)

    @extend_schema(request=CancelSerializer, responses=OrderSerializer)
    @action(["post"], detail=True)
    def cancel(self, request: Request, pk: int) -> Response:
        """Cancel a delivery."""
        order, body = self.get_object(), self.read_body(CancelSerializer)
        actions.cancel_delivery(self._delivery(order, body), actor=request.user, **body)
        return self.answer(order)

    def _delivery(self, order: Order, body: dict[str, Any]) -> Delivery:
        """The delivery of this order that the body names; 404 where there is none."""
        found = order.deliveries.filter(pk=body.pop("delivery")).select_related("order").first()
        if found is None:
            raise Http404
        return found


def _quantities(lines: list[dict[str, Any]]) -> dict[int, Decimal]:
    return {one["line"]: one["quantity"] for one in lines}
