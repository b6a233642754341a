"""The hash chain over operations: whoever changes or removes one breaks every link after it."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone

from crm.history.models import Operation, OperationSeal
from crm.history.redacting import SEALED_FIELDS, content_digest, noted_redactions

_LOCK = 7_402_026
# an operation gets its id before it commits: those younger than this may still be joined by a lower id
_SETTLED_AFTER = timedelta(minutes=2)


@transaction.atomic
def seal_operations(limit: int = 10_000) -> int:
    """Add the next links of the chain, in the order of ids; how many. Two sealers wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = OperationSeal.objects.order_by("-operation_id").first()
    previous = last.digest if last else ""
    after = last.operation_id if last else 0
    settled = Operation.objects.filter(pk__gt=after, at__lt=timezone.now() - _SETTLED_AFTER).order_by("pk")
    seals = []
    for facts in settled.values(*SEALED_FIELDS)[:limit].iterator():
        digest = link(previous, facts)
        seals.append(OperationSeal(operation_id=facts["id"], previous=previous, digest=digest))
        previous = digest
    OperationSeal.objects.bulk_create(seals, batch_size=1000)
    return len(seals)


def first_broken_seal() -> int | None:
    """The first operation whose seal does not fit its content or its predecessor, None where all do."""
    previous, redacted = "", noted_redactions()
    seals = OperationSeal.objects.order_by("operation_id").values_list("operation_id", "previous", "digest").iterator()
    rows = Operation.objects.filter(seal__isnull=False).order_by("pk").values(*SEALED_FIELDS).iterator()
    broken = None
    for (operation_id, noted, digest), facts in zip(seals, rows, strict=True):
        is_whole = link(previous, facts) == digest or redacted.get(operation_id) == content_digest(facts)
        if broken is None and (noted != previous or facts["id"] != operation_id or not is_whole):
            broken = int(operation_id)  # both cursors are read to their ends, or they would stay open
        previous = digest
    return broken


def link(previous: str, facts: dict[str, object]) -> str:
    """The digest of an operation chained to the one before."""
    body = json.dumps(facts, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256((previous + body).encode()).hexdigest()
