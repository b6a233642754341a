"""The fields of a customer in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from crm.access.masks import CONTACT_FIELDS, shown
from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag
from customers.customers.models import Customer


class NamedRow(serializers.CharField):
    """An entry of a list, written by its name (or code) and shown by its name; null for none."""

    default_error_messages = {"unknown": _("“{value}” is not in our list.")}

    def __init__(self, rows: QuerySet[Any], by: tuple[str, ...] = ("name",), **kwargs: Any) -> None:
        self.rows, self.by = rows, by
        super().__init__(max_length=120, **kwargs)

    def to_internal_value(self, data: Any) -> Model | None:
        """The entry; "" means none."""
        text = super().to_internal_value(data)
        if not text:
            return None
        named = Q()
        for field in self.by:
            named |= Q(**{field: text})
        found = list(self.rows.filter(named)[:2])
        if len(found) != 1:
            self.fail("unknown", value=text)
        return found[0]

    def to_representation(self, value: Any) -> str:
        """The name."""
        return str(value)


def _in_use(model: Any, *by: str) -> NamedRow:
    rows = model.objects.filter(is_active=True) if hasattr(model, "is_active") else model.objects.all()
    return NamedRow(rows, by or ("name",), required=False, allow_null=True, allow_blank=True)


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


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer as the person who asks may see it."""

    stage = _in_use(CustomerStage)
    level = _in_use(CustomerLevel)
    industry = _in_use(Industry, "name", "code")
    region = _in_use(Region, "path_name", "code", "name")
    source = _in_use(LeadSource)
    tags = TagNames(source="tag_ids", required=False, max_length=50)
    owner = serializers.CharField(source="owner.username", default=None, read_only=True)
    department = serializers.CharField(source="department.name", read_only=True)
    pool = serializers.CharField(source="pool.name", default=None, read_only=True)
    custom = serializers.DictField(read_only=True)

    class Meta:
        model = Customer
        fields = (
            "id", "number", "name", "short_name", "credit_code", "status", "stage", "level", "owner", "department",
            "pool", "industry", "region", "source", "size", "phone", "email", "website", "address", "remark", "tags", "custom",
            "external_id", "created_at", "changed_at", "received_at", "last_followed_at", "next_follow_on",
        )  # fmt: skip
        read_only_fields = (
            "id", "number", "status", "external_id", "created_at", "changed_at", "received_at", "last_followed_at",
        )  # fmt: skip

    def to_representation(self, instance: Customer) -> dict[str, Any]:
        """The fields, contact details masked where the person does not see them."""
        fields = super().to_representation(instance)
        user = self.context["request"].user
        for name in CONTACT_FIELDS & fields.keys():
            fields[name] = shown(user, instance, name, fields[name])
        return fields
