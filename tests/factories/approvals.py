"""Approvals that wait, written to the tables directly."""

from decimal import Decimal
from typing import Any

from crm.approvals.models import ApprovalRequest, ApprovalTask, Flow, FlowVersion
from crm.approvals.purposes import content_hash, purpose_named
from crm.people.models import User

STEP = {
    "key": "manager", "name": "Manager", "who": {"kind": "manager"}, "mode": "any", "count": 1, "hours": 0,
    "remind_hours": 0, "escalate": "", "escalate_role": "", "conditions": [], "decide_right": "",
}  # fmt: skip


def make_flow_version(purpose: str = "sales.contract") -> FlowVersion:
    """A flow of one step out of use, so that it routes nothing by itself."""
    flow, _is_new = Flow.objects.get_or_create(purpose=purpose, name="Factory flow", defaults={"is_active": False})
    if flow.version is None:
        flow.version = FlowVersion.objects.create(flow=flow, number=1, definition={"conditions": [], "steps": [STEP]})
        flow.save()
    return flow.version


def make_approval(
    document: Any, purpose: str = "sales.contract", approver: User | None = None, **fields: Any
) -> ApprovalRequest:
    """A request of a document that waits, for this person where one is named."""
    version = make_flow_version(purpose)
    snapshot = purpose_named(purpose).snapshot(document)
    given = {
        "purpose": purpose,
        "subject_id": document.pk,
        "title": str(document),
        "customer_id": document.customer_id,
        "owner": document.owner,
        "department": document.department,
        "flow_version": version,
        "definition": {"flow": "Factory flow", "version": 1, "conditions": [], "steps": [STEP], "excluded": []},
        "facts": {"amount": "1000.00", "rolling": "0"},
        "amount": Decimal("1000.00"),
        "currency": "CNY",
        "snapshot": snapshot,
        "content_hash": content_hash(snapshot),
        "step": "manager",
        "submitted_by": document.owner,
        **fields,
    }
    request = ApprovalRequest.objects.create(**given)
    if approver is not None:
        ApprovalTask.objects.create(request=request, round=1, step="manager", position=100, approver=approver)
    return request
