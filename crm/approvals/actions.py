"""What is done with approvals. Every action locks the document first, then its request; of two at once one wins.

A decision names the hash of the content it was taken on (`seen`): nobody decides on what they did not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError
from django.db.models import OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.definitions import Step
from crm.approvals.matters import Matter, cleaned_comment
from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask
from crm.approvals.notices import tell_decided
from crm.approvals.purposes import Purpose, content_hash, purpose_named
from crm.approvals.routing import Case, Route, picked, route_of
from crm.approvals.taking_part import add_approver as add_approver
from crm.approvals.taking_part import add_comment as add_comment
from crm.approvals.taking_part import copy_to as copy_to
from crm.approvals.taking_part import delegate as delegate
from crm.approvals.taking_part import read_copy as read_copy
from crm.approvals.turns import Action, State, approve_turn, begin_step, block, end_tasks, record
from crm.history.operations import operation
from crm.people.models import User

RequestState = ApprovalRequest.State
MANY_AT_MOST = 100


# ── putting up, taking back ──


def submit(
    purpose: str,
    document: Any,
    *,
    actor: User,
    chosen: Mapping[str, Sequence[int]] | None = None,
    comment: str = "",
    is_locked: bool = False,
) -> ApprovalRequest:
    """Inside the caller's operation: put a saved document up for decision; a returned request begins its next round.

    Calls `submitted` of the purpose, or `blocked` where nobody may decide, and gives `document` the values it has then.
    `is_locked` says that `document` was read by the lock of the purpose in this transaction already.
    ValidationError: no flow fits ("no_flow"), it is waiting already ("conflict"), a choice is missing.
    """
    said = cleaned_comment(comment)
    declared = purpose_named(purpose)
    fresh = document if is_locked else declared.lock(document.pk)
    request = _open_request(purpose, fresh.pk)
    if request is not None and request.is_open:
        raise ValidationError(_("This waits for a decision already."), code="conflict")
    route = route_of(declared, fresh)
    if route.version is None:
        raise ValidationError(_("No approval flow fits this document: tell an administrator."), code="no_flow")
    case = Case.of(declared, route.steps, fresh, actor)
    if request is not None:
        # nor does whoever submitted an earlier round decide on a later one
        case.excluded |= set(request.submitters)  # type: ignore[attr-defined]
    steps = case.expanded(route.steps)
    steps = [picked(step, case, chosen or {}, is_last=step is steps[-1]) for step in steps]
    snapshot = declared.snapshot(fresh)
    first = _first_step(request, route, steps, content_hash(snapshot))
    request = _frozen(request, declared, fresh, snapshot, actor, route, case, steps, first)
    record(request, Action.SUBMIT, actor, comment=said, seen=request.content_hash)
    if first is None:
        block(request, "no_step")
    else:
        begin_step(request, case, first)
    follow = declared.blocked if request.state == RequestState.BLOCKED else declared.submitted
    follow(fresh, actor, request)
    for known in document._meta.concrete_fields:
        setattr(document, known.attname, getattr(fresh, known.attname))
    return request


def withdraw(request: ApprovalRequest, *, actor: User, comment: str = "") -> ApprovalRequest:
    """Take a document back before the last decision; only whoever submitted it, or whose document it is."""
    said = cleaned_comment(comment)
    with operation(actor, "approval_withdrawn", request, anchor_id=request.customer_id, reason=said):
        matter = Matter(request, actor)
        if matter.request.state != RequestState.BLOCKED:
            matter.refuse_unless_pending()
        if actor.pk not in (matter.request.submitted_by_id, getattr(matter.document, "owner_id", None)):
            raise ValidationError(_("Only whoever submitted this may withdraw it."), code="no_right")
        record(matter.request, Action.WITHDRAW, actor, comment=said)
        matter.close(RequestState.WITHDRAWN)
        matter.purpose.withdrawn(matter.document, actor, matter.request)
    return matter.request


def close_void(purpose: str, document: Any, *, actor: User | None, reason: str = "") -> ApprovalRequest | None:
    """Inside the caller's operation: end the request of a document that becomes void; None where none is open."""
    found = ApprovalRequest.objects.of(purpose, document.pk).filter(closed_at=None).first()
    if found is None:
        return None
    matter = Matter(found, actor)
    if matter.request.closed_at is not None:
        return None
    record(matter.request, Action.VOID, actor, comment=cleaned_comment(reason))
    matter.close(RequestState.VOID)
    return matter.request


