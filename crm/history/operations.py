"""The door every write goes through: it names what is done, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Model

from crm.history.models import Operation
from crm.operations.requests import current_request

if TYPE_CHECKING:
    from crm.people.models import User


@contextmanager
def operation(
    actor: User | None,
    verb: str,
    subject: Model | None = None,
    *,
    anchor_id: int | None = None,
    reason: str = "",
    via: str = "",
    row_count: int = 1,
    undoes: Operation | None = None,
    facts: dict[str, Any] | None = None,
    is_part: bool = False,
) -> Iterator[Operation]:
    """Run a block as one transaction and one entry of the history; every row it changes is tied to that entry.

    `verb` is `record_did` in the past ("customer_claimed"); `anchor_id` is the customer whose timeline shows it.
    `is_part` says that the transaction of the caller fails with it: nobody goes on where it was refused.
    """
    request, is_whole = current_request(), not connection.in_atomic_block
    with transaction.atomic(savepoint=not is_part):
        entry = Operation.objects.create(
            actor=actor,
            verb=verb,
            via=via or request.via,
            subject_type=subject._meta.label_lower if subject is not None else "",
            subject_id=subject.pk if subject is not None else None,
            subject_label=str(subject)[:200] if subject is not None else "",
            anchor_id=anchor_id,
            reason=reason[:500],
            request_id=request.id,
            address=request.address or None,
            row_count=row_count,
            undoes=undoes,
            facts=facts or {},
        )
        before = _set_context(str(entry.context_id))
        yield entry
        if not is_whole:  # what is set ends with the transaction
            _set_context(before)


@contextmanager
def tied_to(entry: Operation) -> Iterator[None]:
    """Tie the row events of this transaction to an operation recorded before (a later chunk of a job, for instance)."""
    with transaction.atomic():
        before = _set_context(str(entry.context_id))
        yield
        _set_context(before)


def _set_context(context_id: str) -> str:
    """Name the context of all that this transaction writes from now on ("" for none); the one before."""
    # transaction-local settings are what the statement triggers read; set by hand, so that COPY has them too
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH before AS MATERIALIZED (SELECT current_setting('pghistory.context_id', true) AS id) "
            "SELECT id, set_config('pghistory.context_id', %s, true), "
            "set_config('pghistory.context_metadata', %s, true) FROM before",
            [context_id, "{}" if context_id else ""],
        )
        before: str | None = cursor.fetchone()[0]
    return before or ""
