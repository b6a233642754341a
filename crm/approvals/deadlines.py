"""Time: people are reminded, turns escalate once, stand-ins take over and give back, blocked requests are tried again.

Each request is one transaction of its own; what is locked at the moment is left to the next run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.models import Grant
from crm.approvals.directory import DECIDE_RIGHT
from crm.approvals.matters import Matter
from crm.approvals.models import ApprovalRequest, ApprovalTask, Delegation
from crm.approvals.notices import tell_decided, tell_of_deadline
from crm.approvals.replacing import hand_over, role_holders, successors, superiors
from crm.approvals.turns import (
    Action,
    Origin,
    State,
    advance,
    approvers_of,
    begin_step,
    is_last,
    step_named,
    working_calendar,
)
from crm.history.operations import operation
from crm.people.models import Absence, User

logger = logging.getLogger("harbour.approvals")
# reminders are at most this many working hours before the deadline
REMINDED_AHEAD = timedelta(days=30)
AT_ONCE = 500


def watch_deadlines() -> int:
    """Everything that time brings, every minute; how many turns were touched. Safe to run twice, late or together."""
    return settle_stand_ins() + remind_of_turns() + escalate_turns()


def remind_of_turns() -> int:
    """Tell people whose time is nearly over, once for each turn."""
    now = timezone.now()
    waiting = ApprovalTask.objects.waiting().filter(reminded_at=None, due_at__lte=now + REMINDED_AHEAD)
    rows = list(waiting.select_related("request__submitted_by", "approver").order_by("due_at")[:AT_ONCE])
    if not rows:
        return 0
    calendar = working_calendar()
    due = [
        task
        for task in rows
        if calendar.hours_before(task.due_at, step_named(task.request, task.step)["remind_hours"]) <= now
    ]
    if not due:
        return 0
    with operation(None, "approvals_reminded", via="system", row_count=len(due)):
        ids = [task.pk for task in due]
        locked = set(
            ApprovalTask.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk__in=ids, reminded_at=None, state=State.PENDING)
            .values_list("pk", flat=True)
        )
        for task in due:
            if task.pk in locked:
                tell_of_deadline(task.request, task)
        ApprovalTask.objects.filter(pk__in=locked).update(reminded_at=now)
    return len(locked)


def escalate_turns() -> int:
    """Give turns whose time is over to whom the flow names, once each; the rest stays where it is."""
    late = ApprovalTask.objects.waiting().filter(escalated_at=None, due_at__lte=timezone.now())
    rows = late.select_related("request").order_by("due_at", "pk")[:AT_ONCE]
    wanted = [task for task in rows if step_named(task.request, task.step)["escalate"]]
    return _each(wanted, "approval_escalated", _escalate)


def settle_stand_ins() -> int:
    """Who is away, or lets somebody decide in their name, has their turns taken over, and gets them back afterwards.

    Who lost the right to decide loses their turns for good.
    """
    today = timezone.localdate()
    spans = Q(starts_on__lte=today, ends_on__gte=today)
    away = set(Absence.objects.filter(spans).values_list("user_id", flat=True))
    away |= set(Delegation.objects.filter(spans, ended_at=None).values_list("giver_id", flat=True))
    entitled = Grant.objects.filter(right=DECIDE_RIGHT, role__holders=OuterRef("approver"))
    mine = Q(approver__in=away, on_behalf_of=None) | Q(origin=Origin.STAND_IN) | ~Exists(entitled)
    rows = ApprovalTask.objects.waiting().filter(mine).select_related("request").order_by("pk")[: AT_ONCE * 4]
    return _each(rows, "approval_reassigned", _settle)


def retry_blocked() -> int:
    """Try every blocked request again; how many go on."""
    count = 0
    for request in ApprovalRequest.objects.filter(state=ApprovalRequest.State.BLOCKED).order_by("pk"):
        try:
            count += retry(request, actor=None)
        except (OperationalError, ValidationError):
            logger.info("a blocked approval stays blocked", extra={"request": request.pk})
    return count


def retry(request: ApprovalRequest, *, actor: User | None) -> bool:
    """Look again for somebody who may decide on a blocked request, as a keeper of flows may ask; whether it goes on."""
    if actor is not None and not actor.reach.has("crm.manage_flow"):
        raise ValidationError(_("Your role does not include this."), code="no_right")
    with transaction.atomic():
        matter = Matter(request, actor)
        row = matter.request
        keys = [step["key"] for step in row.steps()]
        if row.state != ApprovalRequest.State.BLOCKED or row.step not in keys:
            return False
        step = step_named(row, row.step)
        if not matter.case.turns(step, is_last=is_last(row, step)):
            return False
        with operation(actor, "approval_retried", row, anchor_id=row.customer_id, via="" if actor else "system"):
            place = keys.index(row.step)
            earlier = approvers_of(row, keys[place - 1]) if place else ()
            begin_step(row, matter.case, step, earlier, is_again=True)
            _go_on(matter, actor)
    return row.state == ApprovalRequest.State.PENDING


def _go_on(matter: Matter, actor: User | None) -> None:
    """After a blocked step found its people: the document waits again, unless they have decided on all before."""
    if matter.request.state == ApprovalRequest.State.BLOCKED:
        return
    if advance(matter.request, matter.case):
        matter.close(ApprovalRequest.State.APPROVED, is_decided=True)
        # nobody decides by trying again: those who approved did
        matter.purpose.approved(matter.document, None, matter.request)
        tell_decided(matter.request, None, "")
    elif matter.request.state == ApprovalRequest.State.PENDING:
        matter.purpose.submitted(matter.document, actor, matter.request)


def _each(tasks: Iterable[ApprovalTask], verb: str, work: Callable[[Matter, ApprovalTask], bool]) -> int:
    count = 0
    for task in tasks:
        try:
            with transaction.atomic():
                matter = Matter(task.request)
                fresh = ApprovalTask.objects.select_related("approver", "on_behalf_of").get(pk=task.pk)
                if fresh.state != State.PENDING or matter.request.state != ApprovalRequest.State.PENDING:
                    continue
                with operation(None, verb, matter.request, anchor_id=matter.request.customer_id, via="system"):
                    count += work(matter, fresh)
        except OperationalError:
            logger.warning("an approval is busy", extra={"task": task.pk})
    return count


def _escalate(matter: Matter, task: ApprovalTask) -> bool:
    matter.case.directory.learn([task.approver_id])
    step, now = matter.step, timezone.now()
    is_role = step["escalate"] == "role"
    found = list(role_holders(matter, task, step["escalate_role"]) if is_role else superiors(matter, task))
    if not found:
        # nobody stands above: the turn stays, and its holder is told again
        ApprovalTask.objects.filter(pk=task.pk).update(escalated_at=now)
        return False
    fresh = hand_over(matter, task, iter(found), Origin.ESCALATED, Action.ESCALATE)
    if fresh is not None:
        ApprovalTask.objects.filter(pk=fresh.pk).update(escalated_at=now)
    return fresh is not None


def _settle(matter: Matter, task: ApprovalTask) -> bool:
    """Turns whose holder has a stand-in today go to them; turns of stand-ins whose days are over go back.

    Where neither may decide, they go up.
    """
    case, step = matter.case, matter.step
    case.directory.learn([task.approver_id, task.on_behalf_of_id or task.approver_id])
    holder = task.on_behalf_of_id or task.approver_id
    wanted = case.turn_of(holder, step, is_last=is_last(matter.request, step))
    if wanted is not None and wanted.approver.pk == task.approver_id:
        return False
    turns = successors(matter, task) if wanted is None else iter([wanted])
    tasks = matter.request.tasks.filter(round=task.round, step=task.step).exclude(pk=task.pk)
    if wanted is not None and tasks.exclude(state=State.SKIPPED).filter(approver=wanted.approver).exists():
        return False
    return hand_over(matter, task, turns, Origin.REASSIGNED, Action.REASSIGN) is not None
