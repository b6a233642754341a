"""Bringing others in: handing a turn on, adding approvers, commenting, sending copies."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from crm.approvals.matters import Matter, cleaned_comment
from crm.approvals.models import ApprovalCopy, ApprovalRequest, ApprovalTask
from crm.approvals.notices import tell_approver, tell_of_copy
from crm.approvals.routing import Turn
from crm.approvals.turns import OWN_PLACE, Action, Origin, State, end_tasks, hold_accounts, is_last, record
from crm.history.operations import operation
from crm.people.models import User

TASKS_AT_MOST, COPIES_AT_MOST = 40, 50
# between those added after each other: more than TASKS_AT_MOST, so that nobody added before one of them ever lands on
# the place of the step's own people, and counts as one of them
AFTER_GAP = 50


def delegate(request: ApprovalRequest, *, actor: User, to: User, comment: str = "") -> ApprovalRequest:
    """Hand one's turn on to a colleague, who decides in one's name; what was handed on is not handed on further."""
    said = cleaned_comment(comment)
    with operation(actor, "approval_delegated", request, anchor_id=request.customer_id, facts={"to": to.pk}):
        matter, task = _turn(request, actor)
        if not actor.reach.has("crm.delegate_approval"):
            raise ValidationError(_("Your role does not include handing decisions on."), code="no_right")
        if task.on_behalf_of_id is not None:
            raise ValidationError(_("What was handed on to you cannot be handed on further."), code="no_right")
        _refuse_person(matter, to, "to")
        record(matter.request, Action.DELEGATE, actor, task=task, to=to, comment=said)
        end_tasks(ApprovalTask.objects.filter(pk=task.pk), State.SKIPPED)
        fresh = _new_task(matter, Turn(to, actor), Origin.DELEGATED, task.position, task)
        tell_approver(matter.request, [fresh])
    return matter.request


def add_approver(
    request: ApprovalRequest, *, actor: User, who: User, before: bool, comment: str = ""
) -> ApprovalRequest:
    """Let a colleague decide too, before oneself or after all of this step."""
    said = cleaned_comment(comment)
    facts = {"who": who.pk, "before": before}
    with operation(actor, "approval_approver_added", request, anchor_id=request.customer_id, facts=facts):
        matter, task = _turn(request, actor)
        _refuse_person(matter, who, "who")
        if matter.request.tasks.filter(round=matter.request.round).count() >= TASKS_AT_MOST:
            raise ValidationError({"who": _("Enough people decide on this already.")})
        record(matter.request, Action.ADD, actor, task=task, to=who, comment=said)
        fresh = _new_task(matter, Turn(who), Origin.ADDED, _added_place(task, before=before), task)
        tell_approver(matter.request, [fresh])
    return matter.request


def add_comment(request: ApprovalRequest, *, actor: User, comment: str) -> ApprovalRequest:
    """Say something that decides nothing."""
    said = cleaned_comment(comment, is_required=True)
    with operation(actor, "approval_commented", request, anchor_id=request.customer_id, reason=said):
        row = _seen_by(actor, request)
        record(row, Action.COMMENT, actor, comment=said)
    return row


def copy_to(request: ApprovalRequest, *, actor: User, people: Iterable[User], comment: str = "") -> ApprovalRequest:
    """Let colleagues read a request; only those who submitted it or decide on it send copies."""
    said, people = cleaned_comment(comment), list(people)
    facts = {"to": [person.pk for person in people]}
    with operation(actor, "approval_copied", request, anchor_id=request.customer_id, facts=facts):
        row = _seen_by(actor, request)
        if actor.pk != row.submitted_by_id and not row.tasks.filter(approver=actor).exists():
            raise ValidationError(_("Only those who submitted this or decide on it send copies."), code="no_right")
        known = set(row.copies.values_list("user_id", flat=True))
        fresh = [person for person in people if person.pk not in known]
        if not fresh or len(known) + len(fresh) > COPIES_AT_MOST:
            raise ValidationError({"people": _("Choose 1 to %(count)s colleagues who have no copy yet.")
                                   % {"count": COPIES_AT_MOST}})  # fmt: skip
        for person in fresh:
            if not person.is_active or not person.reach.has("crm.view_approval"):
                raise ValidationError({"people": _("%(name)s cannot read approvals.") % {"name": person}})
        ApprovalCopy.objects.bulk_create(ApprovalCopy(request=row, user=person, added_by=actor) for person in fresh)
        for person in fresh:
            record(row, Action.COPY, actor, to=person, comment=said)
        tell_of_copy(row, fresh, actor)
    return row


def read_copy(request: ApprovalRequest, *, actor: User) -> bool:
    """Keep that somebody read the copy they got; False where they have none that is unread."""
    mine = ApprovalCopy.objects.filter(request=request, user=actor, read_at=None)
    if not mine.exists():
        return False
    with operation(actor, "approval_copy_read", request, anchor_id=request.customer_id):
        return bool(mine.update(read_at=Now()))


def _turn(request: ApprovalRequest, actor: User) -> tuple[Matter, ApprovalTask]:
    matter = Matter(request, actor)
    matter.refuse_unless_pending()
    task = matter.turn()
    matter.refuse_unentitled(task)
    return matter, task


def _refuse_person(matter: Matter, person: User, field: str) -> None:
    """ValidationError where somebody cannot be brought in: not entitled, own document, in this step already."""
    case, step = matter.case, matter.step
    case.directory.learn([person.pk])
    taken = matter.request.tasks.filter(round=matter.request.round, step=step["key"], approver=person)
    if taken.exclude(state=State.SKIPPED).exists():
        raise ValidationError({field: _("%(name)s decides in this step already.") % {"name": person}})
    if not case.may_decide(person.pk, step, is_last=is_last(matter.request, step)):
        raise ValidationError({field: _("%(name)s cannot decide on this.") % {"name": person}})
    if person.pk not in hold_accounts([person.pk]):
        raise ValidationError({field: _("%(name)s is disabled.") % {"name": person}})


def _added_place(task: ApprovalTask, *, before: bool) -> int:
    """The place of somebody whom the holder of a turn brings in: before that turn, or after all of the step."""
    return task.position - 1 if before else max(task.position, OWN_PLACE) + AFTER_GAP


def _new_task(matter: Matter, turn: Turn, origin: str, position: int, like: ApprovalTask) -> ApprovalTask:
    """A turn with the deadline of another one."""
    request = matter.request
    return ApprovalTask.objects.create(
        request=request, round=request.round, step=request.step, position=position, approver=turn.approver,
        on_behalf_of=turn.on_behalf_of, origin=origin, due_at=like.due_at, escalated_at=like.escalated_at,
    )  # fmt: skip


def _seen_by(actor: User, request: ApprovalRequest) -> ApprovalRequest:
    """The request, in reach of the actor; ValidationError "no_right" where it is not."""
    row: ApprovalRequest | None = (
        ApprovalRequest.objects.visible_to(actor).select_related("submitted_by").filter(pk=request.pk).first()
    )
    if row is None:
        raise ValidationError(_("This is not in your reach."), code="no_right")
    return row
