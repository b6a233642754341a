"""What the OpenAPI schema says besides the fields: filters, idempotency keys, errors, how to sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

if TYPE_CHECKING:
    from crm.api.views import ApiViewSet

ERRORS = {
    "400": "the request is malformed",
    "401": "no token, or one that is off",
    "403": "the role or the token does not include this",
    "404": "no such record in reach",
    "409": "somebody else was faster; nothing was changed",
    "413": "the body is too large",
    "422": "the rules of the business refuse this; nothing was changed",
    "429": "too many requests; see Retry-After",
}


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema names our tokens."""

    target_class = "crm.api.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "crm_<id>_<secret>"}


class ApiSchema(AutoSchema):
    """Adds what our views have and the library cannot see: filters, idempotency keys, errors, scopes."""

    view: ApiViewSet

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Any:
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is not None:
            added = [*_filters(self.view), *_headers(method)]
            if added:
                operation["parameters"] = [*operation.get("parameters", []), *added]
            operation["responses"].update(_errors(method))
        return operation


def _filters(view: ApiViewSet) -> list[dict[str, Any]]:
    names = [*view.filter_names()] if view.action == "list" else []
    return [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]


def _headers(method: str) -> list[dict[str, Any]]:
    if method != "POST":
        return []
    text = "The same key within 48 hours gets the first answer again and does nothing."
    schema = {"type": "string", "maxLength": 120}
    return [{"name": "Idempotency-Key", "in": "header", "description": text, "schema": schema}]


def _errors(method: str) -> dict[str, Any]:
    statuses = [status for status in ERRORS if method != "GET" or status not in ("409", "413", "422")]
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": ERRORS[status], "content": content} for status in statuses}


def add_error_component(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """The one shape of errors, as a component of the schema."""
    words = {"type": "array", "items": {"type": "string"}}
    result["components"].setdefault("schemas", {})["Error"] = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "fields"],
                "properties": {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "fields": {"type": "object", "additionalProperties": words},
                },
            }
        },
    }
    return result
