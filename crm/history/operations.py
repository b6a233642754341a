"""The door every write goes through: it names what is done, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

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
) -> Iterator[Operation]:
    """Run a block as one transaction and one entry of the history; every row it changes is tied to that entry.

    `verb` is `record_did` in the past ("customer_claimed"); `anchor_id` is the customer whose timeline shows it.
    """
    request = current_request()
    with transaction.atomic():
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
        with tied_to(entry):
            yield entry


@contextmanager
def tied_to(entry: Operation) -> Iterator[None]:
    """Tie the row events of this transaction to an operation recorded before (a later chunk of a job, for instance)."""
    with transaction.atomic():
        before = _context_id()
        _set_context(entry.context_id)
        yield
        _set_context(before)


def _context_id() -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pghistory.context_id', true)")
        value = cursor.fetchone()[0]
    return UUID(value) if value else None


def _set_context(context_id: UUID | None) -> None:
    # transaction-local settings are what the statement triggers read; set by hand, so that COPY has them too
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)",
            [str(context_id) if context_id else "", "{}" if context_id else ""],
        )
