"""Mail for follow-ups, handed over by a mail server or another system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ApiViewSet
from customers.activities.mail_in import receive_mail
from customers.activities.mail_reading import BYTES_AT_MOST


class MailParser(BaseParser):
    """The raw mail as the body, at most 10 MB."""

    media_type = "message/rfc822"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        raw = stream.read(BYTES_AT_MOST + 1)
        if len(raw) > BYTES_AT_MOST:
            raise RequestDataTooBig
        return {"message": SimpleUploadedFile("message.eml", raw)}


class LoggedMailSerializer(serializers.Serializer[Any]):
    """The follow-ups a mail became; none where no customer fits, or where it was logged before."""

    activities = serializers.ListField(child=serializers.IntegerField())


class MailViewSet(ApiViewSet):
    """Mail that becomes follow-ups of the person of the token."""

    scope = "activities"
    rights: ClassVar[dict[str, str]] = {"create": "customers.add_activity"}
    leans_on = ("customers.view_customer", "customers.view_activity", "customers.view_contact")
    serializer_class = LoggedMailSerializer
    parser_classes: ClassVar[list[type[BaseParser]]] = [MailParser]

    @extend_schema(
        request={"message/rfc822": OpenApiTypes.BINARY},
        responses={201: LoggedMailSerializer, 200: LoggedMailSerializer},
    )
    def create(self, request: Request) -> Response:
        """Log a mail at each customer whose address stands in it; a narrowed token needs the scope `pii` to match."""
        made = receive_mail(request.data["message"].read(), actor=request.user)
        return Response({"activities": [row.pk for row in made]}, status=201 if made else 200)
