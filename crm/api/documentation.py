"""OpenAPI: the schema as a file, and pages to read it."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm.access.gate import Gate
from crm.api.tokens import TokenAuthentication


class SignedIn(BasePermission):
    """A person in a browser, or a token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user)


class SchemaView(APIView):
    """The OpenAPI file; the same for everybody."""

    gate = Gate("api")
    schema = None
    authentication_classes: ClassVar[list[Any]] = [TokenAuthentication, SessionAuthentication]
    permission_classes: ClassVar[list[Any]] = [SignedIn]
    renderer_classes: ClassVar[list[Any]] = [OpenApiJsonRenderer]

    def get(self, request: Request) -> Response:
        with translation.override("en"):
            return Response(_schema())


class DocumentationView(SpectacularSwaggerSplitView):
    """Pages to read the schema and try it; script apart from the page, as the content security policy wants."""

    schema = None
    url_name = "api:schema"
    template_name = "api/documentation.html"
    authentication_classes = []
    permission_classes = []


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema
