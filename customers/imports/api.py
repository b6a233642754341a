"""Imports for other systems: upload, dry run, outcome of every row, apply, undo."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.pagination import PARAMETERS, KeysetPagination
from crm.api.parsers import BoundedMultiPartParser, StrictJSONParser
from crm.api.views import JobStartedSerializer, RecordViewSet
from crm.records.keyset import Order
from customers.imports import actions
from customers.imports.intake import receive_and_check
from customers.imports.models import ImportRow, ImportSet
from customers.imports.tables import RowReader

RIGHT = "customers.import_customer"
COUNTS = ("created", "changed", "unchanged", "duplicate", "refused")


class MappingField(serializers.CharField):
    """JSON: header or column number (from 0) → field; "" leaves a column out."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """The mapping."""
        try:
            mapping = json.loads(super().to_internal_value(data))
        except (ValueError, RecursionError):
            mapping = None
        if not isinstance(mapping, dict) or not all(isinstance(field, str) for field in mapping.values()):
            raise serializers.ValidationError(_("The mapping is a JSON object of column → field."))
        return mapping


class NewImportSerializer(serializers.Serializer[Any]):
    """A spreadsheet and how it is read. Whoever sends contact details through the API answers for being allowed to
    hold them; `has_lawful_basis=false` has them refused. `exceeds_limit` lets owners hold more than their limit, for
    the reason in `limit_reason`; it takes the right to set owners by import.
    """

    file = serializers.FileField(allow_empty_file=True)
    target = serializers.ChoiceField(choices=["customers"], default="customers")
    mapping = MappingField(required=False, max_length=20_000)
    mode = serializers.ChoiceField(choices=ImportSet.Mode.choices, default=ImportSet.Mode.BOTH)
    match_key = serializers.ChoiceField(choices=ImportSet.MatchKey.choices, required=False)
    empty_clears = serializers.BooleanField(default=False)
    has_lawful_basis = serializers.BooleanField(default=True)
    exceeds_limit = serializers.BooleanField(default=False)
    limit_reason = serializers.CharField(max_length=200, default="", allow_blank=True)


class ImportSerializer(serializers.ModelSerializer[ImportSet]):
    """An import and what its rows do."""

    mapping = serializers.DictField(child=serializers.CharField())
    headers = serializers.ListField(child=serializers.CharField())
    counts = serializers.SerializerMethodField()

    class Meta:
        model = ImportSet
        fields = (
            "id", "state", "target", "file_name", "file_size", "headers", "mapping", "mode", "match_key",
            "empty_clears", "exceeds_limit", "limit_reason", "total", "counts", "error", "job", "created_at",
            "applied_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_counts(self, import_set: ImportSet) -> dict[str, int]:
        """Rows by outcome."""
        return {name: import_set.counts.get(name, 0) for name in COUNTS}


class RowChangeSerializer(serializers.Serializer[Any]):
    """One field of a row before and after."""

    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class ImportRowSerializer(serializers.Serializer[Any]):
    """What one row does, or why it does not."""

    row_number = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=["", *COUNTS])
    name = serializers.CharField()
    customer = serializers.IntegerField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    changes = RowChangeSerializer(many=True)


class ImportViewSet(RecordViewSet):
    """One's own imports; a file may hold anything, so nobody else opens it."""

    model = ImportSet
    scope = "imports"
    rights: ClassVar[dict[str, str]] = dict.fromkeys(("list", "retrieve", "create", "rows", "apply", "undo"), RIGHT)
    leans_on = (
        "customers.view_customer", "customers.add_customer", "customers.change_customer", "customers.own_customer",
        "customers.import_any_owner",
    )  # fmt: skip
    orders = (Order("-id", gettext_lazy("newest first"), "id", is_descending=True),)
    serializer_class = ImportSerializer
    parser_classes: ClassVar[list[Any]] = [BoundedMultiPartParser, StrictJSONParser]

    def listed(self) -> QuerySet[Any]:
        """Without the first rows of the files."""
        return super().listed().defer("head")

    @extend_schema(request={"multipart/form-data": NewImportSerializer}, responses={202: JobStartedSerializer})
    def create(self, request: Request) -> Response:
        """Receive a spreadsheet and start its dry run; nothing is written to customers before `apply/`."""
        body = self.read_body(NewImportSerializer)
        body.pop("target")
        import_set, job = receive_and_check(request.user, body.pop("file"), **body)
        return Response({"id": import_set.pk, "job": job.pk}, status=202)

    @extend_schema(
        responses=ImportRowSerializer(many=True),
        parameters=[OpenApiParameter("outcome", OpenApiTypes.STR, enum=COUNTS)],
    )
    @action(detail=True, methods=["get"])
    def rows(self, request: Request, pk: int) -> Response:
        """The rows in their order, all or those of one outcome."""
        self.refuse_parameters((*PARAMETERS, "outcome"))
        import_set = self.get_object()
        rows = ImportRow.objects.filter(import_set=import_set)
        if outcome := request.query_params.get("outcome", ""):
            rows = rows.filter(outcome=serializers.ChoiceField(choices=COUNTS).run_validation(outcome))
        pages = KeysetPagination()
        page = pages.paginate_queryset(rows, request, self, (Order("row_number", "", "row_number"),))
        return pages.get_paginated_response(self.told_rows(import_set, page))

    @extend_schema(request=None, responses={202: JobStartedSerializer})
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: int) -> Response:
        """Write what the dry run found."""
        import_set = self.get_object()
        job = actions.start_apply(import_set, actor=request.user)
        return Response({"id": import_set.pk, "job": job.pk}, status=202)

    @extend_schema(request=None, responses={202: JobStartedSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: int) -> Response:
        """Take back what the import wrote and nobody touched since."""
        import_set = self.get_object()
        job = actions.start_undo(import_set, actor=request.user)
        return Response({"id": import_set.pk, "job": job.pk}, status=202)

    def told_rows(self, import_set: ImportSet, rows: list[ImportRow]) -> list[dict[str, Any]]:
        """The rows in words; what customers were before only as far as the token shows it."""
        import_set.requested_by = self.request.user
        reader = RowReader(import_set)
        return [
            {
                "row_number": line.row.row_number,
                "outcome": line.row.outcome,
                "name": line.name,
                "customer": line.customer_id,
                "reasons": line.reasons,
                "changes": [
                    {"field": change.attribute.removesuffix("_id"), "before": change.before, "after": change.after}
                    for change in line.changes
                ],
            }
            for line in reader.lines(rows)
        ]
