"""Customers for other systems: over the same rows, filters, actions and masks as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from crm.people.models import User
from customers.base_data.models import Tag
from customers.customers.filters import CustomerFilter
from customers.customers.histories import HistorySerializer, history_page
from customers.customers.models import Customer
from customers.customers.serializers import CustomerSerializer
from customers.customers.tables import CUSTOMER_TABLE
from customers.pool import actions as pool_actions
from customers.pool.models import Pool


class ReleaseSerializer(serializers.Serializer[Any]):
    """Why a customer is given up, and into which pool (its name; none: the nearest)."""

    reason = serializers.CharField(max_length=500)
    pool = serializers.SlugRelatedField("name", queryset=Pool.objects.all(), required=False, allow_null=True)


class AssignSerializer(serializers.Serializer[Any]):
    """Who is to be responsible."""

    owner = serializers.SlugRelatedField("username", queryset=User.objects.all())
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class CustomerViewSet(RecordViewSet):
    """Customers in reach."""

    model = Customer
    scope = "customers"
    rights: ClassVar[dict[str, str]] = {
        "list": "customers.view_customer",
        "retrieve": "customers.view_customer",
        "history": "customers.view_history",
        "claim": pool_actions.CLAIM_RIGHT,
        "release": pool_actions.RELEASE_RIGHT,
        "assign": pool_actions.ASSIGN_RIGHT,
    }
    leans_on = ("customers.view_customer", "customers.view_pool", "customers.own_customer")
    filterset = CustomerFilter
    orders = tuple(CUSTOMER_TABLE.orders)
    serializer_class = CustomerSerializer

    def listed(self) -> QuerySet[Any]:
        """The rows a list starts from; the filters leave the recycle bin out unless it is asked for."""
        return self.get_queryset()

    def get_serializer_context(self) -> dict[str, Any]:
        """With the names of all tags."""
        return {**super().get_serializer_context(), "tag_names": dict(Tag.objects.values_list("pk", "name"))}

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With everything the fields name."""
        return rows.select_related("owner", "department", "pool", "stage", "level", "industry", "region", "source")

    @extend_schema(request=None, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: int) -> Response:
        """Take a customer out of its public pool; 409 where somebody was faster, 422 where a rule says no."""
        return self.answer(pool_actions.claim_customer(self.get_object(), actor=request.user))

    @extend_schema(request=ReleaseSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: int) -> Response:
        """Give a customer up into a public pool."""
        customer, body = self.get_object(), self.read_body(ReleaseSerializer)
        return self.answer(pool_actions.release_customer(customer, actor=request.user, **body))

    @extend_schema(request=AssignSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: int) -> Response:
        """Give a customer nobody owns to a person of one's departments."""
        customer, body = self.get_object(), self.read_body(AssignSerializer)
        return self.answer(pool_actions.assign_customer(customer, actor=request.user, **body))

    @extend_schema(responses=HistorySerializer(many=True), filters=False)
    @action(detail=True, methods=["get"])
    def history(self, request: Request, pk: int) -> Response:
        """What was done to the customer, newest first, changes made outside the application included."""
        self.refuse_parameters(("cursor", "page_size"))
        return Response(history_page(self.get_object(), request))
