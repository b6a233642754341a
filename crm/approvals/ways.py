"""Which way documents would go: tried with facts given by hand, or with what was put up in the last month.

Both ask the company as it stands today, so that what differs is what the flows say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from crm.approvals.definitions import Step, all_hold
from crm.approvals.directory import Directory
from crm.approvals.models import ApprovalRequest, Flow
from crm.approvals.purposes import Purpose
from crm.approvals.routing import Case
from crm.approvals.wording import blocked_words, mode_words, reasons

if TYPE_CHECKING:
    from crm.people.models import User

DAYS = 30
TRIED_AT_MOST = 300
LISTED_AT_MOST = 50


@dataclass(frozen=True)
class Candidate:
    """A flow that may be taken, as it is kept or as it is being edited."""

    name: str
    definition: Mapping[str, Any]


@dataclass(frozen=True)
class WayStep:
    """A step of a way: who decides, how many of them, and why it is there."""

    name: str
    people: list[str]
    mode: str
    reasons: list[str]


@dataclass(frozen=True)
class Way:
    """Where a document goes: the flow, its steps, and what blocks it ("" for nothing)."""

    flow: str
    steps: list[WayStep]
    why_blocked: str = ""

    @property
    def decides(self) -> list[tuple[list[str], str]]:
        """Who decides, in order: what two ways are compared by."""
        return [(step.people, step.mode) for step in self.steps]


@dataclass(frozen=True)
class Tried:
    """A document of the last month and its two ways; `title` is empty where it is out of the reader's reach."""

    number: int
    title: str
    url: str
    before: Way
    after: Way


@dataclass(frozen=True)
class Bench:
    """What a changed flow would have made of the last month's documents."""

    count: int
    changed: int
    listed: list[Tried]
    is_cut: bool


def candidates(purpose: Purpose, edited: Flow | None = None, definition: Any = None) -> list[Candidate]:
    """The flows of a purpose in the order they are tried; the edited one says `definition`, a new one comes last."""
    flows = Flow.objects.filter(purpose=purpose.code).select_related("version").order_by("position", "pk")
    found = []
    for flow in flows:
        if definition is not None and edited is not None and flow.pk == edited.pk:
            found.append(Candidate(flow.name, definition))
        elif flow.is_active and flow.version is not None:
            found.append(Candidate(flow.name, flow.version.definition))
    if definition is not None and edited is None:
        found.append(Candidate("", definition))
    return found


def way_by_hand(purpose: Purpose, facts: Mapping[str, Any], submitter: User, flows: Sequence[Candidate]) -> Way:
    """Where a document of these facts would go if this person submitted it."""
    directory = _directory(purpose, flows, [submitter.pk])
    case = Case(purpose, directory, submitter.pk, submitter.department_id, frozenset({submitter.pk}))
    return _way(case, facts, flows)


def bench(purpose: Purpose, user: User, flows: Sequence[Candidate], changed: Sequence[Candidate]) -> Bench:
    """The last month's documents on the way they go by the flows in use, and on the one by the changed flows."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = ApprovalRequest.objects.filter(purpose=purpose.code, submitted_at__gte=since).order_by("-pk")
    found = list(rows.defer("snapshot")[: TRIED_AT_MOST + 1])
    requests = found[:TRIED_AT_MOST]
    ids = [row.pk for row in requests]
    seen = set(ApprovalRequest.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    directory = _directory(purpose, [*flows, *changed], {row.submitted_by_id for row in requests})
    tried = []
    for row in requests:
        excluded = frozenset(row.definition.get("excluded", [row.submitted_by_id]))
        case = Case(purpose, directory, row.submitted_by_id, row.department_id, excluded)
        before, after = _way(case, row.facts, flows), _way(case, row.facts, changed)
        if before.decides != after.decides or before.why_blocked != after.why_blocked:
            title, url = (row.title, row.get_absolute_url()) if row.pk in seen else ("", "")
            tried.append(Tried(row.subject_id, title, url, before, after))
    return Bench(len(requests), len(tried), tried[:LISTED_AT_MOST], len(found) > TRIED_AT_MOST)


def _directory(purpose: Purpose, flows: Iterable[Candidate], people: Iterable[int]) -> Directory:
    return Directory(purpose, [step for flow in flows for step in flow.definition["steps"]], people)


def _way(case: Case, facts: Mapping[str, Any], flows: Sequence[Candidate]) -> Way:
    flow = next((one for one in flows if all_hold(one.definition["conditions"], facts)), None)
    if flow is None:
        return Way("", [], blocked_words("no_flow"))
    steps = case.expanded([step for step in flow.definition["steps"] if all_hold(step["conditions"], facts)])
    if not steps:
        return Way(flow.name, [], blocked_words("no_step"))
    shown = [_step(case, step, facts, is_last=step is steps[-1]) for step in steps]
    empty = next((step.name for step in shown if not step.people), None)
    return Way(flow.name, shown, "" if empty is None else blocked_words(f"nobody:{empty}"))


def _step(case: Case, step: Step, facts: Mapping[str, Any], *, is_last: bool) -> WayStep:
    people = [turn.approver.name for turn in case.turns(step, is_last=is_last)]
    mode = mode_words(step) if len(people) > 1 else ""
    return WayStep(step["name"], people, mode, reasons(case.purpose, step["conditions"], facts))
