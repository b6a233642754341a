"""Contracts for other systems."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from crm.attachments.models import Attachment
from crm.people.models import User
from customers.contacts.models import Contact
from sales.contracts import actions, ending, making, planning
from sales.contracts.filters import ContractFilter
from sales.contracts.models import Contract, ContractLine, ContractType, Instalment
from sales.contracts.offered import usable_quotes
from sales.contracts.signing import WAIVE_RIGHT, sign_contract
from sales.contracts.tables import CONTRACT_TABLE
from sales.documents.lines import LineValues
from sales.documents.verb_serializers import DocumentCommentSerializer, DocumentReasonSerializer

VIEW, ADD, CHANGE, END = (f"sales.{word}_contract" for word in ("view", "add", "change", "end"))


class ContractLineSerializer(serializers.ModelSerializer[ContractLine]):
    """One line, as it was agreed; discount and tax rate are fractions of 1."""

    class Meta:
        model = ContractLine
        fields = (
            "id", "position", "product", "code", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate",
            "net", "tax", "gross",
        )  # fmt: skip
        read_only_fields = fields


class InstalmentSerializer(serializers.ModelSerializer[Instalment]):
    """A part of the price; `state` is open, part, done, overdue or void."""

    state = serializers.CharField(read_only=True)

    class Meta:
        model = Instalment
        fields = ("id", "position", "name", "basis", "days_after", "due_on", "amount", "received", "state")
        read_only_fields = fields


class ContractSerializer(serializers.ModelSerializer[Contract]):
    """A contract, or a supplement to `main`; amounts are those of the document, `total` with signed supplements."""

    type = serializers.CharField(source="type.name")
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, help_text="user name or null")
    outstanding = serializers.DecimalField(max_digits=18, decimal_places=2, read_only=True)
    quotes = serializers.SerializerMethodField()
    lines = ContractLineSerializer(many=True)
    instalments = InstalmentSerializer(many=True)

    class Meta:
        model = Contract
        fields = (
            "id", "number", "version", "state", "title", "type", "customer", "opportunity", "contact", "main",
            "direction", "owner", "currency", "is_tax_included", "starts_on", "ends_on", "signer_theirs",
            "delivery_terms", "payment_terms", "clauses", "signed_on", "ended_on", "end_reason", "net", "tax", "gross",
            "total", "received", "invoiced", "outstanding", "quotes", "lines", "instalments", "created_at",
            "changed_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_quotes(self, row: Contract) -> list[int]:
        """The ids of the quotes it was made from."""
        return [link.quote_id for link in row.sources.all()]


class ContractValuesSerializer(serializers.Serializer[Any]):
    """What is agreed besides the lines."""

    title = serializers.CharField(max_length=120, required=False)
    type = serializers.SlugRelatedField("name", queryset=ContractType.objects.filter(is_active=True), required=False)
    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False, allow_null=True)
    signer_theirs = serializers.CharField(max_length=80, required=False, allow_blank=True)
    signer_ours = serializers.SlugRelatedField(
        "username", queryset=User.objects.active(), required=False, allow_null=True
    )
    delivery_terms = serializers.CharField(max_length=300, required=False, allow_blank=True)
    payment_terms = serializers.CharField(max_length=300, required=False, allow_blank=True)
    clauses = serializers.CharField(max_length=20_000, required=False, allow_blank=True)


class NewContractSerializer(ContractValuesSerializer):
    """Which approved quotes it is made from, and what is agreed besides."""

    quotes = serializers.ListField(child=serializers.IntegerField(min_value=1), allow_empty=False, max_length=20)
    type = serializers.SlugRelatedField("name", queryset=ContractType.objects.filter(is_active=True))


class GivenLineSerializer(serializers.Serializer[Any]):
    """One line of a supplement; discount and tax rate are fractions of 1. A new supplement keeps no `id` yet."""

    id = serializers.IntegerField(min_value=1, required=False)
    product = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    spec = serializers.CharField(max_length=300, required=False, allow_blank=True)
    unit = serializers.CharField(max_length=20, required=False, allow_blank=True)
    quantity = serializers.DecimalField(max_digits=14, decimal_places=4)
    price = serializers.DecimalField(max_digits=16, decimal_places=4)
    discount = serializers.DecimalField(max_digits=7, decimal_places=6, required=False)
    tax_rate = serializers.DecimalField(max_digits=7, decimal_places=6)


class SupplementSerializer(serializers.Serializer[Any]):
    """A supplement: what it is called, whether it adds (1) or takes away (-1), and its lines."""

    title = serializers.CharField(max_length=120)
    direction = serializers.ChoiceField(choices=Contract.Direction.choices, required=False)
    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False, allow_null=True)
    clauses = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    lines = GivenLineSerializer(many=True, allow_empty=False)


class InstalmentPartSerializer(serializers.Serializer[Any]):
    """One instalment: on a day, or some days after a milestone."""

    id = serializers.IntegerField(min_value=1, required=False)
    name = serializers.CharField(max_length=80)
    basis = serializers.ChoiceField(choices=Instalment.Basis.choices)
    due_on = serializers.DateField(required=False, allow_null=True)
    days_after = serializers.IntegerField(min_value=0, max_value=3650, required=False)
    amount = serializers.DecimalField(max_digits=18, decimal_places=2)


class PlanSerializer(serializers.Serializer[Any]):
    """All instalments; they replace those there are."""

    instalments = InstalmentPartSerializer(many=True)


class SignSerializer(serializers.Serializer[Any]):
    """The day, and the id of the signed file kept with the contract or the reason why there is none."""

    signed_on = serializers.DateField()
    signed_file = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    waiver_reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ContractViewSet(RecordViewSet):
    """The contracts and supplements in reach."""

    model = Contract
    scope = "contracts"
    rights: ClassVar[dict[str, str]] = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": ADD,
        "partial_update": CHANGE,
        "plan": CHANGE,
        "supplement": ADD,
        "submit": CHANGE,
        "withdraw": CHANGE,
        "revise": CHANGE,
        "void": CHANGE,
        "sign": CHANGE,
        "suspend": END,
        "resume": END,
        "terminate": END,
        "close": END,
    }
    leans_on = (VIEW, WAIVE_RIGHT, "sales.view_quote", "customers.view_contact")
    filterset = ContractFilter
    orders = tuple(CONTRACT_TABLE.orders)
    serializer_class = ContractSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With people, lines, instalments and sources."""
        return rows.select_related("type", "owner").prefetch_related("lines", "instalments", "sources")

    @extend_schema(request=NewContractSerializer, responses={201: ContractSerializer})
    def create(self, request: Request) -> Response:
        """Draw up a contract from approved quotes."""
        body = self.read_body(NewContractSerializer)
        wanted = set(body.pop("quotes"))
        quotes = list(usable_quotes(request.user).filter(pk__in=wanted))
        if len(quotes) != len(wanted):
            raise serializers.ValidationError({"quotes": [_("One of these quotes cannot become a contract.")]})
        return self.answer(making.make_contract(quotes, actor=request.user, values=self._values(body)), 201)

    @extend_schema(request=ContractValuesSerializer, responses=ContractSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is agreed besides the lines."""
        contract, body = self.get_object(), self.read_body(ContractValuesSerializer, partial=True)
        return self.answer(actions.change_contract(contract, actor=request.user, values=self._values(body)))

    @extend_schema(request=PlanSerializer, responses=ContractSerializer)
    @action(["post"], detail=True)
    def plan(self, request: Request, pk: int) -> Response:
        """Replace the instalments."""
        contract, body = self.get_object(), self.read_body(PlanSerializer)
        return self.answer(planning.plan_instalments(contract, actor=request.user, rows=body["instalments"]))

    @extend_schema(request=SupplementSerializer, responses={201: ContractSerializer})
    @action(["post"], detail=True)
    def supplement(self, request: Request, pk: int) -> Response:
        """Draw up a supplement."""
        contract, body = self.get_object(), self.read_body(SupplementSerializer)
        lines = [_line(one) for one in body.pop("lines")]
        made = making.add_supplement(contract, actor=request.user, values=body, lines=lines)
        return self.answer(made, 201)

    @extend_schema(request=DocumentCommentSerializer, responses=ContractSerializer)
    @action(["post"], detail=True)
    def submit(self, request: Request, pk: int) -> Response:
        """Put a contract up for approval."""
        return self._with(DocumentCommentSerializer, actions.submit_contract)

    @extend_schema(request=DocumentCommentSerializer, responses=ContractSerializer)
    @action(["post"], detail=True)
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take a contract back before the last decision."""
        return self._with(DocumentCommentSerializer, actions.withdraw_contract)

    @extend_schema(request=DocumentReasonSerializer, responses=ContractSerializer)
    @action(["post"], detail=True)
    def revise(self, request: Request, pk: int) -> Response:
        """Open an approved or rejected contract as its next version."""
        return self._with(DocumentReasonSerializer, actions.revise_contract)

    @extend_schema(request=DocumentReasonSerializer, responses=ContractSerializer)
    @action(["post"], detail=True)
    def void(self, request: Request, pk: int) -> Response:
        """Give up a contract that was not signed."""
        return self._with(DocumentReasonSerializer, actions.void_contract)

    @extend_schema(request=SignSerializer, responses=ContractSerializer)
    @action(["post"], detail=True)
    def sign(self, request: Request, pk: int) -> Response:
        """Record the signature."""
        contract, body = self.get_object(), self.read_body(SignSerializer)
        file_id = body.pop("signed_file", None)
        file = Attachment.objects.visible_to(request.user).of(contract).filter(pk=file_id).first() if file_id else None
        if file_id and file is None:
            raise serializers.ValidationError({"signed_file": [_("This file is not kept with this contract.")]})
        return self.answer(sign_contract(contract, actor=request.user, file=file, **body))

    @extend_schema(request=DocumentReasonSerializer, responses=ContractSerializer)
    @action(["post"], detail=True)
    def suspend(self, request: Request, pk: int) -> Response:
        """Let a signed contract rest."""
        return self._with(DocumentReasonSerializer, ending.suspend_contract)

    @extend_schema(request=None, responses=ContractSerializer)
    @action(["post"], detail=True)
    def resume(self, request: Request, pk: int) -> Response:
        """Let a resting contract go on."""
        return self._with(serializers.Serializer, ending.resume_contract)

    @extend_schema(request=DocumentReasonSerializer, responses=ContractSerializer)
    @action(["post"], detail=True)
    def terminate(self, request: Request, pk: int) -> Response:
        """End a signed contract early."""
        return self._with(DocumentReasonSerializer, ending.terminate_contract)

    @extend_schema(request=None, responses=ContractSerializer)
    @action(["post"], detail=True)
    def close(self, request: Request, pk: int) -> Response:
        """Put a contract aside as fulfilled."""
        return self._with(serializers.Serializer, ending.close_contract)

    def _with(self, body: type[serializers.Serializer[Any]], act: Callable[..., Contract]) -> Response:
        contract, given = self.get_object(), self.read_body(body)
        return self.answer(act(contract, actor=self.request.user, **given))

    def _values(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the contact in reach that its id names; 404 where there is none."""
        if body.get("contact") is None:
            return body
        return {**body, "contact": self.row_of(Contact, body["contact"], "customers.view_contact")}


def _line(given: dict[str, Any]) -> LineValues:
    return LineValues(
        quantity=given["quantity"], price=given["price"], tax_rate=given["tax_rate"], name=given.get("name", ""),
        product_id=given.get("product"), spec=given.get("spec", ""), unit=given.get("unit", ""),
        discount=given.get("discount", Decimal(0)), id=given.get("id"),
    )  # fmt: skip
