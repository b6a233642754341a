"""Segments for other systems: which there are, and how many customers each has for who asks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from crm.records.keyset import Order
from customers.segments.conditions import in_words
from customers.segments.counting import count_of
from customers.segments.models import Segment


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    """A segment; its customers are `customers/?segment=<id>`."""

    owner = serializers.CharField(source="owner.username", help_text="user name")
    conditions = serializers.SerializerMethodField(help_text="null where they ask about a field hidden from you")

    class Meta:
        model = Segment
        fields = ("id", "name", "description", "owner", "is_shared", "conditions", "created_at", "changed_at")
        read_only_fields = fields

    def get_conditions(self, segment: Segment) -> dict[str, Any] | None:
        """The conditions, as the page tells them: not at all where one names a hidden field, for its value is there."""
        try:
            in_words(segment.conditions, self.context["request"].user)
        except ValidationError:
            return None
        return dict(segment.conditions)


class CountSerializer(serializers.Serializer[Any]):
    """How many customers in reach meet the conditions."""

    count = serializers.IntegerField()


class SegmentViewSet(RecordViewSet):
    """The own segments and those offered to everyone."""

    model = Segment
    scope = "customers"
    rights: ClassVar[dict[str, str]] = {
        "list": "customers.view_segment",
        "retrieve": "customers.view_segment",
        "size": "customers.view_segment",
    }
    leans_on = ("customers.view_customer", "customers.change_segment")
    orders = (Order("-created", "", "id", is_descending=True), Order("created", "", "id"))
    serializer_class = SegmentSerializer

    def with_relations(self, rows: Any) -> Any:
        """With the owner."""
        return rows.select_related("owner")

    @extend_schema(responses=CountSerializer, filters=False)
    @action(detail=True, methods=["get"], url_path="count")
    def size(self, request: Request, pk: int) -> Response:
        """How many customers in reach meet the conditions now; 422 where counting takes too long."""
        self.refuse_parameters()
        return Response({"count": count_of(self.get_object().conditions, request.user)})
