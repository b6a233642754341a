"""One shape for every error of the API: {"error": {"code", "message", "fields"}}."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import psycopg.errors
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from crm.operations.requests import current_request

logger = logging.getLogger("harbour.api")

# what an action says by the code of its refusal; every other refusal is 422
REFUSALS = {
    "bad_filter": 400,
    "bad_cursor": 400,
    "bad_selection": 400,
    "search_too_short": 400,
    "stale": 409,
    "conflict": 409,
    "taken": 409,
    "changed": 409,
    "decided": 409,
    "duplicate": 409,
    "size": 413,
    "no_right": 403,
}
_WORDS = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    422: "refused",
    429: "too_many_requests",
}
# lock not available, deadlock, statement too slow: the same request may pass a moment later
_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.QueryCanceled)


@dataclass(frozen=True)
class Fault:
    """What is told of a failure."""

    status: int
    message: str
    code: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        code = self.code or _WORDS[self.status]
        return {"error": {"code": code, "message": self.message, "fields": self.fields}}


def error_response(trouble: Exception, context: dict[str, Any]) -> Response:
    """The answer to any exception of an API view; unforeseen ones are logged and named by their request id only."""
    fault = fault_of(trouble)
    if fault is None:
        logger.exception("API fault", exc_info=trouble)
        body = {
            "code": "fault",
            "message": _("This is our fault, not yours. Quote this number: %(id)s") % {"id": current_request().id},
            "fields": {},
            "request_id": current_request().id,
        }
        return Response({"error": body}, status=500)
    return Response(fault.body(), status=fault.status, headers=fault.headers)


def fault_of(trouble: Exception) -> Fault | None:
    """How an exception is told; None where it is a fault of ours."""
    if isinstance(trouble, exceptions.APIException):
        return _of_framework(trouble)
    if isinstance(trouble, ValidationError):
        return _of_refusal(trouble)
    if isinstance(trouble, Http404):
        return Fault(404, _("There is no such record, or it is not in your reach."))
    if isinstance(trouble, PermissionDenied):
        return Fault(403, str(trouble) or _("Your role does not include this."))
    if isinstance(trouble, RequestDataTooBig):
        return Fault(413, _("The body is too large."))
    if isinstance(trouble, TooManyFieldsSent | TooManyFilesSent | SuspiciousOperation | UnreadablePostError):
        return Fault(400, _("The request is damaged."))
    return _of_database(trouble)


def _of_database(trouble: Exception) -> Fault | None:
    if isinstance(trouble, OperationalError) and isinstance(trouble.__cause__, _BUSY):
        return Fault(
            409, _("Somebody else is changing this right now. Try again."), "busy", headers={"Retry-After": "1"}
        )
    if isinstance(trouble, IntegrityError):
        return Fault(409, _("This collides with a record that exists already."))
    if isinstance(trouble, DataError):
        return Fault(400, _("A value does not fit its field."))
    return None


def _of_refusal(refusal: ValidationError) -> Fault:
    by_field = getattr(refusal, "error_dict", None) or {NON_FIELD_ERRORS: refusal.error_list}
    code = getattr(refusal, "code", "") or next(
        (error.code for errors in by_field.values() for error in errors if error.code), ""
    )
    fields = {name: [text for error in errors for text in error.messages] for name, errors in by_field.items()}
    general = fields.pop(NON_FIELD_ERRORS, []) or [text for texts in fields.values() for text in texts]
    return Fault(REFUSALS.get(code, 422), " ".join(general), code, fields)


def _of_framework(trouble: exceptions.APIException) -> Fault:
    if isinstance(trouble, exceptions.ValidationError):
        fields = _flat(trouble.detail)
        general = fields.pop(api_settings.NON_FIELD_ERRORS_KEY, [])
        return Fault(400, " ".join(general) or _("Some values are missing or wrong."), "invalid", fields)
    if isinstance(trouble, exceptions.Throttled):
        wait = str(max(1, ceil(trouble.wait or 1)))
        return Fault(
            429, _("Too many requests. Wait %(seconds)s seconds.") % {"seconds": wait}, headers={"Retry-After": wait}
        )
    status = trouble.status_code if trouble.status_code in _WORDS else 400
    code = trouble.get_codes()
    headers = {"WWW-Authenticate": trouble.auth_header} if getattr(trouble, "auth_header", "") else {}
    own_code = code if code == "missing_scope" else ""
    return Fault(status, _framework_words(trouble), own_code, headers=headers)


def _framework_words(trouble: exceptions.APIException) -> str:
    if isinstance(trouble, exceptions.MethodNotAllowed):
        return _("This address does not take that method.")
    if isinstance(trouble, exceptions.UnsupportedMediaType):
        return _("The body must be sent as application/json (files as multipart/form-data).")
    return str(trouble.detail)


def _flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, inner in detail.items():
            own = path and key == api_settings.NON_FIELD_ERRORS_KEY
            found.update(_flat(inner, path if own else f"{path}.{key}" if path else str(key)))
        return found
    if isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        return _flat(dict(enumerate(detail)), path)
    words = detail if isinstance(detail, list) else [detail]
    return {path or api_settings.NON_FIELD_ERRORS_KEY: [str(word) for word in words]}
