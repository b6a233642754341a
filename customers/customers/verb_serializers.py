"""What the verbs of a customer take and answer in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crm.people.models import User
from customers.pool.models import Pool


class ReleaseSerializer(serializers.Serializer[Any]):
    """Why a customer is given up, and into which pool (its name; none: the nearest)."""

    reason = serializers.CharField(max_length=500)
    pool = serializers.SlugRelatedField("name", queryset=Pool.objects.all(), required=False, allow_null=True)


class AssignSerializer(serializers.Serializer[Any]):
    """Who is to be responsible."""

    owner = serializers.SlugRelatedField("username", queryset=User.objects.all())
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class DiscardSerializer(serializers.Serializer[Any]):
    """Why nobody is to work on a potential customer."""

    reason = serializers.CharField(max_length=500)


class CompanySerializer(serializers.Serializer[Any]):
    """A company by id and name."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class RelatedSerializer(serializers.Serializer[Any]):
    """A relation as read from this customer; `customer` is null out of reach."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    is_forwards = serializers.BooleanField(help_text="noted from this customer to the other one")
    customer = CompanySerializer(allow_null=True)
    remark = serializers.CharField()


class CompaniesSerializer(serializers.Serializer[Any]):
    """The companies around a customer; `unseen_children` counts those out of reach."""

    has_parent = serializers.BooleanField()
    parent = CompanySerializer(allow_null=True)
    children = CompanySerializer(many=True)
    unseen_children = serializers.IntegerField()
    relations = RelatedSerializer(many=True)


class MergeSerializer(serializers.Serializer[Any]):
    """Which customer takes over, and which values of the one that goes it takes (names of fields, `custom.key`)."""

    into = serializers.IntegerField(min_value=1)
    fields_taken = serializers.ListField(child=serializers.CharField(max_length=60), required=False, default=list)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
