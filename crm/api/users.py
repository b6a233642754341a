"""Colleagues, for choosing owners and targets."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from crm.api.permissions import ANYBODY
from crm.api.views import RecordViewSet
from crm.people.models import Department, User
from crm.records.filters import RecordFilterSet
from crm.records.keyset import Order


class UserSerializer(serializers.ModelSerializer[User]):
    """Who works here; nothing about sign-in."""

    department = serializers.CharField(source="department.name", default=None, read_only=True)

    class Meta:
        model = User
        fields = ("id", "username", "name", "department", "is_active")
        read_only_fields = fields


class ColleagueFilterSet(RecordFilterSet):
    """Colleagues by name, department and whether they can sign in."""

    search = django_filters.CharFilter(method="found")
    username = django_filters.CharFilter()
    department = django_filters.ModelChoiceFilter(queryset=Department.objects.all())
    is_active = django_filters.TypedChoiceFilter(choices=[("true", "true"), ("false", "false")], coerce="true".__eq__)

    def found(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Those whose name or user name holds the text."""
        return rows.filter(Q(name__icontains=text) | Q(username__icontains=text))


class UserViewSet(RecordViewSet):
    """Colleagues."""

    model = User
    scope = "users"
    rights = {"list": ANYBODY, "retrieve": ANYBODY}
    serializer_class = UserSerializer
    filterset = ColleagueFilterSet
    orders = (Order("username", _("user name"), "username"), Order("name", _("name"), "name"))

    def scoped(self) -> QuerySet[Any]:
        """Every signed-in person may know who works here."""
        return User.objects.visible_to(self.request.user)

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the department."""
        return rows.select_related("department")