# ── deciding ──


def approve(request: ApprovalRequest, *, actor: User, seen: str, comment: str = "") -> ApprovalRequest:
    """Agree; after the last step the document is approved in the same transaction."""
    said = cleaned_comment(comment)
    with operation(actor, "approval_approved", request, anchor_id=request.customer_id, reason=said):
        matter, task = _my_turn(request, actor, seen)
        matter.refuse_changed()
        record(matter.request, Action.APPROVE, actor, task=task, comment=said, seen=seen)
        if approve_turn(matter.request, matter.case, matter.turns, task):
            matter.close(RequestState.APPROVED, is_decided=True)
            matter.purpose.approved(matter.document, actor, matter.request)
            tell_decided(matter.request, actor, said)
        elif matter.request.state == RequestState.BLOCKED:
            matter.purpose.blocked(matter.document, actor, matter.request)
    return matter.request


def reject(request: ApprovalRequest, *, actor: User, seen: str, comment: str = "") -> ApprovalRequest:
    """Refuse for good, with a reason; the document can only live on as a new version or copy."""
    said = cleaned_comment(comment, is_required=True)
    with operation(actor, "approval_rejected", request, anchor_id=request.customer_id, reason=said):
        matter, task = _my_turn(request, actor, seen)
        _decide(matter, task, Action.REJECT, said, seen)
        matter.close(RequestState.REJECTED)
        matter.purpose.rejected(matter.document, actor, matter.request)
        tell_decided(matter.request, actor, said)
    return matter.request


def return_request(
    request: ApprovalRequest, *, actor: User, seen: str, comment: str, to_step: str = ""
) -> ApprovalRequest:
    """Give the document back to be changed, with a reason; its next round begins at `to_step`, "" for the first.

    It begins there only where the document is submitted again as it was: what changed goes to everybody who agreed.
    """
    said = cleaned_comment(comment, is_required=True)
    with operation(actor, "approval_returned", request, anchor_id=request.customer_id, reason=said):
        matter, task = _my_turn(request, actor, seen)
        keys = [step["key"] for step in matter.request.steps()]
        if to_step and to_step not in keys[: keys.index(matter.request.step) + 1]:
            raise ValidationError({"to_step": _("Choose a step that was reached.")})
        _decide(matter, task, Action.RETURN, said, seen)
        matter.send_back(to_step)
        matter.purpose.returned(matter.document, actor, matter.request)
        tell_decided(matter.request, actor, said)
    return matter.request


@dataclass(frozen=True)
class Outcome:
    """What became of one of several requests; `words` say why it was refused."""

    request_id: int
    is_done: bool
    words: str = ""


def decide_many(seen: Mapping[int, str], *, actor: User, comment: str = "") -> list[Outcome]:
    """Approve several requests one by one, each in a transaction of its own, named by id with the hash shown."""
    if len(seen) > MANY_AT_MOST:
        words = _("At most %(count)s at once.") % {"count": MANY_AT_MOST}
        raise ValidationError(words, code="too_many")
    rows = {row.pk: row for row in ApprovalRequest.objects.visible_to(actor).filter(pk__in=seen)}
    return [_one_of_many(rows.get(pk), pk, actor, shown, comment) for pk, shown in seen.items()]


