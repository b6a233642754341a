"""Operations whose personal words were taken out: their new content is sealed by a later operation.

The chain of seals keeps the digests of what operations said first. For a redacted one the check compares what it says
now with the digest that the operation of the redaction noted, which is itself a link of the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder

from crm.history.models import Operation
from crm.history.operations import operation

if TYPE_CHECKING:
    from crm.people.models import User

VERB = "history_redacted"
SEALED_FIELDS = [
    "id", "context_id", "at", "actor_id", "on_behalf_of_id", "verb", "via", "subject_type", "subject_id",
    "subject_label", "anchor_id", "reason", "row_count", "result", "request_id", "address", "facts",
    "undoes_id",
]  # fmt: skip
_NOTED_TOGETHER = 500


def note_redaction(operation_ids: Sequence[int], *, actor: User | None) -> None:
    """Record what redacted operations say from now on; in the transaction that redacted them."""
    for at in range(0, len(operation_ids), _NOTED_TOGETHER):
        rows = Operation.objects.filter(pk__in=operation_ids[at : at + _NOTED_TOGETHER]).order_by("pk")
        noted = {str(facts["id"]): content_digest(facts) for facts in rows.values(*SEALED_FIELDS)}
        with operation(actor, VERB, row_count=len(noted), facts={"operations": noted}):
            pass


def noted_redactions() -> dict[int, str]:
    """The digest of each redacted operation as it was noted last."""
    found: dict[int, str] = {}
    for noted in Operation.objects.filter(verb=VERB).order_by("pk").values_list("facts__operations", flat=True):
        found.update((int(pk), digest) for pk, digest in noted.items())
    return found


def content_digest(facts: Mapping[str, Any]) -> str:
    """The digest of an operation by itself."""
    return hashlib.sha256(json.dumps(facts, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()
