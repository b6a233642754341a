"""What a document page shows of its approval: what happened, whose turn it is, what comes, what one may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask
from crm.approvals.purposes import purpose_named
from crm.approvals.wording import mode_words, reasons
from crm.people.models import User
from crm.records.together import read_together

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


@dataclass(frozen=True)
class TurnShown:
    """A turn that may be decided now: whose, in whose name ("" for their own), in which step, until when."""

    approver_id: int
    approver: str
    job_title: str
    on_behalf_of: str
    step: str
    due_at: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> TurnShown:
        """A turn as it was read."""
        due = datetime.fromisoformat(row["due_at"]) if row["due_at"] else None
        names = (row["approver__name"], row["approver__job_title"], row["on_behalf_of__name"] or "")
        return cls(row["approver_id"], *names, row["step"], due)


def approval_panel(user: User, purpose: str, document: Any) -> dict[str, Any]:
    """The variables of `approvals/_rail.html` for a document in the user's reach. Two queries, one before the first
    submission.

    `request` is the latest one (None before), `entries` its flow, `turn` the user's own that may be decided now,
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


def request_panel(
    user: User, request: ApprovalRequest, more: Mapping[str, QuerySet[Any]] | None = None
) -> dict[str, Any]:
    """The flow of a request and what this user may do with it, and the rows of `more` queries. One query."""
    found = read_together({**_flow_of(request), **(more or {})})
    turns = [TurnShown.of(row) for row in found["turns"] if row["position"] == found["turns"][0]["position"]]
    now = turns if request.state == ApprovalRequest.State.PENDING else []
    mine = next((turn for turn in now if turn.approver_id == user.pk), None)
    entries = [_told(row, request) for row in reversed(found["decisions"])]
    entries += [_waiting(turn, request) for turn in now]
    if request.is_open:
        entries += _upcoming(request)
    return {
        "request": request,
        "entries": entries,
        "turn": mine,
        "may_delegate": mine is not None and not mine.on_behalf_of and user.reach.has(DELEGATE_RIGHT),
        "step_number": step_number(request),
        "step_count": len(request.steps()),
        **{name: found[name] for name in more or ()},
    }


def _flow_of(request: ApprovalRequest) -> dict[str, QuerySet[Any]]:
    """What was decided, the newest first, and the turns that are not; names with them."""
    decisions = request.decisions.order_by("-pk").values(
        "action", "comment", "decided_at", "actor__name", "actor__job_title", "on_behalf_of__name", "to__name"
    )
    turns = request.tasks.filter(round=request.round, state=ApprovalTask.State.PENDING).order_by("position", "pk")
    named = ("approver_id", "approver__name", "approver__job_title", "on_behalf_of__name")
    return {"decisions": decisions[:ENTRIES_AT_MOST], "turns": turns.values("position", "step", "due_at", *named)}


def _told(row: Mapping[str, Any], request: ApprovalRequest) -> FlowEntry:
    action = ApprovalDecision.Action(row["action"])
    css, icon = _MARKS[action]
    notes = []
    if row["on_behalf_of__name"]:
        notes.append(_("in the name of %(name)s") % {"name": row["on_behalf_of__name"]})
    if row["to__name"]:
        notes.append(pgettext("approval", "to %(name)s") % {"name": row["to__name"]})
    is_block = action == ApprovalDecision.Action.BLOCK
    return FlowEntry(
        css, icon,
        _("The system") if row["actor__name"] is None else row["actor__name"],
        str(action.label),
        row["actor__job_title"] or "",
        datetime.fromisoformat(row["decided_at"]),
        "" if is_block else row["comment"],
        notes=notes + ([request.why_blocked] if is_block and request.why_blocked else []),
    )  # fmt: skip


def _waiting(turn: TurnShown, request: ApprovalRequest) -> FlowEntry:
    step = next((one for one in request.steps() if one["key"] == turn.step), None)
    notes = [_("in the name of %(name)s") % {"name": turn.on_behalf_of}] if turn.on_behalf_of else []
    if step is not None:
        notes += reasons(purpose_named(request.purpose), step["conditions"], request.facts)
    return FlowEntry(
        "now", "hourglass", turn.approver, pgettext("approval", "deciding"), turn.job_title,
        due_at=turn.due_at, is_late=turn.due_at is not None and turn.due_at < timezone.now(), notes=notes,
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
