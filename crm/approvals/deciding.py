"""What an approver sees of one approval: figures, why it is here, what changed, the document, the flow."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.translation import gettext as _

from crm.approvals.compared import since_approved, since_decided, since_round_before
from crm.approvals.definitions import Condition
from crm.approvals.inbox import customer_names
from crm.approvals.models import ApprovalRequest
from crm.approvals.panels import request_panel
from crm.approvals.purposes import Purpose, purpose_named
from crm.approvals.wording import reasons
from crm.ui.formats import SYMBOLS, n0, percent, yuan2

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from crm.people.models import User


def decision_context(user: User, request: ApprovalRequest) -> dict[str, Any]:
    """The variables of `approvals/_detail.html` for a request in the user's reach."""
    purpose = purpose_named(request.purpose)
    document, document_url = _document(user, purpose, request)
    copies = request.copies.order_by("pk").values("user_id", "user__name", "read_at")
    customers, own = customer_names([request.customer_id]), _decisions_of(user, request)
    panel = request_panel(user, request, {"copies": copies, "customer": customers, "own": own})
    decided_before = since_decided(purpose, request, next(iter(panel["own"]), None))
    return {
        "row": request,
        "purpose": purpose,
        "document": document,
        "document_url": document_url,
        "snapshot": request.snapshot,
        "customer": next((one["name"] for one in panel["customer"]), ""),
        "figures": _figures(purpose, request),
        "why": _why(purpose, request),
        "approved_before": since_approved(purpose, request, document),
        "decided_before": decided_before,
        "round_before": [] if decided_before else since_round_before(purpose, request),
        "copies": [one["user__name"] for one in panel["copies"]],
        "may_withdraw": request.is_open and user.pk in (request.submitted_by_id, getattr(document, "owner_id", None)),
        "may_retry": request.state == ApprovalRequest.State.BLOCKED and user.reach.has("crm.manage_flow"),
        "is_unread": any(one["user_id"] == user.pk and one["read_at"] is None for one in panel["copies"]),
        "may_copy": user.pk == request.submitted_by_id or panel["turn"] is not None,
        "approval": {"purpose": purpose, "preview_url": "", **panel},
    }


def _decisions_of(user: User, request: ApprovalRequest) -> QuerySet[Any, Any]:
    """The last content this person decided on."""
    rows = request.decisions.filter(actor=user, task__isnull=False).exclude(content_hash="")
    return rows.order_by("-pk").values("content_hash", "decided_at")[:1]


def _document(user: User, purpose: Purpose, request: ApprovalRequest) -> tuple[Any, str]:
    """The document, and its page for those in whose reach it is. One query for them, two for others."""
    manager: Any = apps.get_model(purpose.model)._default_manager
    rows = manager.within(user, purpose.view_right).select_related(*purpose.shown_with)
    seen = rows.filter(pk=request.subject_id).first()
    if seen is not None:
        return seen, seen.get_absolute_url()
    return purpose.document(request.subject_id), ""


def _figures(purpose: Purpose, request: ApprovalRequest) -> list[tuple[Any, str]]:
    """The amount, what else was put up in the last days, and the facts whose values every approver may know."""
    sign = SYMBOLS.get(request.currency or "CNY", f"{request.currency} ")
    shown: list[tuple[Any, str]] = []
    if request.amount is not None:
        shown.append((_("Amount"), f"{sign}{yuan2(request.amount)}"))
    for fact in purpose.asked:
        value = request.facts.get(fact.code)
        if fact.is_figure and fact.code != "amount" and value is not None:
            number = Decimal(str(value))
            words = {"percent": percent(number), "amount": f"{sign}{yuan2(number)}"}.get(fact.kind) or n0(number)
            shown.append((fact.label, words))
    rolling = Decimal(str(request.facts.get("rolling") or 0))
    if rolling > 0:
        shown.append((_("Others of the last 30 days"), f"{sign}{yuan2(rolling)}"))
    return shown


def _why(purpose: Purpose, request: ApprovalRequest) -> list[str]:
    """Why this flow was taken and why it is at this step."""
    conditions: list[Condition] = list(request.definition.get("conditions", []))
    step = next((one for one in request.steps() if one["key"] == request.step), None)
    if step is not None:
        conditions += step["conditions"]
    return list(dict.fromkeys(reasons(purpose, conditions, request.facts)))
