"""The hash chain over operations: whoever changes or removes one breaks every link after it."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone

from crm.history.models import Operation, OperationSeal

_LOCK = 7_402_026
# an operation gets its id before it commits: those younger than this may still be joined by a lower id
_SETTLED_AFTER = timedelta(minutes=2)
_FIELDS = [
    "id", "context_id", "at", "actor_id", "on_behalf_of_id", "verb", "via", "subject_type", "subject_id",
    "subject_label", "anchor_id", "reason", "row_count", "result", "request_id", "address", "facts",
    "undoes_id",
]  # fmt: skip


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
    for facts in settled.values(*_FIELDS)[:limit].iterator():
        digest = link(previous, facts)
        seals.append(OperationSeal(operation_id=facts["id"], previous=previous, digest=digest))
        previous = digest
    OperationSeal.objects.bulk_create(seals, batch_size=1000)
    return len(seals)


def first_broken_seal() -> int | None:
    """The first operation whose seal does not fit its content or its predecessor, None where all do."""
    previous = ""
    seals = OperationSeal.objects.order_by("operation_id").values_list("operation_id", "previous", "digest").iterator()
    rows = Operation.objects.filter(seal__isnull=False).order_by("pk").values(*_FIELDS).iterator()
    for (operation_id, noted, digest), facts in zip(seals, rows, strict=True):
        if noted != previous or facts["id"] != operation_id or link(previous, facts) != digest:
            return int(operation_id)
        previous = digest
    return None


def link(previous: str, facts: dict[str, object]) -> str:
    """The digest of an operation chained to the one before."""
    body = json.dumps(facts, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256((previous + body).encode()).hexdigest()
