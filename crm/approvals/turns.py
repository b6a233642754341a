"""How a request moves: steps begin, people get their turns, one after the other, until the last step is decided.

Called by actions that hold the locks, inside their transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Case as Choice
from django.db.models import Exists, OuterRef, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string

from crm.approvals.definitions import Step, needed_count
from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask
from crm.approvals.notices import tell_admins_of_block, tell_approver
from crm.approvals.routing import Case, Turn
from crm.people.models import User

Action, Origin, State = ApprovalDecision.Action, ApprovalTask.Origin, ApprovalTask.State
# the place of a step's own people in it; whoever is added before or after them has a smaller or greater one
OWN_PLACE = 100
# names the advisory locks on accounts
ACCOUNT_LOCK = 0x41505256


def step_named(request: ApprovalRequest, key: str) -> Step:
    """The frozen step of a key."""
    return next(step for step in request.steps() if step["key"] == key)


def is_last(request: ApprovalRequest, step: Step) -> bool:
    """Whether nothing comes after a step."""
    return request.steps()[-1]["key"] == step["key"]


def open_tasks(request: ApprovalRequest) -> QuerySet[ApprovalTask]:
    """The turns of the present round that are not decided yet, whoever comes first first."""
    return request.tasks.filter(round=request.round, state=State.PENDING).order_by("position", "pk")


def turns_of_step(request: ApprovalRequest) -> list[ApprovalTask]:
    """All turns of the present step and round with their people, each knowing whether it approved. One query."""
    given = ApprovalDecision.objects.filter(task=OuterRef("pk"), action__in=(Action.APPROVE, Action.AUTO))
    rows = request.tasks.filter(round=request.round, step=request.step).annotate(is_approved=Exists(given))
    return list(rows.select_related("approver", "on_behalf_of").order_by("position", "pk"))


def current_turns(turns: Iterable[ApprovalTask]) -> list[ApprovalTask]:
    """Those of a step that may be decided now: of the smallest place."""
    waiting = [task for task in turns if task.state == State.PENDING]
    return [task for task in waiting if task.position == waiting[0].position]


def record(request: ApprovalRequest, action: str, actor: User | None, **said: Any) -> ApprovalDecision:
    """Write down what somebody decided or what happened, as `decision`; never changed afterwards."""
    made = decision(request, action, actor, **said)
    made.save(force_insert=True)
    return made


def decision(
    request: ApprovalRequest,
    action: str,
    actor: User | None,
    *,
    task: ApprovalTask | None = None,
    to: User | None = None,
    comment: str = "",
    seen: str = "",
) -> ApprovalDecision:
    """What is written down about a request, unsaved; `seen` is the hash of the content it refers to."""
    return ApprovalDecision(
        request=request, task=task, round=request.round, step=request.step, action=action, actor=actor, to=to,
        on_behalf_of_id=task.on_behalf_of_id if task else None, comment=comment, content_hash=seen,
    )  # fmt: skip


def end_tasks(tasks: QuerySet[ApprovalTask], state: str) -> int:
    """End these turns."""
    return tasks.update(state=state, ended_at=Now())


def approve_turn(request: ApprovalRequest, case: Case, turns: Sequence[ApprovalTask], task: ApprovalTask) -> bool:
    """End a turn that approved and go on: True when the last step is decided. `turns` are all of the present step."""
    task.state, task.is_approved = State.DONE, True  # type: ignore[attr-defined]
    is_decided, fallen = _outcome(step_named(request, request.step), turns)
    state = Choice(When(pk=task.pk, then=Value(State.DONE)), default=Value(State.SKIPPED))
    ApprovalTask.objects.filter(pk__in=[task.pk, *fallen]).update(state=state, ended_at=Now())
    return is_decided and _go_on(request, case, _approvers(turns))


def advance(request: ApprovalRequest, case: Case) -> bool:
    """Go on as far as nobody has to be asked: True when the last step is decided, or False while somebody must."""
    turns = turns_of_step(request)
    is_decided, fallen = _outcome(step_named(request, request.step), turns)
    if fallen:
        end_tasks(ApprovalTask.objects.filter(pk__in=fallen), State.SKIPPED)
    return is_decided and _go_on(request, case, _approvers(turns))


def _go_on(request: ApprovalRequest, case: Case, earlier: set[int]) -> bool:
    """From a step that is decided, by these people, to the next one; as `advance`."""
    steps = request.steps()
    place = [step["key"] for step in steps].index(request.step) + 1
    if place == len(steps):
        return True
    return begin_step(request, case, steps[place], earlier) and advance(request, case)


def begin_step(
    request: ApprovalRequest, case: Case, step: Step, earlier: Collection[int] = (), *, is_again: bool = False
) -> bool:
    """Give the people of a step their turns; whoever approved the step before (`earlier`) has decided already.

    `is_again` says that the step may have decisions of this round, as after it was blocked. Answers whether any of
    its turns is decided.
    """
    turns = settled_turns(case, lambda: case.turns(step, is_last=is_last(request, step)))
    if not turns:
        request.step = step["key"]
        block(request, f"nobody:{step['name']}")
        return False
    _wait_in(request, step)
    decided = approvers_of(request, step["key"]) if is_again else set()
    tasks = give_turns(request, step, [turn for turn in turns if turn.approver.pk not in decided], Origin.STEP)
    repeated = [task for task in tasks if task.approver_id in earlier]
    if repeated:
        end_tasks(ApprovalTask.objects.filter(pk__in=[task.pk for task in repeated]), State.DONE)
        ApprovalDecision.objects.bulk_create(
            decision(request, Action.AUTO, task.approver, task=task, seen=request.content_hash) for task in repeated
        )
    tell_approver(request, [task for task in tasks if task.approver_id not in earlier])
    return bool(decided or repeated)


def give_turns(
    request: ApprovalRequest, step: Step, turns: Sequence[Turn], origin: str, *, position: int = OWN_PLACE
) -> list[ApprovalTask]:
    """New turns in a step, with their deadline."""
    due = due_at(step)
    return ApprovalTask.objects.bulk_create(
        ApprovalTask(
            request=request, round=request.round, step=step["key"], position=position, approver=turn.approver,
            on_behalf_of=turn.on_behalf_of, origin=Origin.STAND_IN if turn.on_behalf_of else origin, due_at=due,
        )
        for turn in turns
    )  # fmt: skip


def due_at(step: Step) -> datetime | None:
    """When a turn that begins now is over, counted in working hours; None without a deadline."""
    if not step["hours"]:
        return None
    moment: datetime = working_calendar().hours_after(timezone.now(), step["hours"])
    return moment


def working_calendar() -> Any:
    """The working calendar of the company, of the app that keeps it."""
    return import_string(settings.HARBOUR_WORKING_CALENDAR)()


def block(request: ApprovalRequest, because: str) -> None:
    """Nobody may decide: the request waits for an administrator, who is told, and never passes by itself."""
    request.state, request.blocked_because = ApprovalRequest.State.BLOCKED, because[:200]
    request.save(update_fields=["state", "blocked_because", "step"])
    end_tasks(open_tasks(request), State.SKIPPED)
    record(request, Action.BLOCK, None, comment=because)
    tell_admins_of_block(request)


def settled_turns(case: Case, find: Any) -> list[Turn]:
    """The turns found, with nobody among them who is disabled at this moment or before this transaction ends."""
    while True:
        turns: list[Turn] = [turn for turn in find() if turn is not None]
        ids = {turn.approver.pk for turn in turns}
        gone = ids - hold_accounts(ids)
        if not gone:
            return turns
        for pk in gone:
            case.directory.people[pk].is_active = False


def hold_accounts(ids: Iterable[int]) -> set[int]:
    """Keep these accounts from being closed until the transaction ends; those that are open."""
    ordered = sorted(ids)
    with connection.cursor() as cursor:
        # in a statement of its own: what follows sees what was committed while this one waited
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, pk) FROM unnest(%s::int[]) pk", [ACCOUNT_LOCK, ordered])
    return set(User.objects.filter(pk__in=ordered, is_active=True).values_list("pk", flat=True))


def close_account(pk: int) -> None:
    """Wait until nobody is giving this person a turn, and let nobody do so until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ACCOUNT_LOCK, pk])


