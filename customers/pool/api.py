"""Pools for other systems, read only, and what the verbs of a customer take."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from crm.api.views import RecordViewSet
from crm.records.filters import RecordFilterSet
from crm.records.keyset import Order
from customers.pool.models import Pool


class ProtectSerializer(serializers.Serializer[Any]):
    """Up to and with which day a customer is protected, and why."""

    until = serializers.DateField()
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ExtendSerializer(serializers.Serializer[Any]):
    """Why more time is needed."""

    reason = serializers.CharField(max_length=200)


class PoolSerializer(serializers.ModelSerializer[Pool]):
    """A pool and its rules."""

    department = serializers.CharField(source="department.name")
    customers = serializers.IntegerField(source="held", help_text="customers in the pool now")

    class Meta:
        model = Pool
        fields = (
            "id", "name", "department", "customers", "can_claim", "claims_per_day", "held_at_most", "cool_down_days",
            "frozen_hours", "hidden_columns", "history_days", "recycles", "no_follow_up_days", "no_opportunity_days",
            "not_won_days", "combines", "spares_existing", "spares_opportunities", "warning_days", "extension_days",
            "protected_at_most", "protected_days_at_most",
        )  # fmt: skip
        read_only_fields = fields


class PoolFilterSet(RecordFilterSet):
    """Pools by name."""

    search = django_filters.CharFilter("name", "icontains")
    recycles = django_filters.TypedChoiceFilter(choices=[("true", "true"), ("false", "false")], coerce="true".__eq__)


class PoolViewSet(RecordViewSet):
    """The pools in reach and their rules."""

    model = Pool
    scope = "pools"
    rights: ClassVar[dict[str, str]] = {"list": "customers.view_pool", "retrieve": "customers.view_pool"}
    leans_on = ("customers.view_customer",)
    serializer_class = PoolSerializer
    filterset = PoolFilterSet
    orders = (Order("position", _("in their order"), "position"), Order("name", _("name"), "name"))

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the department and how many customers lie there."""
        return rows.select_related("department").annotate(held=Count("customers"))
