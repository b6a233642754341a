"""The same POST twice does its work once: claim, work and answer are one transaction."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.models import IdempotencyKey

KEPT_FOR = timedelta(hours=48)
_KEY = re.compile(r"[\x21-\x7e]{1,120}")


def answered_once(request: Request, work: Callable[[], Response], may_hear: Callable[[Any], bool]) -> Response:
    """The answer of `work`, or the one remembered for this person and Idempotency-Key.

    A refusal is not remembered: it did nothing, so the key stays free. ValidationError where the key belongs to
    another request (422), to one that is still being worked on, or to an answer the person `may_hear` no more (409).
    """
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return work()
    if not _KEY.fullmatch(key):
        raise ParseError(_("An Idempotency-Key is 1 to 120 printable ASCII characters without spaces."))
    digest = _digest(request)
    with transaction.atomic():
        _lock(request.user.pk, key)
        known = IdempotencyKey.objects.filter(user=request.user, key=key).first()
        if known is not None:
            return _remembered(known, digest, may_hear)
        answer = work()
        IdempotencyKey.objects.create(
            user=request.user, key=key, request_hash=digest, status=answer.status_code, answer=_plain(answer.data)
        )
    return answer


def delete_old_keys() -> int:
    """Forget answers older than 48 hours; how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _lock(user_id: int, key: str) -> None:
    # an advisory lock says at once that a first request is under way; waiting on the unique index would not
    number = int.from_bytes(hashlib.sha256(f"{user_id}:{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        is_mine = cursor.fetchone()[0]
    if not is_mine:
        raise ValidationError(_("A request with this Idempotency-Key is still being worked on."), code="conflict")


def _remembered(known: IdempotencyKey, digest: str, may_hear: Callable[[Any], bool]) -> Response:
    if known.request_hash != digest:
        raise ValidationError(
            _("This Idempotency-Key was used for another request. Take a new key."), code="idempotency_key_reused"
        )
    if not may_hear(known.answer):
        raise ValidationError(_("This was done, but the record is out of your reach now."), code="conflict")
    return Response(known.answer, status=known.status, headers={"Idempotent-Replay": "true"})


def _digest(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=_file_digest)
    scopes = ",".join(request.auth.scopes)  # another token of the person may see less of the same answer
    text = "\n".join([request.method or "", request.get_full_path(), scopes, body])
    return hashlib.sha256(text.encode()).hexdigest()


def _file_digest(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        raise TypeError
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name}:{digest.hexdigest()}"


def _plain(content: Any) -> Any:
    return json.loads(JSONRenderer().render(content)) if content is not None else None
