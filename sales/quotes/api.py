"""Quotes for other systems; company secrets have no fields here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from customers.contacts.models import Contact
from customers.customers.models import Customer
from sales.documents.lines import MOST_LINES, LineValues
from sales.documents.models import CURRENCIES
from sales.documents.verb_serializers import DocumentCommentSerializer, DocumentReasonSerializer
from sales.links.actions import link_path
from sales.opportunities.models import Opportunity
from sales.quotes import actions, versions
from sales.quotes.filters import QuoteFilter
from sales.quotes.models import Quote, QuoteLine
from sales.quotes.tables import QUOTE_TABLE
from sales.requirements.models import Requirement

VIEW, ADD, CHANGE = "sales.view_quote", "sales.add_quote", "sales.change_quote"


class QuoteLineSerializer(serializers.ModelSerializer[QuoteLine]):
    """One line; discounts and rates are fractions of 1, `discount` is `own_discount` and that on the whole together."""

    class Meta:
        model = QuoteLine
        fields = (
            "id", "position", "product", "code", "name", "spec", "unit", "quantity", "price", "own_discount",
            "discount", "tax_rate", "net", "tax", "gross",
        )  # fmt: skip
        read_only_fields = fields


class QuoteSerializer(serializers.ModelSerializer[Quote]):
    """One version of a quote with its lines and totals; `root` is its first version."""

    owner = serializers.CharField(source="owner.username", default=None, help_text="user name or null")
    lines = QuoteLineSerializer(many=True)

    class Meta:
        model = Quote
        fields = (
            "id", "number", "version", "root", "is_current", "customer", "opportunity", "requirement", "contact",
            "owner", "department", "title", "state", "currency", "is_tax_included", "discount", "issued_on",
            "valid_until", "is_expired", "delivery_terms", "payment_terms", "terms", "internal_note", "net", "tax",
            "gross", "lines", "submitted_at", "approved_at", "sent_at", "answered_at", "answered_by", "answer_note",
            "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class QuoteLineChangeSerializer(serializers.Serializer[Any]):
    """A line as it is to be; `id` where it changes a kept line; a name or unit left out comes from the product."""

    id = serializers.IntegerField(min_value=1, required=False)
    product = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    spec = serializers.CharField(max_length=300, required=False, allow_blank=True)
    unit = serializers.CharField(max_length=20, required=False, allow_blank=True)
    quantity = serializers.DecimalField(max_digits=14, decimal_places=4)
    price = serializers.DecimalField(max_digits=16, decimal_places=4)
    discount = serializers.DecimalField(max_digits=7, decimal_places=6, required=False, help_text="0.18 = 18 % off")
    tax_rate = serializers.DecimalField(max_digits=7, decimal_places=6)


class QuoteChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a quote; `lines` replaces all its lines."""

    title = serializers.CharField(max_length=120)
    opportunity = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    requirement = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    currency = serializers.ChoiceField(choices=CURRENCIES, required=False)
    is_tax_included = serializers.BooleanField(required=False)
    discount = serializers.DecimalField(max_digits=7, decimal_places=6, required=False, help_text="0.18 = 18 % off")
    issued_on = serializers.DateField(required=False)
    valid_until = serializers.DateField()
    delivery_terms = serializers.CharField(max_length=300, required=False, allow_blank=True)
    payment_terms = serializers.CharField(max_length=300, required=False, allow_blank=True)
    terms = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    internal_note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    lines = QuoteLineChangeSerializer(many=True, required=False, max_length=MOST_LINES)


class NewQuoteSerializer(QuoteChangeSerializer):
    """A new quote of a customer."""

    customer = serializers.IntegerField(min_value=1)


class QuoteSendSerializer(serializers.Serializer[Any]):
    """Until when the customer's link works; the last day of the quote where none is named."""

    until = serializers.DateField(required=False)


class QuoteLinkSerializer(serializers.Serializer[Any]):
    """The address for the customer, told this once."""

    id = serializers.IntegerField(help_text="of the quote")
    address = serializers.URLField()
    expires_at = serializers.DateTimeField()


