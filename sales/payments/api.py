"""Payments and bank lines for other systems."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from customers.customers.models import Customer
from sales.contracts.models import Contract
from sales.documents.models import CURRENCIES
from sales.documents.verb_serializers import DocumentCommentSerializer, DocumentReasonSerializer
from sales.payments import actions, reversing, settling
from sales.payments.filters import BankLineFilter, PaymentFilter
from sales.payments.models import Allocation, BankLine, Payment
from sales.payments.page import CONFIRM, REVERSE
from sales.payments.statements import record_line
from sales.payments.tables import BANK_LINE_TABLE, PAYMENT_TABLE

VIEW, ADD, CHANGE, IMPORT = (
    "sales.view_payment", "sales.add_payment", "sales.change_payment", "sales.import_bank_line",
)  # fmt: skip
_AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 2, "min_value": Decimal("0.01")}


class PaymentPartSerializer(serializers.Serializer[Any]):
    """An amount for an instalment."""

    instalment = serializers.IntegerField(min_value=1)
    amount = serializers.DecimalField(**_AMOUNT)


class AllocationSerializer(serializers.ModelSerializer[Allocation]):
    """What of a payment settles an instalment."""

    class Meta:
        model = Allocation
        fields = ("id", "instalment", "amount", "made_at")
        read_only_fields = fields


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """Money a customer paid, or a reversal of it."""

    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)
    opportunity = serializers.IntegerField(source="contract.opportunity_id", default=None, allow_null=True)
    prepaid = serializers.DecimalField(max_digits=18, decimal_places=2, read_only=True)
    wanted = serializers.SerializerMethodField()
    allocations = AllocationSerializer(source="living_allocations", many=True, read_only=True)
    submitted_by = serializers.CharField(source="submitted_by.username", default=None, allow_null=True)
    confirmed_by = serializers.CharField(source="confirmed_by.username", default=None, allow_null=True)

    class Meta:
        model = Payment
        fields = (
            "id", "number", "customer", "contract", "opportunity", "state", "version", "currency", "amount",
            "allocated", "prepaid", "method", "paid_on", "payer_name", "reference", "remark", "overpayment_reason",
            "wanted", "allocations", "reverses", "reversal_reason", "owner", "submitted_by", "submitted_at",
            "confirmed_by", "approved_at", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_wanted(self, row: Payment) -> list[dict[str, Any]]:
        """The instalments it is for."""
        return [{"instalment": pk, "amount": amount} for pk, amount in row.wanted]


class PaymentChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a claim."""

    contract = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    currency = serializers.ChoiceField(choices=CURRENCIES, required=False)
    amount = serializers.DecimalField(**_AMOUNT)
    method = serializers.ChoiceField(choices=Payment.Method.choices, required=False)
    paid_on = serializers.DateField()
    payer_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True)
    remark = serializers.CharField(max_length=500, required=False, allow_blank=True)
    overpayment_reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    wanted = PaymentPartSerializer(many=True, required=False, max_length=60)


class NewPaymentSerializer(PaymentChangeSerializer):
    """A new claim of a customer."""

    customer = serializers.IntegerField(min_value=1)


class ReversalSerializer(DocumentReasonSerializer):
    """Why, and on which day."""

    day = serializers.DateField(required=False)


class PaymentReleaseSerializer(DocumentReasonSerializer):
    """Which allocation is taken back, and why."""

    allocation = serializers.IntegerField(min_value=1)


class AllocateSerializer(serializers.Serializer[Any]):
    """For which instalments; none = the oldest due first."""

    parts = PaymentPartSerializer(many=True, required=False, max_length=60)


