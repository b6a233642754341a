"""Invoices for other systems."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from sales.contracts.models import Contract
from sales.documents.verb_serializers import DocumentCommentSerializer, DocumentReasonSerializer
from sales.invoices import actions, issuing
from sales.invoices.actions import Part
from sales.invoices.filters import InvoiceFilter
from sales.invoices.models import BillingProfile, Invoice, InvoiceLine, InvoiceType
from sales.invoices.tables import INVOICE_TABLE

CHANGE, ISSUE = "sales.change_invoice", "sales.issue_invoice"


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    """One line of an invoice."""

    class Meta:
        model = InvoiceLine
        fields = (
            "id", "position", "contract_line", "name", "spec", "unit", "quantity", "price", "tax_rate", "net", "tax",
            "gross",
        )  # fmt: skip
        read_only_fields = fields


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """An application, an invoice or a red letter; `buyer` is what stands on it."""

    lines = InvoiceLineSerializer(many=True)
    buyer = serializers.DictField(child=serializers.CharField())
    seller = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Invoice
        fields = (
            "id", "number", "version", "customer", "opportunity", "contract", "owner", "kind", "type", "state",
            "currency", "net", "tax", "gross", "is_before_payment", "profile", "buyer", "seller", "remark", "note",
            "invoice_number", "issued_on", "sent_at", "blue", "red_gross", "reissue", "lines", "submitted_at",
            "approved_at", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class InvoicePartSerializer(serializers.Serializer[Any]):
    """What of a contract line is billed, with tax."""

    contract_line = serializers.IntegerField(min_value=1)
    gross = serializers.DecimalField(max_digits=16, decimal_places=2, min_value=Decimal("0.01"))
    quantity = serializers.DecimalField(max_digits=14, decimal_places=4, required=False, allow_null=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)


class InvoiceChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of an application; `lines` replaces all its lines."""

    type = serializers.ChoiceField(choices=InvoiceType.choices, required=False)
    profile = serializers.IntegerField(min_value=1, help_text="billing data of the customer")
    remark = serializers.CharField(max_length=300, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    lines = InvoicePartSerializer(many=True, max_length=200)


class NewInvoiceSerializer(InvoiceChangeSerializer):
    """An application on a signed contract."""

    contract = serializers.IntegerField(min_value=1)


class InvoiceIssueSerializer(serializers.Serializer[Any]):
    """What was issued at the tax office."""

    number = serializers.CharField(max_length=40)
    issued_on = serializers.DateField()


class InvoiceSentSerializer(serializers.Serializer[Any]):
    """Nothing more is needed."""


class InvoiceViewSet(RecordViewSet):
    """The invoices in reach."""

    model = Invoice
    scope = "invoices"
    rights: ClassVar[dict[str, str]] = {
        "list": "sales.view_invoice",
        "retrieve": "sales.view_invoice",
        "create": "sales.add_invoice",
        "partial_update": CHANGE,
        "submit": CHANGE,
        "withdraw": CHANGE,
        "void": CHANGE,
        "issue": ISSUE,
        "sent": ISSUE,
    }
    leans_on = ("sales.view_contract", "sales.view_invoice")
    filterset = InvoiceFilter
    orders = tuple(INVOICE_TABLE.orders)
    serializer_class = InvoiceSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the lines."""
        return rows.select_related("customer", "contract").prefetch_related("lines")

    @extend_schema(request=NewInvoiceSerializer, responses={201: InvoiceSerializer})
    def create(self, request: Request) -> Response:
        """Apply for an invoice, as a draft; 404 where the contract is out of reach."""
        body = self.read_body(NewInvoiceSerializer)
        contract = self.row_of(Contract, body.pop("contract"))
        parts = part_values(body.pop("lines"))
        made = actions.apply_for_invoice(contract, actor=request.user, values=self._values(body), parts=parts)
        return self.answer(made, 201)

    @extend_schema(request=InvoiceChangeSerializer, responses=InvoiceSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields of an application nobody decides on."""
        invoice, body = self.get_object(), self.read_body(InvoiceChangeSerializer, partial=True)
        parts = part_values(body.pop("lines")) if "lines" in body else None
        changed = actions.change_invoice(invoice, actor=request.user, values=self._values(body), parts=parts)
        return self.answer(changed)

    @extend_schema(request=DocumentCommentSerializer, responses=InvoiceSerializer)
    @action(["post"], detail=True)
    def submit(self, request: Request, pk: int) -> Response:
        """Apply: put it up for approval; its amount is held from now on."""
        invoice, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        return self.answer(actions.submit_invoice(invoice, actor=request.user, **body))

    @extend_schema(request=DocumentCommentSerializer, responses=InvoiceSerializer)
    @action(["post"], detail=True)
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take it back before the last decision."""
        invoice, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        return self.answer(actions.withdraw_invoice(invoice, actor=request.user, **body))

    @extend_schema(request=DocumentReasonSerializer, responses=InvoiceSerializer)
    @action(["post"], detail=True)
    def void(self, request: Request, pk: int) -> Response:
        """Give it up before it is issued."""
        invoice, body = self.get_object(), self.read_body(DocumentReasonSerializer)
        return self.answer(actions.void_invoice(invoice, actor=request.user, **body))

    @extend_schema(request=InvoiceIssueSerializer, responses=InvoiceSerializer)
    @action(["post"], detail=True)
    def issue(self, request: Request, pk: int) -> Response:
        """Record number and day; where the month has no quota left it waits instead (`waiting_quota`)."""
        invoice, body = self.get_object(), self.read_body(InvoiceIssueSerializer)
        return self.answer(issuing.issue_invoice(invoice, actor=request.user, **body))

    @extend_schema(request=InvoiceSentSerializer, responses=InvoiceSerializer)
    @action(["post"], detail=True)
    def sent(self, request: Request, pk: int) -> Response:
        """Record that the customer got it."""
        invoice = self.get_object()
        self.read_body(InvoiceSentSerializer)
        return self.answer(issuing.mark_sent(invoice, actor=request.user))

    def _values(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("profile") is not None:
            return {**body, "profile": self.row_of(BillingProfile, body["profile"], "sales.view_invoice")}
        return body


def part_values(lines: Sequence[dict[str, Any]]) -> list[Part]:
    """The lines of a body as the actions take them."""
    return [Part(line["contract_line"], line["gross"], line.get("quantity"), line.get("name", "")) for line in lines]
