"""What people are told about approvals, in their language, once each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.approvals.purposes import purpose_named
from crm.approvals.wording import blocked_words
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from crm.people.models import User
from crm.ui.formats import SYMBOLS, yuan2


def titled(request: ApprovalRequest) -> str:
    """The document with its kind and amount: Quote BJ-2026-0001 · ¥706,580.00."""
    words = f"{purpose_named(request.purpose).label} {request.title}"
    if request.amount is None:
        return words
    return f"{words} · {SYMBOLS.get(request.currency or 'CNY', request.currency + ' ')}{yuan2(request.amount)}"


def tell_approver(request: ApprovalRequest, tasks: Sequence[ApprovalTask]) -> None:
    """It is somebody's turn."""
    notices = []
    for task in tasks:
        with translation.override(task.approver.language):
            words = {"name": request.submitted_by, "document": titled(request), "other": task.on_behalf_of}
            text = _("%(name)s asks for your approval: %(document)s") % words
            if task.on_behalf_of:
                text = _("%(name)s asks for approval, and you stand in for %(other)s: %(document)s") % words
        notices.append(_notice(task.approver, "approval_turn", text, request, f"approval-turn:{task.pk}"))
    notify_many(notices)


def tell_of_deadline(request: ApprovalRequest, task: ApprovalTask) -> None:
    """Time runs out for somebody."""
    with translation.override(task.approver.language):
        text = _("Waiting for your decision, soon overdue: %(document)s") % {"document": titled(request)}
    notify_many([_notice(task.approver, "approval_due", text, request, f"approval-due:{task.pk}")])


def tell_decided(request: ApprovalRequest, actor: User | None, comment: str) -> None:
    """A round has ended: whoever submitted it, and whoever the document belongs to, is told once."""
    people = {user.pk: user for user in (request.submitted_by, request.owner)}
    if actor is not None:
        people.pop(actor.pk, None)
    notices = []
    for person in people.values():
        with translation.override(person.language):
            words = {"name": actor or _("The system"), "document": titled(request)}
            text = {
                "approved": _("Approved by %(name)s: %(document)s"),
                "rejected": _("Rejected by %(name)s: %(document)s"),
                "returned": _("Returned by %(name)s: %(document)s"),
            }[request.state] % words
        if comment:
            text = f"{text} {comment}"
        key = f"approval-decided:{request.pk}:{request.round}"
        notices.append(_notice(person, "approval_decided", text, request, key))
    notify_many(notices)


def tell_of_copy(request: ApprovalRequest, people: Iterable[User], actor: User) -> None:
    """Somebody was sent a copy."""
    notices = []
    for person in people:
        with translation.override(person.language):
            text = _("%(name)s sent you a copy: %(document)s") % {"name": actor, "document": titled(request)}
        notices.append(_notice(person, "approval_copy", text, request, f"approval-copy:{request.pk}"))
    notify_many(notices)


def tell_admins_of_block(request: ApprovalRequest) -> None:
    """Nobody may decide: who keeps the flows learns of it without the document, who submitted it with it."""
    keepers = User.objects.active().filter(roles__grants__right="crm.manage_flow").distinct()
    notices = []
    key = f"approval-blocked:{request.pk}:{request.round}:{request.step}"
    for person in keepers:
        with translation.override(person.language):
            words = {
                "kind": purpose_named(request.purpose).label,
                "number": request.subject_id,
                "why": blocked_words(request.blocked_because),
            }
            text = _("An approval is blocked (%(kind)s %(number)s). %(why)s") % words
        notices.append(new_notice(person, "approval_blocked", text, about=None, dedupe_key=key))
    submitter = request.submitted_by
    with translation.override(submitter.language):
        words = {"document": titled(request), "why": blocked_words(request.blocked_because)}
        text = _("Blocked: %(document)s. %(why)s") % words
    notices.append(_notice(submitter, "approval_blocked", text, request, key))
    notify_many(notices)


def _notice(person: User, kind: str, text: str, request: ApprovalRequest, key: str) -> Notice:
    return new_notice(person, kind, text, about=request, url=request.get_absolute_url(), dedupe_key=key)
