"""Files of records for other systems: list those of a customer, send, fetch."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.denials import note_denial
from crm.api.pagination import PARAMETERS
from crm.api.parsers import BoundedMultiPartParser, StrictJSONParser
from crm.api.permissions import ANYBODY
from crm.api.views import RecordViewSet
from crm.attachments import actions
from crm.attachments.models import Attachment
from crm.attachments.policies import kind_named, policies, policy_of, rights_leaned_on
from crm.attachments.receiving import received
from crm.attachments.views import sealed_file
from crm.records.keyset import Order

KINDS = [policy.code for policy in policies().values()]


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A file kept with a record; its content is at `download/`."""

    record = serializers.SerializerMethodField(help_text="kind of record")
    record_id = serializers.IntegerField(source="object_id")
    customer = serializers.IntegerField(source="anchor_id", allow_null=True)
    uploaded_by = serializers.CharField(source="uploaded_by.username", help_text="user name")

    class Meta:
        model = Attachment
        fields = (
            "id", "record", "record_id", "customer", "name", "media_type", "size", "sha256", "note", "uploaded_by",
            "created_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_record(self, attachment: Attachment) -> str:
        """The word for the kind of record it is kept with."""
        model: Any = attachment.content_type.model_class()
        return policy_of(model).code


class NewAttachmentSerializer(serializers.Serializer[Any]):
    """One file and the record it is kept with."""

    record = serializers.ChoiceField(choices=KINDS)
    record_id = serializers.IntegerField(min_value=1)
    file = serializers.FileField(allow_empty_file=True)
    note = serializers.CharField(max_length=actions.LONGEST_NOTE, required=False, allow_blank=True, default="")


class AttachmentViewSet(RecordViewSet):
    """Files, in reach where their record is."""

    model = Attachment
    scope = "attachments"
    rights: ClassVar[dict[str, str]] = dict.fromkeys(("list", "retrieve", "create", "download"), ANYBODY)
    leans_on = rights_leaned_on()
    scope_words: ClassVar[dict[str, str]] = {"download": "attachments:read"}
    orders = (Order("-id", gettext_lazy("newest first"), "id", is_descending=True),)
    serializer_class = AttachmentSerializer
    parser_classes: ClassVar[list[Any]] = [BoundedMultiPartParser, StrictJSONParser]

    def scoped(self) -> QuerySet[Any]:
        """The files of the records the person sees."""
        return Attachment.objects.visible_to(self.request.user).live()

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With who sent it."""
        return rows.select_related("uploaded_by", "content_type")

    def filter_names(self) -> list[str]:
        """The customer whose files are asked for."""
        return ["customer"]

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The files of one customer and all that belongs to it; a list of everybody's files is not given."""
        self.refuse_parameters([*PARAMETERS, *self.filter_names()])
        text = self.request.query_params.get("customer", "")
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            message = _("Say whose files: ?customer=…")
            raise ValidationError({"customer": ValidationError(message, code="bad_filter")})
        return rows.around(int(text))  # type: ignore[attr-defined]

    @extend_schema(parameters=[OpenApiParameter("customer", OpenApiTypes.INT, required=True)])
    def list(self, request: Request) -> Response:
        """The files of a customer, of its follow-ups and of its comments."""
        return super().list(request)

    @extend_schema(request={"multipart/form-data": NewAttachmentSerializer}, responses={201: AttachmentSerializer})
    def create(self, request: Request) -> Response:
        """Keep a file with a record; 422 says why a file is refused."""
        body = self.read_body(NewAttachmentSerializer)
        record = self.record_named(body["record"], body["record_id"])
        with received([body["file"]], "file") as files:
            (row,) = actions.attach_files(record, files, actor=request.user, note=body["note"])
        return self.answer(row, 201)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: int) -> FileResponse:
        """The content as it came."""
        self.refuse_parameters()
        return sealed_file(self.get_object())

    def record_named(self, kind: str, pk: int) -> Model:
        """The record a body names: 404 out of reach, 403 where it may only be read."""
        found = kind_named(kind)
        user = self.request.user
        record: Model | None = found and found[1].rows(user, found[1].view).filter(pk=pk).first()
        if found is None or record is None:
            raise Http404
        if not found[1].rows(user, found[1].change).filter(pk=pk).exists():
            note_denial(self.request, found[1].change)
            raise PermissionDenied(_("You may see this record, but not do this with it."))
        return record
