"""The turns of somebody whose account is closed go on in the same transaction: no task ever points to them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.approvals.matters import Matter
from crm.approvals.models import ApprovalRequest, ApprovalTask, Delegation
from crm.approvals.replacing import hand_over, successors
from crm.approvals.turns import Action, Origin, close_account
from crm.history.operations import operation
from crm.people.belongings import Belonging
from crm.people.models import User


def _turns(user: User) -> QuerySet[ApprovalTask]:
    """What waits for somebody, or for others in their name."""
    open_ones = ApprovalTask.objects.filter(state=ApprovalTask.State.PENDING)
    return open_ones.filter(Q(approver=user) | Q(on_behalf_of=user))


def _requests(user: User) -> QuerySet[ApprovalRequest]:
    ids = _turns(user).values("request_id")
    return ApprovalRequest.objects.filter(pk__in=ids).order_by("customer_id", "pk")


def lock_turns(user: User) -> None:
    """Before the account is locked: lock all that waits for them, in the order in which decisions do."""
    for request in _requests(user):
        Matter(request)


def pass_turns_on(user: User) -> int:
    """Inside the transaction that closes an account: all goes to whoever decides in their name, or above them."""
    close_account(user.pk)
    count = 0
    for request in _requests(user):
        matter = Matter(request)
        for task in _turns(user).filter(request=request).order_by("position", "pk"):
            if matter.request.state == ApprovalRequest.State.PENDING:
                hand_over(matter, task, successors(matter, task), Origin.REASSIGNED, Action.REASSIGN)
                count += 1
    ended = Delegation.objects.filter(Q(giver=user) | Q(receiver=user), ended_at=None)
    ended.update(ended_at=timezone.now())
    return count


def sweep_turns() -> int:
    """Turns of people whose account was closed past the application."""
    users = User.objects.filter(is_active=False, approval_tasks__state=ApprovalTask.State.PENDING).distinct()
    count = 0
    for user in users:
        with transaction.atomic(), operation(None, "approval_reassigned", user, via="system"):
            count += pass_turns_on(user)
    return count


def _handed(departure: Any, params: dict[str, Any]) -> tuple[int, int]:
    return params["count"], 0


TURNS = Belonging(
    "approval_turns",
    _("Approvals that wait for them"),
    _("go to whoever decides in their name, or to their manager"),
    "stamp",
    lambda user: _turns(user).count(),
    _handed,
    sweep=sweep_turns,
    lock=lock_turns,
    close=pass_turns_on,
)
