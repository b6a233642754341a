"""Contacts for other systems."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.masks import CONTACT_FIELDS, shown
from crm.api.views import RecordViewSet
from customers.contacts import actions
from customers.contacts.filters import ContactFilter
from customers.contacts.models import Contact
from customers.contacts.tables import CONTACT_TABLE
from customers.customers.custom import CONTACT, in_api, usernames
from customers.customers.models import Customer
from customers.customers.serializers import CUSTOM_HELP, CustomValues


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A person at a customer, as the person who asks may see it."""

    customer_name = serializers.CharField(source="customer.name")
    custom = serializers.DictField(
        help_text="custom fields by key; null where there is no value; a file as an object of id and name"
    )

    class Meta:
        model = Contact
        fields = (
            "id", "customer", "customer_name", "name", "job_title", "power", "attitude", "reports_to", "is_primary",
            "phone", "email", "wechat", "birthday", "remark", "custom", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Contact) -> dict[str, Any]:
        """The fields, contact details masked where the person does not see them."""
        fields = super().to_representation(instance)
        user = self.context["request"].user
        for name in CONTACT_FIELDS & fields.keys():
            fields[name] = shown(user, instance.customer, name, fields[name])
        fields["custom"] = in_api(CONTACT, instance.custom, instance.customer, user, self.context["usernames"])
        return fields


class ContactChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a person."""

    name = serializers.CharField(max_length=80)
    job_title = serializers.CharField(max_length=80, required=False, allow_blank=True)
    power = serializers.ChoiceField(choices=Contact.Power.choices, required=False, allow_blank=True)
    attitude = serializers.ChoiceField(choices=Contact.Attitude.choices, required=False, allow_blank=True)
    reports_to = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    email = serializers.CharField(max_length=120, required=False, allow_blank=True)
    wechat = serializers.CharField(max_length=40, required=False, allow_blank=True)
    birthday = serializers.DateField(required=False, allow_null=True)
    remark = serializers.CharField(max_length=500, required=False, allow_blank=True)
    duplicate_reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="where another customer has this phone or e-mail"
    )
    custom = CustomValues(required=False, help_text=CUSTOM_HELP)


class NewContactSerializer(ContactChangeSerializer):
    """A new person; the first one is the main contact."""

    customer = serializers.IntegerField(min_value=1)
    is_primary = serializers.BooleanField(default=False)


class ContactViewSet(RecordViewSet):
    """The people at the customers in reach."""

    model = Contact
    scope = "contacts"
    rights: ClassVar[dict[str, str]] = {
        "list": "customers.view_contact",
        "retrieve": "customers.view_contact",
        "create": "customers.add_contact",
        "partial_update": "customers.change_contact",
    }
    leans_on = ("customers.view_customer", "customers.view_contact")
    filterset = ContactFilter
    orders = tuple(CONTACT_TABLE.orders)
    serializer_class = ContactSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """With the user names custom fields may name."""
        return {**super().get_serializer_context(), "usernames": usernames(CONTACT)}

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the customer, whose owner decides what is masked."""
        return rows.select_related("customer")

    @extend_schema(request=NewContactSerializer, responses={201: ContactSerializer})
    def create(self, request: Request) -> Response:
        """Add a person at a customer; 404 where the customer is out of reach."""
        body = self.read_body(NewContactSerializer)
        customer = self.row_of(Customer, body.pop("customer"))
        is_primary = body.pop("is_primary")
        body = {"custom": {}, **self.with_superior(body)}
        reason = body.pop("duplicate_reason", "")
        contact = actions.add_contact(
            customer, actor=request.user, values=body, is_primary=is_primary, duplicate_reason=reason
        )
        return self.answer(contact, 201)

    @extend_schema(request=ContactChangeSerializer, responses=ContactSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields of a person."""
        contact, body = self.get_object(), self.read_body(ContactChangeSerializer, partial=True)
        reason, values = body.pop("duplicate_reason", ""), self.with_superior(body)
        return self.answer(actions.update_contact(contact, actor=request.user, values=values, duplicate_reason=reason))

    def with_superior(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the contact in reach whom the person reports to; 404 where there is none."""
        if body.get("reports_to") is None:
            return body
        return {**body, "reports_to": self.row_of(Contact, body["reports_to"], "customers.view_contact")}