def _one_of_many(row: ApprovalRequest | None, pk: int, actor: User, seen: str, comment: str) -> Outcome:
    if row is None:
        return Outcome(pk, is_done=False, words=_("There is no such approval, or it is not in your reach."))
    try:
        approve(row, actor=actor, seen=seen, comment=comment)
    except ValidationError as refusal:
        return Outcome(pk, is_done=False, words=" ".join(refusal.messages))
    except PermissionDenied as refusal:
        return Outcome(pk, is_done=False, words=str(refusal))
    except OperationalError:
        return Outcome(pk, is_done=False, words=_("Somebody else is changing this right now. Try again."))
    return Outcome(pk, is_done=True)


def _my_turn(request: ApprovalRequest, actor: User, seen: str) -> tuple[Matter, ApprovalTask]:
    matter = Matter(request, actor)
    matter.refuse_unless_pending()
    task = matter.turn()
    matter.refuse_stale(seen)
    matter.refuse_unentitled(task)
    return matter, task


def _decide(matter: Matter, task: ApprovalTask, action: str, comment: str, seen: str) -> None:
    record(matter.request, action, task.approver, task=task, comment=comment, seen=seen)
    end_tasks(ApprovalTask.objects.filter(pk=task.pk), State.DONE)


# ── submitting, in its parts ──


def _open_request(purpose: str, subject_id: int) -> ApprovalRequest | None:
    """The request of a document that is not closed, locked, with those who submitted it so far."""
    submits = ApprovalDecision.objects.filter(request=OuterRef("pk"), action=Action.SUBMIT).order_by()
    rows = ApprovalRequest.objects.select_for_update(of=("self",)).of(purpose, subject_id)
    rows = rows.annotate(submitters=ArraySubquery(submits.values("actor_id")))
    found: ApprovalRequest | None = rows.filter(closed_at=None).first()
    return found


def _first_step(request: ApprovalRequest | None, route: Route, steps: list[Step], content: str) -> Step | None:
    """Where a round begins: at the step named when it was returned, as long as neither the way nor a word changed.

    Who agreed to another content did not agree to this one (TRUST 5.3): they are asked again, and shown the difference.
    """
    if not steps:
        return None
    if request is None or not request.step:
        return steps[0]
    assert route.version is not None
    is_same_way = request.flow_version_id == route.version.pk and request.facts == route.facts
    goes_on = is_same_way and request.content_hash == content
    return next((step for step in steps if goes_on and step["key"] == request.step), steps[0])


def _frozen(
    request: ApprovalRequest | None,
    purpose: Purpose,
    document: Any,
    snapshot: dict[str, Any],
    actor: User,
    route: Route,
    case: Case,
    steps: list[Step],
    first: Step | None,
) -> ApprovalRequest:
    """The request of a new round, with everything it is decided by."""
    version = route.version
    assert version is not None
    row = request or ApprovalRequest(purpose=purpose.code, subject_id=document.pk, round=0)
    planned = [[turn.approver.name for turn in case.turns(step, is_last=step is steps[-1])] for step in steps]
    row.definition = {
        "flow": str(version.flow),
        "version": version.number,
        "conditions": version.definition["conditions"],
        "steps": [{**step, "planned": names[:5]} for step, names in zip(steps, planned, strict=True)],
        "excluded": sorted(case.excluded),
    }
    name, title = str(document), str(getattr(document, "title", ""))
    row.title = (name if title in name else f"{name} {title}")[:200]
    row.customer_id = getattr(document, "customer_id", None)
    row.owner_id = getattr(document, "owner_id", None) or actor.pk
    row.department_id = case.department_id  # type: ignore[assignment]
    row.state, row.blocked_because, row.round, row.step = (
        RequestState.PENDING,
        "",
        row.round + 1,
        first["key"] if first else "",
    )
    row.flow_version, row.facts, row.snapshot = version, route.facts, snapshot
    row.content_hash, row.document_version = content_hash(snapshot), getattr(document, "version", 1)
    amount = route.facts.get("amount")
    row.amount, row.currency = None if amount is None else Decimal(amount), getattr(document, "currency", "")
    row.submitted_by, row.edited_by_id = actor, getattr(document, "edited_by_id", None)
    row.submitted_at = timezone.now()
    row.save()
    return row
