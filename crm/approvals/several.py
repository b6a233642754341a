"""What may be approved at once: the turns of a person, the soonest due first, with the reasons they were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F

from crm.approvals.inbox import waiting_tasks, with_customers
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.approvals.purposes import Purpose, purpose_named
from crm.approvals.wording import reasons

if TYPE_CHECKING:
    from crm.people.models import User

SHOWN_AT_MOST = 50


@dataclass(frozen=True)
class SeveralRow:
    """A request one may tick: `pick` names it with the content that is shown."""

    task: ApprovalTask
    request: ApprovalRequest
    purpose: Purpose
    customer: str
    reasons: list[str]

    @property
    def pick(self) -> str:
        """What the box sends."""
        return f"{self.request.pk}:{self.request.content_hash}"


def several_rows(user: User, purpose: str = "") -> list[SeveralRow]:
    """At most fifty turns. Two queries."""
    rows: Any = waiting_tasks(user).select_related("request__submitted_by", "on_behalf_of").defer("request__snapshot")
    if purpose:
        rows = rows.filter(request__purpose=purpose)
    tasks = list(rows.order_by(F("due_at").asc(nulls_last=True), "pk")[:SHOWN_AT_MOST])
    names = with_customers(task.request for task in tasks)
    return [_row(task, names) for task in tasks]


def _row(task: ApprovalTask, names: dict[int, str]) -> SeveralRow:
    request = task.request
    purpose = purpose_named(request.purpose)
    conditions = [one for step in request.steps() if step["key"] == task.step for one in step["conditions"]]
    why = reasons(purpose, conditions, request.facts)
    return SeveralRow(task, request, purpose, names.get(request.customer_id or 0, ""), why)
