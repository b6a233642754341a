"""Follow-ups for other systems."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from customers.activities import actions
from customers.activities.filters import ActivityFilter
from customers.activities.models import Activity
from customers.activities.tables import ACTIVITY_TABLE
from customers.contacts.models import Contact
from customers.customers.models import Customer


class ActivitySerializer(serializers.ModelSerializer[Activity]):
    """What happened with a customer, and what comes next."""

    author = serializers.CharField(source="author.username", help_text="user name")

    class Meta:
        model = Activity
        fields = (
            "id", "customer", "contact", "kind", "content", "happened_at", "place", "next_follow_on",
            "is_valid_follow_up", "author", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class ActivityChangeSerializer(serializers.Serializer[Any]):
    """What may be corrected of a follow-up."""

    kind = serializers.ChoiceField(choices=Activity.Kind.choices)
    content = serializers.CharField(max_length=actions.LONGEST_CONTENT)
    happened_at = serializers.DateTimeField(required=False)
    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    place = serializers.CharField(max_length=120, required=False, allow_blank=True)
    next_follow_on = serializers.DateField(required=False, allow_null=True)


class NewActivitySerializer(ActivityChangeSerializer):
    """A new follow-up; without `happened_at` it is now."""

    customer = serializers.IntegerField(min_value=1)


class ActivityViewSet(RecordViewSet):
    """The follow-ups of the customers in reach."""

    model = Activity
    scope = "activities"
    rights: ClassVar[dict[str, str]] = {
        "list": "customers.view_activity",
        "retrieve": "customers.view_activity",
        "create": "customers.add_activity",
        "partial_update": "customers.change_activity",
    }
    leans_on = ("customers.view_customer", "customers.view_activity", "customers.view_contact")
    filterset = ActivityFilter
    orders = tuple(ACTIVITY_TABLE.orders)
    serializer_class = ActivitySerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the author."""
        return rows.select_related("author")

    @extend_schema(request=NewActivitySerializer, responses={201: ActivitySerializer})
    def create(self, request: Request) -> Response:
        """Write a follow-up; one by the owner that is not a note moves the recycle clock."""
        body = self.read_body(NewActivitySerializer)
        customer = self.row_of(Customer, body.pop("customer"))
        return self.answer(actions.log_activity(customer, actor=request.user, **self.with_contact(body)), 201)

    @extend_schema(request=ActivityChangeSerializer, responses=ActivitySerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Correct a follow-up of one's own within 24 hours."""
        activity, body = self.get_object(), self.read_body(ActivityChangeSerializer, partial=True)
        return self.answer(actions.update_activity(activity, actor=request.user, values=self.with_contact(body)))

    def with_contact(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the contact in reach that its id names; 404 where there is none."""
        if body.get("contact") is None:
            return body
        return {**body, "contact": self.row_of(Contact, body["contact"], "customers.view_contact")}
