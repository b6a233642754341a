"""Reissues for other systems."""

from __future__ import annotations

from collections.abc import Sequence
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
from sales.documents.verb_serializers import DocumentCommentSerializer, DocumentReasonSerializer
from sales.invoices.api import InvoiceIssueSerializer
from sales.invoices.models import BillingProfile, Invoice, Reissue, ReissueLine
from sales.reissues import actions, confirmation, red_letters
from sales.reissues.actions import Portion
from sales.reissues.filters import ReissueFilter
from sales.reissues.tables import REISSUE_TABLE

CHANGE, ISSUE = "sales.change_reissue", "sales.issue_invoice"


class ReissueLineSerializer(serializers.ModelSerializer[ReissueLine]):
    """What of a line of the blue invoice is taken back; amounts are positive."""

    class Meta:
        model = ReissueLine
        fields = ("id", "position", "invoice_line", "net", "tax", "gross")
        read_only_fields = fields


class ReissueSerializer(serializers.ModelSerializer[Reissue]):
    """A request to take an invoice back; `invoices` are its red letter and the new invoice."""

    lines = ReissueLineSerializer(many=True)
    invoices = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Reissue
        fields = (
            "id", "number", "version", "customer", "opportunity", "contract", "invoice", "owner", "state", "currency",
            "net", "tax", "gross", "reason", "explanation", "is_full", "wants_new", "is_used_by_buyer", "profile",
            "confirmation", "confirmation_number", "confirmation_since", "lines", "invoices", "submitted_at",
            "approved_at", "closed_at", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class ReissuePortionSerializer(serializers.Serializer[Any]):
    """What of a line is taken back, with tax."""

    invoice_line = serializers.IntegerField(min_value=1)
    gross = serializers.DecimalField(max_digits=16, decimal_places=2, min_value=Decimal("0.01"))


class ReissueChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a request; without `is_full`, `lines` say what is taken back."""

    reason = serializers.ChoiceField(choices=Reissue.Reason.choices)
    explanation = serializers.CharField(max_length=1000)
    is_full = serializers.BooleanField(required=False)
    wants_new = serializers.BooleanField(required=False)
    is_used_by_buyer = serializers.BooleanField(required=False)
    profile = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    lines = ReissuePortionSerializer(many=True, required=False, max_length=200)


class NewReissueSerializer(ReissueChangeSerializer):
    """A request about an issued blue invoice."""

    invoice = serializers.IntegerField(min_value=1)


class ConfirmationSerializer(serializers.Serializer[Any]):
    """The state of the confirmation form, and its number where a form begins."""

    confirmation = serializers.ChoiceField(choices=Reissue.Confirmation.choices[1:])
    number = serializers.CharField(max_length=40, required=False, allow_blank=True)


class ReissueViewSet(RecordViewSet):
    """The reissues in reach."""

    model = Reissue
    scope = "reissues"
    rights: ClassVar[dict[str, str]] = {
        "list": "sales.view_reissue",
        "retrieve": "sales.view_reissue",
        "create": "sales.add_reissue",
        "partial_update": CHANGE,
        "submit": CHANGE,
        "withdraw": CHANGE,
        "void": CHANGE,
        "confirmation": ISSUE,
        "red": ISSUE,
    }
    leans_on = ("sales.view_invoice", "sales.view_reissue")
    filterset = ReissueFilter
    orders = tuple(REISSUE_TABLE.orders)
    serializer_class = ReissueSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the lines and what came of them."""
        return rows.select_related("customer", "invoice").prefetch_related("lines", "invoices")

    @extend_schema(request=NewReissueSerializer, responses={201: ReissueSerializer})
    def create(self, request: Request) -> Response:
        """Ask to take an invoice back, as a draft; 404 where it is out of reach."""
        body = self.read_body(NewReissueSerializer)
        invoice = self.row_of(Invoice, body.pop("invoice"))
        portions = portions_of(body)
        made = actions.ask_for_reissue(invoice, actor=request.user, values=self._values(body), portions=portions)
        return self.answer(made, 201)

    @extend_schema(request=ReissueChangeSerializer, responses=ReissueSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields of a request nobody decides on."""
        reissue, body = self.get_object(), self.read_body(ReissueChangeSerializer, partial=True)
        kept = [Portion(line.invoice_line_id, line.gross) for line in reissue.lines.all()]
        portions = portions_of(body) if "lines" in body else kept
        changed = actions.change_reissue(reissue, actor=request.user, values=self._values(body), portions=portions)
        return self.answer(changed)

    @extend_schema(request=DocumentCommentSerializer, responses=ReissueSerializer)
    @action(["post"], detail=True)
    def submit(self, request: Request, pk: int) -> Response:
        """Put it up for approval."""
        reissue, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        return self.answer(actions.submit_reissue(reissue, actor=request.user, **body))

    @extend_schema(request=DocumentCommentSerializer, responses=ReissueSerializer)
    @action(["post"], detail=True)
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take it back before the last decision."""
        reissue, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        return self.answer(actions.withdraw_reissue(reissue, actor=request.user, **body))

    @extend_schema(request=DocumentReasonSerializer, responses=ReissueSerializer)
    @action(["post"], detail=True)
    def void(self, request: Request, pk: int) -> Response:
        """Give it up before its red letter."""
        reissue, body = self.get_object(), self.read_body(DocumentReasonSerializer)
        return self.answer(actions.void_reissue(reissue, actor=request.user, **body))

    @extend_schema(request=ConfirmationSerializer, responses=ReissueSerializer)
    @action(["post"], detail=True)
    def confirmation(self, request: Request, pk: int) -> Response:
        """Record the confirmation form at the tax platform: a new one, or what became of the one under way."""
        reissue, body = self.get_object(), self.read_body(ConfirmationSerializer)
        if reissue.confirmation in ("", *confirmation.VOID):
            return self.answer(confirmation.begin_confirmation(reissue, actor=request.user, **body))
        state = body["confirmation"]
        return self.answer(confirmation.move_confirmation(reissue, actor=request.user, confirmation=state))

    @extend_schema(request=InvoiceIssueSerializer, responses=ReissueSerializer)
    @action(["post"], detail=True)
    def red(self, request: Request, pk: int) -> Response:
        """Record the red letter; a new application follows where one is wanted."""
        reissue, body = self.get_object(), self.read_body(InvoiceIssueSerializer)
        red_letters.issue_red_letter(reissue, actor=request.user, **body)
        return self.answer(reissue)

    def _values(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("profile") is not None:
            return {**body, "profile": self.row_of(BillingProfile, body["profile"], "sales.view_invoice")}
        return body


def portions_of(body: dict[str, Any]) -> list[Portion]:
    """Take the lines out of a body; they name a part, so a body that asks for the whole as well is refused."""
    if "lines" not in body:
        return []
    lines: Sequence[dict[str, Any]] = body.pop("lines")
    if body.setdefault("is_full", False) and lines:
        raise serializers.ValidationError({"lines": [_("Either the whole invoice or these lines of it.")]})
    return [Portion(line["invoice_line"], line["gross"]) for line in lines]
