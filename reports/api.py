"""Reports for other systems: the numbers of the page, and the PDF as a job."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.scopes import EXPORT
from crm.api.views import ApiViewSet, JobStartedSerializer
from reports.actions import request_report_file
from reports.catalogue import REPORTS, Report
from reports.forms import NewBusinessForm

PARAMETERS = tuple(NewBusinessForm.base_fields)
_ASKED = [OpenApiParameter(name, OpenApiTypes.STR) for name in PARAMETERS]


class ReportSerializer(serializers.Serializer[Any]):
    """A report there is."""

    slug = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()


class FigureSerializer(serializers.Serializer[Any]):
    """One number with its definition and the number of the period before."""

    label = serializers.CharField()
    value = serializers.IntegerField()
    previous = serializers.IntegerField(allow_null=True)
    definition = serializers.CharField()


class TableSerializer(serializers.Serializer[Any]):
    """A table; decimals are text."""

    title = serializers.CharField()
    headers = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField())
    totals = serializers.ListField()


class NumbersSerializer(ReportSerializer):
    """What a report says to the person who asks."""

    filters = serializers.DictField(child=serializers.CharField())
    figures = FigureSerializer(many=True)
    tables = TableSerializer(many=True)
    row_count = serializers.IntegerField()
    checksum = serializers.CharField()
    made_at = serializers.DateTimeField()


class WishSerializer(serializers.Serializer[Any]):
    """The parameters of a report, as its page takes them."""

    period = serializers.CharField(max_length=20, required=False, allow_blank=True)
    start = serializers.CharField(max_length=20, required=False, allow_blank=True)
    end = serializers.CharField(max_length=20, required=False, allow_blank=True)
    group = serializers.CharField(max_length=20, required=False, allow_blank=True)
    step = serializers.CharField(max_length=20, required=False, allow_blank=True)


class ReportViewSet(ApiViewSet):
    """Reports over what the person of the token may see."""

    scope = "reports"
    rights: ClassVar[dict[str, str]] = {
        "list": "reports.view_report",
        "retrieve": "reports.view_report",
        "pdf": "reports.export_report",
    }
    scope_words: ClassVar[dict[str, str]] = {"pdf": EXPORT}
    leans_on = ("customers.view_customer", "customers.view_pool")
    lookup_field = "slug"
    lookup_value_converter = "slug"
    serializer_class = ReportSerializer
    pagination_class = None

    def list(self, request: Request) -> Response:
        """The reports there are."""
        self.refuse_parameters()
        told = ReportSerializer(REPORTS.values(), many=True).data
        return Response({"results": told, "next": None, "previous": None, "count": len(told)})

    @extend_schema(responses=NumbersSerializer, parameters=_ASKED)
    def retrieve(self, request: Request, slug: str) -> Response:
        """The numbers of the page with the same parameters."""
        report = _report(slug)
        self.refuse_parameters(PARAMETERS)
        document = report.build(request.user, _form(report, request.query_params.dict()).wish())
        body = {
            "slug": slug,
            "summary": str(report.summary),
            **document.numbers(),
            "checksum": document.checksum,
            "made_at": document.made_at,
        }
        return Response(body)

    @extend_schema(request=WishSerializer, responses={202: JobStartedSerializer}, parameters=_ASKED)
    @action(detail=True, methods=["post"])
    def pdf(self, request: Request, slug: str) -> Response:
        """Start making the PDF; the parameters may stand in the address or in the body."""
        report = _report(slug)
        self.refuse_parameters(PARAMETERS)
        form = _form(report, {**request.query_params.dict(), **self.read_body(WishSerializer)})
        job = request_report_file(report, form, "pdf", actor=request.user)
        return Response({"id": job.pk, "job": job.pk}, status=202)


def _report(slug: str) -> Report:
    if slug not in REPORTS:
        raise Http404
    return REPORTS[slug]


def _form(report: Report, asked: dict[str, Any]) -> Any:
    form = report.form(asked)
    if not form.is_valid():
        wrong = form.errors.items()
        raise ValidationError(
            {name: [ValidationError(text, code="bad_filter") for text in texts] for name, texts in wrong}
        )
    return form