class PaymentViewSet(RecordViewSet):
    """The payments in reach."""

    model = Payment
    scope = "payments"
    rights: ClassVar[dict[str, str]] = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": ADD,
        "partial_update": CHANGE,
        "submit": CHANGE,
        "withdraw": CHANGE,
        "void": CHANGE,
        "allocate": CONFIRM,
        "release": CONFIRM,
        "reverse": REVERSE,
        "confirm_reversal": REVERSE,
        "refuse_reversal": REVERSE,
    }
    leans_on = (VIEW, "customers.view_customer", "sales.view_contract")
    filterset = PaymentFilter
    orders = tuple(PAYMENT_TABLE.orders)
    serializer_class = PaymentSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With people, contract and living allocations."""
        living = Prefetch("allocations", Allocation.objects.living().order_by("pk"), "living_allocations")
        return rows.select_related("owner", "contract", "submitted_by", "confirmed_by").prefetch_related(living)

    @extend_schema(request=NewPaymentSerializer, responses={201: PaymentSerializer})
    def create(self, request: Request) -> Response:
        """Note a payment of a customer somebody owns; 404 where it is out of reach."""
        body = self.read_body(NewPaymentSerializer)
        customer = self.row_of(Customer, body.pop("customer"))
        return self.answer(actions.claim_payment(customer, actor=request.user, values=self._values(body)), 201)

    @extend_schema(request=PaymentChangeSerializer, responses=PaymentSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields of a claim that was not put up or came back."""
        payment, body = self.get_object(), self.read_body(PaymentChangeSerializer, partial=True)
        return self.answer(actions.change_payment(payment, actor=request.user, values=self._values(body)))

    @extend_schema(request=DocumentCommentSerializer, responses=PaymentSerializer)
    @action(["post"], detail=True)
    def submit(self, request: Request, pk: int) -> Response:
        """Put a claim up; finance confirms it at the end."""
        payment, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        actions.submit_payment(payment, actor=request.user, comment=body.get("comment", ""))
        return self.answer(payment)

    @extend_schema(request=DocumentCommentSerializer, responses=PaymentSerializer)
    @action(["post"], detail=True)
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take a claim back before it is confirmed."""
        payment, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        actions.withdraw_payment(payment, actor=request.user, comment=body.get("comment", ""))
        return self.answer(payment)

    @extend_schema(request=DocumentReasonSerializer, responses=PaymentSerializer)
    @action(["post"], detail=True)
    def void(self, request: Request, pk: int) -> Response:
        """Give up a claim that waits for nobody."""
        payment, body = self.get_object(), self.read_body(DocumentReasonSerializer)
        return self.answer(actions.void_payment(payment, actor=request.user, reason=body["reason"]))

    @extend_schema(request=AllocateSerializer, responses=PaymentSerializer)
    @action(["post"], detail=True)
    def allocate(self, request: Request, pk: int) -> Response:
        """Let what is left of a payment settle instalments."""
        payment, body = self.get_object(), self.read_body(AllocateSerializer)
        parts = [(part["instalment"], part["amount"]) for part in body.get("parts", [])]
        return self.answer(settling.allocate_payment(payment, actor=request.user, parts=parts))

    @extend_schema(request=PaymentReleaseSerializer, responses=PaymentSerializer)
    @action(["post"], detail=True)
    def release(self, request: Request, pk: int) -> Response:
        """Take back that a payment settles an instalment."""
        payment, body = self.get_object(), self.read_body(PaymentReleaseSerializer)
        row = payment.allocations.filter(pk=body["allocation"]).first()
        if row is None:
            raise ValidationError({"allocation": _("This payment has no such allocation.")})
        return self.answer(settling.release_allocation(row, actor=request.user, reason=body["reason"]))

    @extend_schema(request=ReversalSerializer, responses={201: PaymentSerializer})
    @action(["post"], detail=True)
    def reverse(self, request: Request, pk: int) -> Response:
        """Write the counter-entry of a confirmed payment; the answer is the counter-entry."""
        payment, body = self.get_object(), self.read_body(ReversalSerializer)
        counter = reversing.reverse_payment(payment, actor=request.user, reason=body["reason"], day=body.get("day"))
        return self.answer(counter, 201)

    @extend_schema(request=None, responses=PaymentSerializer)
    @action(["post"], detail=True, url_path="confirm-reversal")
    def confirm_reversal(self, request: Request, pk: int) -> Response:
        """Let a large reversal take effect, as a second person."""
        self.read_body(serializers.Serializer)
        return self.answer(reversing.confirm_reversal(self.get_object(), actor=request.user))

    @extend_schema(request=DocumentReasonSerializer, responses=PaymentSerializer)
    @action(["post"], detail=True, url_path="refuse-reversal")
    def refuse_reversal(self, request: Request, pk: int) -> Response:
        """Leave the payment as it is."""
        payment, body = self.get_object(), self.read_body(DocumentReasonSerializer)
        return self.answer(reversing.refuse_reversal(payment, actor=request.user, reason=body["reason"]))

    def _values(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body as the actions take it, its contract in reach; 404 where it is not."""
        values = dict(body)
        if values.get("contract") is not None:
            values["contract"] = self.row_of(Contract, values["contract"], "sales.view_contract")
        if "wanted" in values:
            values["wanted"] = [(part["instalment"], part["amount"]) for part in values["wanted"]]
        return values


class BankLineSerializer(serializers.ModelSerializer[BankLine]):
    """One credit on our account."""

    class Meta:
        model = BankLine
        fields = (
            "id", "booked_on", "amount", "currency", "payer_name", "payer_account", "reference", "memo", "state",
            "payment", "released_from", "note", "matched_at",
        )  # fmt: skip
        read_only_fields = fields


class NewBankLineSerializer(serializers.Serializer[Any]):
    """What the bank tells."""

    booked_on = serializers.DateField()
    amount = serializers.DecimalField(**_AMOUNT)
    currency = serializers.ChoiceField(choices=CURRENCIES, required=False)
    payer_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    payer_account = serializers.CharField(max_length=60, required=False, allow_blank=True)
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True)
    memo = serializers.CharField(max_length=300, required=False, allow_blank=True)


class BankLineViewSet(RecordViewSet):
    """Credits on our accounts; a list without `state` holds the open ones."""

    model = BankLine
    scope = "bank-lines"
    rights: ClassVar[dict[str, str]] = {"list": IMPORT, "retrieve": IMPORT, "create": IMPORT}
    filterset = BankLineFilter
    orders = tuple(BANK_LINE_TABLE.orders)
    serializer_class = BankLineSerializer

    @extend_schema(request=NewBankLineSerializer, responses={200: BankLineSerializer, 201: BankLineSerializer})
    def create(self, request: Request) -> Response:
        """Note a credit; 200 with the line where it was known before."""
        line, is_new = record_line(actor=request.user, values=self.read_body(NewBankLineSerializer))
        return self.answer(line, 201 if is_new else 200)
