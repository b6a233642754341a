"""Opportunities for other systems."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from customers.contacts.models import Contact
from customers.customers.custom import in_api, usernames
from customers.customers.models import Customer
from customers.customers.serializers import CUSTOM_HELP, CustomValues
from sales.opportunities import actions
from sales.opportunities.filters import LABEL, OpportunityFilter
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage
from sales.opportunities.tables import OPPORTUNITY_TABLE

ADD, CHANGE = "sales.add_opportunity", "sales.change_opportunity"


class OpportunitySerializer(serializers.ModelSerializer[Opportunity]):
    """Talks with a customer about an amount."""

    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, help_text="user name or null")
    department = serializers.CharField(source="department.name")
    stage = serializers.CharField(source="stage.name")
    loss_reason = serializers.CharField(source="loss_reason.name", default=None, allow_null=True)
    custom = serializers.DictField(
        help_text="custom fields by key; null where there is no value; a file as an object of id and name"
    )

    class Meta:
        model = Opportunity
        fields = (
            "id", "number", "customer", "name", "stage", "amount", "currency", "probability", "expected_close_on",
            "owner", "department", "state", "contact", "loss_reason", "loss_note", "remark", "stage_since", "closed_at",
            "custom", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Opportunity) -> dict[str, Any]:
        """The fields, personal custom ones hidden where the person does not see them."""
        fields: dict[str, Any] = super().to_representation(instance)
        user = self.context["request"].user
        fields["custom"] = in_api(LABEL, instance.custom, instance.customer, user, self.context["usernames"])
        return fields


class OpportunityChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of an open opportunity."""

    name = serializers.CharField(max_length=120)
    stage = serializers.CharField(max_length=60, help_text="name of the stage")
    amount = serializers.DecimalField(
        max_digits=18, decimal_places=2, min_value=Decimal(0), required=False, allow_null=True
    )
    currency = serializers.ChoiceField(choices=Opportunity._meta.get_field("currency").choices or [], required=False)
    probability = serializers.IntegerField(min_value=0, max_value=100, required=False)
    expected_close_on = serializers.DateField(required=False, allow_null=True)
    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    remark = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    custom = CustomValues(required=False, help_text=CUSTOM_HELP)


class NewOpportunitySerializer(OpportunityChangeSerializer):
    """A new opportunity of a customer."""

    customer = serializers.IntegerField(min_value=1)


class LoseSerializer(serializers.Serializer[Any]):
    """Why it is lost: the name of a loss reason, and what we learned."""

    reason = serializers.CharField(max_length=60, help_text="name of a loss reason")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ReopenSerializer(serializers.Serializer[Any]):
    """Why a lost one is talked about again."""

    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class WinSerializer(serializers.Serializer[Any]):
    """No values are needed: a signed contract is."""


class OpportunityViewSet(RecordViewSet):
    """The opportunities in reach."""

    model = Opportunity
    scope = "opportunities"
    rights: ClassVar[dict[str, str]] = {
        "list": "sales.view_opportunity",
        "retrieve": "sales.view_opportunity",
        "create": ADD,
        "partial_update": CHANGE,
        "win": CHANGE,
        "lose": CHANGE,
        "reopen": CHANGE,
    }
    leans_on = ("sales.view_opportunity", "customers.view_customer", "customers.view_contact")
    filterset = OpportunityFilter
    orders = tuple(OPPORTUNITY_TABLE.orders)
    serializer_class = OpportunitySerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """With the user names custom fields may name."""
        return {**super().get_serializer_context(), "usernames": usernames(LABEL)}

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With what is named."""
        return rows.select_related("customer", "owner", "department", "stage", "loss_reason")

    @extend_schema(request=NewOpportunitySerializer, responses={201: OpportunitySerializer})
    def create(self, request: Request) -> Response:
        """Open talks with a customer somebody owns; 404 where it is out of reach."""
        body = self.read_body(NewOpportunitySerializer)
        customer = self.row_of(Customer, body.pop("customer"))
        made = actions.create_opportunity(customer, actor=request.user, values=self._values(body))
        return self.answer(made, 201)

    @extend_schema(request=OpportunityChangeSerializer, responses=OpportunitySerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields of an open opportunity."""
        opportunity, body = self.get_object(), self.read_body(OpportunityChangeSerializer, partial=True)
        return self.answer(actions.change_opportunity(opportunity, actor=request.user, values=self._values(body)))

    @extend_schema(request=WinSerializer, responses=OpportunitySerializer)
    @action(["post"], detail=True)
    def win(self, request: Request, pk: int) -> Response:
        """Close it as won; refused while no contract of it is signed."""
        opportunity = self.get_object()
        self.read_body(WinSerializer)
        return self.answer(actions.win_opportunity(opportunity, actor=request.user))

    @extend_schema(request=LoseSerializer, responses=OpportunitySerializer)
    @action(["post"], detail=True)
    def lose(self, request: Request, pk: int) -> Response:
        """Close it as lost, with a reason."""
        opportunity, body = self.get_object(), self.read_body(LoseSerializer)
        reason = _named(LossReason, body["reason"], "reason")
        return self.answer(
            actions.lose_opportunity(
                opportunity, actor=request.user, loss_reason=reason, loss_note=body.get("note", "")
            )
        )

    @extend_schema(request=ReopenSerializer, responses=OpportunitySerializer)
    @action(["post"], detail=True)
    def reopen(self, request: Request, pk: int) -> Response:
        """Talk about a lost one again."""
        opportunity, body = self.get_object(), self.read_body(ReopenSerializer)
        return self.answer(actions.reopen_opportunity(opportunity, actor=request.user, reason=body.get("reason", "")))

    def _values(self, body: dict[str, Any]) -> dict[str, Any]:
        values = dict(body)
        if "stage" in values:
            values["stage"] = _named(OpportunityStage, values["stage"], "stage")
        if values.get("contact") is not None:
            values["contact"] = self.row_of(Contact, values["contact"], "customers.view_contact")
        return values


def _named(model: Any, name: str, field: str) -> Any:
    found = model.objects.filter(name=name).first()
    if found is None:
        raise ValidationError({field: _("“%(value)s” is not one of the choices.") % {"value": name}})
    return found