class QuoteViewSet(RecordViewSet):
    """The quotes in reach; a list holds the newest version of each."""

    model = Quote
    scope = "quotes"
    rights: ClassVar[dict[str, str]] = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": ADD,
        "partial_update": CHANGE,
        "submit": CHANGE,
        "withdraw": CHANGE,
        "new_version": CHANGE,
        "void": CHANGE,
        "send_to_customer": CHANGE,
    }
    leans_on = ("customers.view_contact", "customers.view_customer", "sales.view_opportunity", "sales.view_quote",
                "sales.view_requirement")  # fmt: skip
    filterset = QuoteFilter
    orders = tuple(QUOTE_TABLE.orders)
    serializer_class = QuoteSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the lines, the owner and the customer."""
        return rows.select_related("customer", "owner").prefetch_related("lines")

    @extend_schema(request=NewQuoteSerializer, responses={201: QuoteSerializer})
    def create(self, request: Request) -> Response:
        """Write a quote; 404 where the customer is out of reach."""
        body = self.read_body(NewQuoteSerializer)
        customer = self.row_of(Customer, body.pop("customer"))
        lines = line_values(body.pop("lines", []))
        made = actions.add_quote(customer, actor=request.user, values=self.with_rows(body), lines=lines)
        return self.answer(made, 201)

    @extend_schema(request=QuoteChangeSerializer, responses=QuoteSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields of a draft, returned or withdrawn quote."""
        row, body = self.get_object(), self.read_body(QuoteChangeSerializer, partial=True)
        lines = line_values(body.pop("lines")) if "lines" in body else None
        return self.answer(actions.change_quote(row, actor=request.user, values=self.with_rows(body), lines=lines))

    @extend_schema(request=DocumentCommentSerializer, responses=QuoteSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: int) -> Response:
        """Put it up for approval."""
        row, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        return self.answer(actions.submit_quote(row, actor=request.user, **body))

    @extend_schema(request=DocumentCommentSerializer, responses=QuoteSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take it back before the last decision."""
        row, body = self.get_object(), self.read_body(DocumentCommentSerializer)
        return self.answer(actions.withdraw_quote(row, actor=request.user, **body))

    @extend_schema(request=None, responses={201: QuoteSerializer})
    @action(detail=True, methods=["post"])
    def new_version(self, request: Request, pk: int) -> Response:
        """Begin the next version of a quote that was submitted."""
        return self.answer(versions.new_version(self.get_object(), actor=request.user), 201)

    @extend_schema(request=DocumentReasonSerializer, responses=QuoteSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: int) -> Response:
        """Declare it void, with a reason."""
        row, body = self.get_object(), self.read_body(DocumentReasonSerializer)
        return self.answer(actions.void_quote(row, actor=request.user, **body))

    @extend_schema(request=QuoteSendSerializer, responses=QuoteLinkSerializer)
    @action(detail=True, methods=["post"], url_path="send")
    def send_to_customer(self, request: Request, pk: int) -> Response:
        """Mark it as sent and make the customer's link."""
        row, body = self.get_object(), self.read_body(QuoteSendSerializer)
        link, token = actions.send_quote(row, actor=request.user, until=body.get("until"))
        address = f"{settings.SITE_URL}{link_path(token)}"
        told = {"id": row.pk, "address": address, "expires_at": link.expires_at}
        return Response(QuoteLinkSerializer(told).data)

    def with_rows(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the rows in reach that it names; 404 where there is none."""
        named: dict[str, tuple[type[Any], str]] = {
            "contact": (Contact, "customers.view_contact"),
            "opportunity": (Opportunity, "sales.view_opportunity"),
            "requirement": (Requirement, "sales.view_requirement"),
        }
        found = {
            name: self.row_of(model, body[name], right)
            for name, (model, right) in named.items()
            if body.get(name) is not None
        }
        return {**body, **found}


def line_values(lines: Sequence[Mapping[str, Any]]) -> list[LineValues]:
    """Lines of a body as the actions take them."""
    return [
        LineValues(
            quantity=line["quantity"], price=line["price"], tax_rate=line["tax_rate"], name=line.get("name", ""),
            product_id=line.get("product"), id=line.get("id"), spec=line.get("spec", ""), unit=line.get("unit", ""),
            discount=line.get("discount", Decimal(0)),
        )
        for line in lines
    ]  # fmt: skip
