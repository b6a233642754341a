"""Putting a document up for approval and taking it back, the same way for every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.actions import close_void, submit, withdraw
from crm.approvals.models import ApprovalRequest
from crm.approvals.purposes import purpose_named
from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbers
from customers.customers.actions import refuse_at_rest
from sales.documents.content import hash_of
from sales.documents.models import EDITABLE_STATES, WAITING_STATES

_UNFINISHED = ("pending", "blocked", "returned")


def submit_document(
    document: Any,
    *,
    actor: User,
    kind: str,
    chosen: Mapping[str, Sequence[int]] | None = None,
    comment: str = "",
    check: Callable[[Any], Mapping[str, Any]] | None = None,
) -> ApprovalRequest:
    """Put a draft, returned or withdrawn document up for approval; `kind` is quote, contract …, its purpose sales.kind.

    The number is given now, once; `check` refuses what this kind of document must not be submitted with, under the
    locks, and answers what else is written with it. ValidationError where it was submitted already, its customer is
    pooled or archived.
    """
    purpose = purpose_named(f"sales.{kind}")
    with transaction.atomic():
        locked = purpose.lock(document.pk)
        refuse_at_rest(locked.customer)
        if locked.state not in EDITABLE_STATES:
            raise ValidationError(_("“%(document)s” was submitted already.") % {"document": locked}, code="state")
        stamps = dict(check(locked)) if check is not None else {}
        locked.number = locked.number or next_numbers(kind)[0]
        digest = hash_of(purpose.snapshot(locked))
        stamps |= {"number": locked.number, "content_hash": digest, "submitted_at": timezone.now()}
        # the history calls the document by the number it gets here
        with operation(actor, f"{kind}_submitted", locked, anchor_id=locked.customer_id, is_part=True):
            move(locked, "pending", actor=actor, **stamps)
            request = submit(purpose.code, locked, actor=actor, chosen=chosen, comment=comment, is_locked=True)
    for known in document._meta.concrete_fields:
        setattr(document, known.attname, getattr(locked, known.attname))
    return request


def withdraw_document(document: Any, *, actor: User, kind: str, comment: str = "") -> None:
    """Take a waiting document back before the last decision; it can be changed again."""
    request = open_request(kind, document.pk)
    if request is None or document.state not in WAITING_STATES:
        raise ValidationError(_("“%(document)s” is not in approval.") % {"document": document}, code="state")
    with operation(actor, f"{kind}_withdrawn", document, anchor_id=document.customer_id, reason=comment):
        withdraw(request, actor=actor, comment=comment)
    document.refresh_from_db()


def end_approval(document: Any, *, actor: User, kind: str, reason: str) -> None:
    """Close what waits for a decision on a document that becomes void; inside the caller's operation."""
    if open_request(kind, document.pk) is not None:
        close_void(f"sales.{kind}", document, actor=actor, reason=reason)


def open_request(kind: str, pk: int) -> ApprovalRequest | None:
    """The approval of a document that has not ended."""
    rows = ApprovalRequest.objects.filter(purpose=f"sales.{kind}", subject_id=pk, state__in=_UNFINISHED)
    found: ApprovalRequest | None = rows.first()
    return found


def move(document: Any, state: str, *, actor: User | None, **more: Any) -> None:
    """Write a document's new state and what comes with it."""
    values = {"state": state, "changed_at": timezone.now(), "changed_by": actor, **more}
    for name, value in values.items():
        setattr(document, name, value)
    document.save(update_fields=[*values])


def moves_to(state: str, stamp: str = "") -> Callable[[Any, User | None, ApprovalRequest], None]:
    """A follow-up of an approval that only sets the state, where it is another, and the moment named `stamp`."""

    def follow(document: Any, actor: User | None, request: ApprovalRequest) -> None:
        if stamp or document.state != state:
            move(document, state, actor=actor, **({stamp: timezone.now()} if stamp else {}))

    return follow
