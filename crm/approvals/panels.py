"""What a document page shows of its approval: what happened, whose turn it is, what comes, what one may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask
from crm.approvals.purposes import purpose_named
from crm.approvals.wording import mode_words, reasons
from crm.people.models import User

DELEGATE_RIGHT = "crm.delegate_approval"
# action → class of the mark, icon
_MARKS = {
    "submit": ("done", "send"),
    "approve": ("done", "check"),
    "auto": ("done", "check-check"),
    "reject": ("back", "x"),
    "return": ("back", "corner-up-left"),
    "withdraw": ("back", "undo-2"),
    "void": ("back", "ban"),
    "block": ("back", "octagon-alert"),
    "delegate": ("done", "forward"),
    "add": ("done", "user-plus"),
    "comment": ("done", "message-square-text"),
    "copy": ("done", "mail"),
    "escalate": ("done", "arrow-up"),
    "reassign": ("done", "repeat-2"),
}
ENTRIES_AT_MOST = 60


@dataclass(frozen=True)
class FlowEntry:
    """One mark of the flow: something that happened, somebody's turn now, or a step to come."""

    css: str
    icon: str
    name: str
    words: str
    job_title: str = ""
    at: datetime | None = None
    comment: str = ""
    due_at: datetime | None = None
    is_late: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def is_now(self) -> bool:
        """Whether this is somebody's turn."""
        return self.css == "now"


def approval_panel(user: User, purpose: str, document: Any) -> dict[str, Any]:
    """The variables of `approvals/_rail.html` for a document in the user's reach. Three queries, none before the first
    submission.

    `request` is the latest one (None before), `entries` its flow, `turn` the user's own task that may be decided now,
    `preview_url` answers with where the document would go, while it may still be submitted.
    """
    declared = purpose_named(purpose)
    request = ApprovalRequest.objects.of(purpose, document.pk).select_related("flow_version").first()
    is_editable = getattr(document, "is_editable", request is None)
    panel: dict[str, Any] = {
        "purpose": declared,
        "request": request,
        "entries": [],
        "turn": None,
        "preview_url": reverse("approvals:preview", args=[purpose, document.pk]) if is_editable else "",
    }
    return panel if request is None else {**panel, **request_panel(user, request)}


def request_panel(user: User, request: ApprovalRequest) -> dict[str, Any]:
    """The flow of a request and what this user may do with it. Two queries."""
    decisions = request.decisions.select_related("actor", "on_behalf_of", "to").order_by("-pk")[:ENTRIES_AT_MOST]
    entries = [_told(decision, request) for decision in reversed(decisions)]
    now = current_turns(request) if request.state == ApprovalRequest.State.PENDING else []
    mine = next((task for task in now if task.approver_id == user.pk), None)
    entries += [_waiting(task, request) for task in now]
    if request.is_open:
        entries += _upcoming(request)
    return {
        "request": request,
        "entries": entries,
        "turn": mine,
        "may_delegate": mine is not None and mine.on_behalf_of_id is None and user.reach.has(DELEGATE_RIGHT),
        "step_number": step_number(request),
        "step_count": len(request.steps()),
    }


def current_turns(request: ApprovalRequest) -> list[ApprovalTask]:
    """The turns that may be decided now, with their people. One query."""
    tasks = request.tasks.filter(round=request.round, state=ApprovalTask.State.PENDING)
    rows = list(tasks.select_related("approver", "on_behalf_of").order_by("position", "pk"))
    return [task for task in rows if task.position == rows[0].position]


def _told(decision: ApprovalDecision, request: ApprovalRequest) -> FlowEntry:
    css, icon = _MARKS[decision.action]
    words = str(decision.get_action_display())
    notes = []
    if decision.on_behalf_of:
        notes.append(_("in the name of %(name)s") % {"name": decision.on_behalf_of})
    if decision.to:
        notes.append(pgettext("approval", "to %(name)s") % {"name": decision.to})
    is_block = decision.action == ApprovalDecision.Action.BLOCK
    return FlowEntry(
        css, icon,
        _("The system") if decision.actor is None else decision.actor.name,
        words,
        decision.actor.job_title if decision.actor else "",
        decision.decided_at,
        "" if is_block else decision.comment,
        notes=notes + ([request.why_blocked] if is_block and request.why_blocked else []),
    )  # fmt: skip


def _waiting(task: ApprovalTask, request: ApprovalRequest) -> FlowEntry:
    step = next((one for one in request.steps() if one["key"] == task.step), None)
    notes = [_("in the name of %(name)s") % {"name": task.on_behalf_of}] if task.on_behalf_of else []
    if step is not None:
        notes += reasons(purpose_named(request.purpose), step["conditions"], request.facts)
    return FlowEntry(
        "now", "hourglass", task.approver.name, pgettext("approval", "deciding"), task.approver.job_title,
        due_at=task.due_at, is_late=task.due_at is not None and task.due_at < timezone.now(), notes=notes,
    )  # fmt: skip


def _upcoming(request: ApprovalRequest) -> list[FlowEntry]:
    entries = []
    for step in request.steps()[step_number(request) :]:
        people = pgettext("list", ", ").join(step.get("planned", []))
        many = len(step.get("planned", [])) > 1
        entries.append(FlowEntry("", "clock", "", step["name"], people, comment="", notes=[mode_words(step)] * many))
    return entries


def step_number(request: ApprovalRequest) -> int:
    """The place of the waiting step, from 1; 0 where none waits."""
    keys = [step["key"] for step in request.steps()]
    return keys.index(request.step) + 1 if request.step in keys else 0
