"""The fields of a customer in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.access.masks import CONTACT_FIELDS, shown
from crm.people.models import User
from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag
from customers.customers.custom import CUSTOMER, in_api
from customers.customers.models import Customer
from customers.pool.hiding import conceal

CUSTOM_HELP = "custom fields by key; keys not given stay, null empties one; a file by the id of one kept with it"


class NamedRow(serializers.CharField):
    """An entry of a list, named by its name (or code); null for none."""

    default_error_messages = {"unknown": _("“{value}” is not in our list.")}

    def __init__(self, rows: QuerySet[Any], by: tuple[str, ...] = ("name",), **kwargs: Any) -> None:
        self.rows, self.by = rows, by
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Model | None:
        """The entry; null and "" mean none."""
        text = super().to_internal_value(data)[:200]
        named = Q()
        for field in self.by:
            named |= Q(**{field: text})
        found = list(self.rows.filter(named)[:2])
        if len(found) != 1:
            self.fail("unknown", value=text)
        return found[0]

    def run_validation(self, data: Any = serializers.empty) -> Model | None:
        """None for ""; the entry otherwise."""
        found: Model | None = super().run_validation(None if data == "" else data)
        return found


def _in_use(model: Any, *by: str) -> NamedRow:
    rows = model.objects.filter(is_active=True) if hasattr(model, "is_active") else model.objects.all()
    return NamedRow(rows, by or ("name",), required=False, allow_null=True, allow_blank=True)


def _line(length: int) -> serializers.CharField:
    return serializers.CharField(max_length=length, required=False, allow_blank=True)


class TagNames(serializers.ListField):
    """The names of tags; kept as ids."""

    child = serializers.CharField(max_length=60)
    default_error_messages = {"unknown": _("“{value}” is not in our list.")}

    def to_internal_value(self, data: Any) -> list[int]:
        """The ids, each once, in the order given."""
        names = list(dict.fromkeys(super().to_internal_value(data)))
        ids = dict(Tag.objects.filter(name__in=names, is_active=True).values_list("name", "pk"))
        for name in names:
            if name not in ids:
                self.fail("unknown", value=name)
        return [ids[name] for name in names]

    def to_representation(self, data: Any) -> list[str]:
        """The names; `tag_names` of the context knows them all."""
        known = self.context["tag_names"]
        return [known[pk] for pk in data if pk in known]


@extend_schema_field(OpenApiTypes.OBJECT)
class CustomValues(serializers.JSONField):
    """An object of custom fields by key; what each may hold is said by the action, key by key."""

    default_error_messages = {"no_object": _("This must be an object.")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The object."""
        if not isinstance(data, dict):
            self.fail("no_object")
        return data


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer as the person who asks may see it."""

    stage = serializers.CharField(source="stage.name", default=None, allow_null=True)
    level = serializers.CharField(source="level.name", default=None, allow_null=True)
    industry = serializers.CharField(source="industry.name", default=None, allow_null=True)
    region = serializers.CharField(source="region.path_name", default=None, allow_null=True)
    source = serializers.CharField(source="source.name", default=None, allow_null=True)
    tags = TagNames(source="tag_ids")
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, help_text="user name")
    department = serializers.CharField(source="department.name")
    pool = serializers.CharField(source="pool.name", default=None, allow_null=True)
    custom = serializers.DictField(
        help_text="custom fields by key; null where there is no value; a file as an object of id and name"
    )

    class Meta:
        model = Customer
        fields = (
            "id", "number", "name", "short_name", "credit_code", "status", "stage", "level", "owner", "department",
            "pool", "industry", "region", "source", "size", "phone", "email", "website", "address", "remark", "tags",
            "custom", "parent", "external_id", "created_at", "changed_at", "received_at", "last_followed_at",
            "next_follow_on",
        )  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Customer) -> dict[str, Any]:
        """The fields, contact details masked where the person does not see them."""
        user = self.context["request"].user
        conceal(user, [instance])
        fields = super().to_representation(instance)
        for name in CONTACT_FIELDS & fields.keys():
            fields[name] = shown(user, instance, name, fields[name])
        fields["parent"] = instance.parent_id if getattr(instance, "is_parent_seen", False) else None
        fields["custom"] = in_api(CUSTOMER, instance.custom, instance, user, self.context["usernames"])
        return fields


class CustomerChangeSerializer(serializers.Serializer[Any]):
    """What may be changed. `changed_at` (or If-Match) refuses the change where the customer changed meanwhile;
    `duplicate_reason` says why this is another customer than a similar one.
    """

    name = serializers.CharField(max_length=200)
    short_name = _line(60)
    credit_code = _line(40)
    stage = _in_use(CustomerStage)
    level = _in_use(CustomerLevel)
    industry = _in_use(Industry, "name", "code")
    region = _in_use(Region, "path_name", "code", "name")
    source = _in_use(LeadSource)
    size = serializers.ChoiceField(choices=Customer.Size.choices, required=False, allow_blank=True)
    phone = _line(32)
    email = _line(120)
    website = _line(200)
    address = _line(200)
    remark = _line(2000)
    tags = TagNames(source="tag_ids", required=False, max_length=50)
    next_follow_on = serializers.DateField(required=False, allow_null=True)
    custom = CustomValues(required=False, help_text=CUSTOM_HELP)
    duplicate_reason = _line(200)
    changed_at = serializers.DateTimeField(required=False)


class FirstContactSerializer(serializers.Serializer[Any]):
    """The main contact of a new customer."""

    name = serializers.CharField(max_length=80)
    job_title = _line(80)
    phone = _line(32)
    email = _line(120)
    wechat = _line(40)
    custom = CustomValues(default=dict, help_text="custom fields of contacts by key")


class NewCustomerSerializer(CustomerChangeSerializer):
    """A new customer. Without `owner` it belongs to the person of the token, where that person can own customers;
    null means nobody yet.
    """

    changed_at = None
    owner = serializers.SlugRelatedField("username", queryset=User.objects.all(), required=False, allow_null=True)
    contact = FirstContactSerializer(required=False)


class LeadSerializer(serializers.Serializer[Any]):
    """What another system knows of somebody interested. A source that is not in our list is kept in the note."""

    name = serializers.CharField(max_length=200)
    contact_name = _line(80)
    phone = _line(32)
    email = _line(120)
    source = _line(60)
    campaign = _line(120)
    note = _line(4000)
    external_id = _line(80)
