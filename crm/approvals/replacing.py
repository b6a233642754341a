"""Somebody else takes over a turn: because its holder left, is away, or let the time run out.

Called by actions that hold the locks, inside their transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from crm.approvals.definitions import Step
from crm.approvals.matters import Matter
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.approvals.notices import tell_approver
from crm.approvals.routing import Turn
from crm.approvals.turns import OWN_PLACE, State, block, end_tasks, give_turns, is_last, record, settled_turns


def hand_over(
    matter: Matter, task: ApprovalTask, turns: Iterator[Turn], origin: str, action: str
) -> ApprovalTask | None:
    """Give a turn to the first of these; where there is none and nobody else decides in the step, the request is
    blocked. The new turn, None where there is none.
    """
    step = matter.step
    found = settled_turns(matter.case, lambda: [next(turns, None)])
    end_tasks(ApprovalTask.objects.filter(pk=task.pk), State.SKIPPED)
    record(matter.request, action, None, task=task, to=found[0].approver if found else None)
    if found:
        fresh = give_turns(matter.request, step, found, origin, position=task.position)
        tell_approver(matter.request, fresh)
        return fresh[0]
    if not _others_decide(matter.request, task, step):
        block(matter.request, f"nobody:{step['name']}")
        matter.purpose.blocked(matter.document, None, matter.request)
    return None


def successors(matter: Matter, task: ApprovalTask) -> Iterator[Turn]:
    """Who may take a turn over from its holder: whoever decides in their name today, then those above, from below."""
    other, _is_away = matter.case.directory.stand_in_of(task.approver_id)
    return chain(_entitled(matter, task, [other] if other else []), superiors(matter, task))


def superiors(matter: Matter, task: ApprovalTask) -> Iterator[Turn]:
    """Those above the holder of a turn who may take it over, from below."""
    taken = _taken(matter, task)
    above = matter.case.turns_above(task.approver_id, matter.step, is_last=is_last(matter.request, matter.step))
    return (turn for turn in above if turn.approver.pk not in taken)


def role_holders(matter: Matter, task: ApprovalTask, role: str) -> Iterator[Turn]:
    """Holders of a role who may take a turn over."""
    return _entitled(matter, task, matter.case.directory.holders(role))


def _entitled(matter: Matter, task: ApprovalTask, people: Iterable[int]) -> Iterator[Turn]:
    case, last, taken = matter.case, is_last(matter.request, matter.step), _taken(matter, task)
    for pk in people:
        if pk not in taken and case.may_decide(pk, matter.step, is_last=last):
            yield Turn(case.directory.people[pk])


def _taken(matter: Matter, task: ApprovalTask) -> set[int]:
    """Who decides or decided in the step already, and who gives the turn up."""
    tasks = matter.request.tasks.filter(round=task.round, step=task.step).exclude(pk=task.pk)
    return {task.approver_id, *tasks.exclude(state=State.SKIPPED).values_list("approver_id", flat=True)}


def _others_decide(request: ApprovalRequest, task: ApprovalTask, step: Step) -> bool:
    """Whether those left in the step are enough for it."""
    own = request.tasks.filter(round=request.round, step=step["key"], position=OWN_PLACE)
    left = own.filter(state=State.PENDING).count()
    decided = own.filter(state=State.DONE).count()
    least = int(step["count"]) if step["mode"] == "n" else 1
    return task.position == OWN_PLACE and left > 0 and left + decided >= least
