"""Requirements for other systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from customers.contacts.models import Contact
from customers.customers.models import Customer
from sales.documents.lines import MOST_LINES
from sales.documents.models import CURRENCIES
from sales.documents.verb_serializers import DocumentCommentSerializer, DocumentReasonSerializer
from sales.opportunities.models import Opportunity
from sales.requirements import actions
from sales.requirements.filters import RequirementFilter
from sales.requirements.lines import NeedValues
from sales.requirements.models import Requirement, RequirementLine
from sales.requirements.tables import REQUIREMENT_TABLE


class NeedSerializer(serializers.ModelSerializer[RequirementLine]):
    """One line of a requirement."""

    class Meta:
        model = RequirementLine
        fields = ("id", "position", "product", "name", "unit", "quantity", "target_price", "note")
        read_only_fields = fields


class RequirementSerializer(serializers.ModelSerializer[Requirement]):
    """A requirement; its totals stay zero, prices in its lines are what the customer hopes for."""

    lines = NeedSerializer(many=True)

    class Meta:
        model = Requirement
        fields = (
            "id", "number", "version", "customer", "opportunity", "contact", "owner", "title", "needs", "wanted_on",
            "currency", "net", "tax", "gross", "state", "check_result", "check_note", "checked_at", "lines",
            "submitted_at", "approved_at", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class NeedChangeSerializer(serializers.Serializer[Any]):
    """A line as it is to be; `id` where it changes a kept line."""

    id = serializers.IntegerField(min_value=1, required=False)
    product = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    unit = serializers.CharField(max_length=20, required=False, allow_blank=True)
    quantity = serializers.DecimalField(max_digits=14, decimal_places=4)
    target_price = serializers.DecimalField(max_digits=16, decimal_places=4, required=False, allow_null=True)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RequirementChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a requirement; `lines` replaces all its lines."""

    title = serializers.CharField(max_length=120)
    needs = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    wanted_on = serializers.DateField(required=False, allow_null=True)
    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    opportunity = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    currency = serializers.ChoiceField(choices=CURRENCIES, required=False)
    lines = NeedChangeSerializer(many=True, required=False, max_length=MOST_LINES)


class NewRequirementSerializer(RequirementChangeSerializer):
    """A new requirement of a customer."""

    customer = serializers.IntegerField(min_value=1)


class RequirementViewSet(RecordViewSet):
    """The requirements in reach."""

    model = Requirement
    scope = "requirements"
    rights: ClassVar[dict[str, str]] = {
        "list": "sales.view_requirement",
        "retrieve": "sales.view_requirement",
        "create": "sales.add_requirement",
        "partial_update": "sales.change_requirement",
        "submit": "sales.change_requirement",
        "withdraw": "sales.change_requirement",
        "void": "sales.change_requirement",
    }
    leans_on = ("customers.view_contact", "customers.view_customer", "sales.view_opportunity", "sales.view_requirement")
    filterset = RequirementFilter
    orders = tuple(REQUIREMENT_TABLE.orders)
    serializer_class = RequirementSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the lines."""
        return rows.select_related("customer").prefetch_related("lines")

    @extend_schema(request=NewRequirementSerializer, responses={201: RequirementSerializer})
    def create(self, request: Request) -> Response:
        """Write down what a customer needs; 404 where the customer is out of reach."""
        body = self.read_body(NewRequirementSerializer)
        customer = self.row_of(Customer, body.pop("customer"))
        lines = need_values(body.pop("lines", []))
        values = self.with_rows(body)
        made = actions.add_requirement(customer, actor=request.user, values=values, lines=lines)
        return self.answer(made, 201)

    @extend_schema(request=RequirementChangeSerializer, responses=RequirementSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields of a draft, returned or withdrawn requirement."""
        row, body = self.get_object(), self.read_body(RequirementChangeSerializer, partial=True)
        lines = need_values(body.pop("lines")) if "lines" in body else None
        changed = actions.change_requirement(row, actor=request.user, values=self.with_rows(body), lines=lines)
        return self.answer(changed)

    @extend_schema(request=DocumentCommentSerializer, responses=RequirementSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: int) -> Response:
        """Put it up for approval."""
        row, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        actions.submit_requirement(row, actor=request.user, **body)
        return self.answer(row)

    @extend_schema(request=DocumentCommentSerializer, responses=RequirementSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take it back before the last decision."""
        row, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        actions.withdraw_requirement(row, actor=request.user, **body)
        return self.answer(row)

    @extend_schema(request=DocumentReasonSerializer, responses=RequirementSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: int) -> Response:
        """Give it up, with a reason."""
        row, body = self.get_object(), self.read_body(DocumentReasonSerializer)
        return self.answer(actions.void_requirement(row, actor=request.user, **body))

    def with_rows(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the contact and opportunity in reach that it names; 404 where there is none."""
        named: dict[str, tuple[type[Any], str]] = {
            "contact": (Contact, "customers.view_contact"),
            "opportunity": (Opportunity, "sales.view_opportunity"),
        }
        found = {
            name: self.row_of(model, body[name], right)
            for name, (model, right) in named.items()
            if body.get(name) is not None
        }
        return {**body, **found}


def need_values(lines: Sequence[Mapping[str, Any]]) -> list[NeedValues]:
    """Lines of a body as the actions take them."""
    return [
        NeedValues(
            quantity=line["quantity"], name=line.get("name", ""), product_id=line.get("product"), id=line.get("id"),
            unit=line.get("unit", ""), target_price=line.get("target_price"), note=line.get("note", ""),
        )
        for line in lines
    ]  # fmt: skip