def _wait_in(request: ApprovalRequest, step: Step) -> None:
    """The request waits in a step from now on."""
    if (request.state, request.step) == (ApprovalRequest.State.PENDING, step["key"]):
        return
    request.state, request.blocked_because, request.step = ApprovalRequest.State.PENDING, "", step["key"]
    request.save(update_fields=["state", "blocked_because", "step"])


def _outcome(step: Step, turns: Sequence[ApprovalTask]) -> tuple[bool, list[int]]:
    """Whether a step has all it asks for: those added before, its own people, those added after; and which of its
    turns fall away, because enough of its own people approved.
    """
    waiting = [task for task in turns if task.state == State.PENDING]
    approved = sum(task.is_approved for task in turns if task.position == OWN_PLACE)  # type: ignore[attr-defined]
    own_open = [task.pk for task in waiting if task.position == OWN_PLACE]
    needed = needed_count(step, approved + len(own_open))
    if not approved or approved < needed or any(task.position < OWN_PLACE for task in waiting):
        return False, []
    return len(waiting) == len(own_open), own_open


def _approvers(turns: Iterable[ApprovalTask]) -> set[int]:
    """Who of these approved with their own hand."""
    return {task.approver_id for task in turns if task.is_approved}  # type: ignore[attr-defined]


def approvers_of(request: ApprovalRequest, step: str) -> set[int]:
    """Who approved a step of this round with their own hand."""
    found = request.decisions.filter(round=request.round, step=step, action__in=(Action.APPROVE, Action.AUTO))
    return set(found.values_list("actor_id", flat=True))
