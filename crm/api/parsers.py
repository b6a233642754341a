"""Request bodies: JSON objects and multipart files, of bounded size and depth, without characters no database keeps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

DEPTH_AT_MOST = 20
UPLOAD_AT_MOST = 52_428_800 + 1_048_576  # a file of 50 MB and the fields around it
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TOO_BIG = 2**63


class StrictJSONParser(JSONParser):
    """A JSON object in UTF-8; anything else is a 400 (413 where it is too long)."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            body = super().parse(stream, media_type, {**(parser_context or {}), "encoding": "utf-8"})
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply."))
        if not isinstance(body, dict):
            raise ParseError(_("The body must be a JSON object."))
        _refuse_unstorable(body, DEPTH_AT_MOST)
        return body


class BoundedMultiPartParser(MultiPartParser):
    """Multipart fields and files, up to the largest spreadsheet an import takes."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles:
        length = ((parser_context or {})["request"].META.get("CONTENT_LENGTH")) or "0"
        if int(length) > UPLOAD_AT_MOST:
            raise RequestDataTooBig
        parts = super().parse(stream, media_type, parser_context)
        _refuse_unstorable(dict(parts.data.lists()), DEPTH_AT_MOST)
        return parts


class JsonOnly(BaseContentNegotiation):
    """Answers are JSON whatever the Accept header says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == content_type), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def _refuse_unstorable(value: Any, depth: int) -> None:
    if depth < 0:
        raise ParseError(_("The JSON is nested too deeply."))
    if isinstance(value, str) and _UNSTORABLE.search(value):
        raise ParseError(_("The body holds characters that cannot be stored (NUL or half of a pair)."))
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) < _TOO_BIG):
        raise ParseError(_("The body holds a number that is too large."))
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unstorable(key, depth - 1)
            _refuse_unstorable(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner, depth - 1)
