"""A request under its locks: the document first, then the request, so that of two who decide at once one wins."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from crm.approvals.definitions import Step
from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask
from crm.approvals.purposes import content_hash, purpose_named
from crm.approvals.routing import Case
from crm.approvals.turns import (
    Action,
    State,
    current_turns,
    end_tasks,
    is_last,
    open_tasks,
    step_named,
    turns_of_step,
)
from crm.people.models import User
from crm.ui.formats import long_day

_ENDING = (Action.APPROVE, Action.REJECT, Action.RETURN, Action.WITHDRAW, Action.VOID)
COMMENT_AT_MOST = 1000


class Matter:
    """A request, its document and what concerns both, read fresh after their rows were locked."""

    def __init__(self, request: ApprovalRequest, actor: User | None = None) -> None:
        self.purpose = purpose_named(request.purpose)
        self.actor = actor
        self.document: Any = self.purpose.lock(request.subject_id)
        rows = ApprovalRequest.objects.select_for_update(of=("self",)).select_related("submitted_by", "owner")
        self.request: ApprovalRequest = rows.get(pk=request.pk)

    @cached_property
    def case(self) -> Case:
        """The company as it stands now, as far as this request is concerned."""
        return Case.of_request(self.request, [self.actor.pk] if self.actor else [])

    @cached_property
    def step(self) -> Step:
        """The step that waits."""
        return step_named(self.request, self.request.step)

    @cached_property
    def turns(self) -> list[ApprovalTask]:
        """All turns of the step that waits, as they stood when the request was locked."""
        return turns_of_step(self.request)

    def refuse_unless_pending(self) -> None:
        """ValidationError "decided" naming who was first and when, or "blocked"."""
        if self.request.state == ApprovalRequest.State.PENDING:
            return
        if self.request.state == ApprovalRequest.State.BLOCKED:
            raise ValidationError(_("This is blocked: nobody may decide it now."), code="blocked")
        raise _decided(self.request.decisions.filter(action__in=_ENDING).last())

    def turn(self) -> ApprovalTask:
        """The turn of the actor; ValidationError where it is not, or no longer, theirs."""
        actor = self.actor
        now = current_turns(self.turns)
        mine = next((task for task in now if task.approver_id == getattr(actor, "pk", 0)), None)
        if mine is not None:
            return mine
        last = self.request.tasks.filter(approver=actor).order_by("-pk").first()
        if last is None:
            raise ValidationError(_("It is not your turn to decide on this."), code="no_right")
        if last.state == State.PENDING:
            raise ValidationError(_("Somebody added before you decides first."), code="conflict")
        steps = self.request.decisions.filter(round=last.round, step=last.step, action__in=_ENDING)
        raise _decided(steps.last() or self.request.decisions.filter(round=last.round).last())

    def refuse_stale(self, seen: str) -> None:
        """ValidationError "stale" where another content was shown than the one put up."""
        if not constant_time_compare(seen, self.request.content_hash):
            raise ValidationError(_("This was changed after you opened it. Look at it again first."), code="stale")

    def refuse_changed(self) -> None:
        """ValidationError "stale" where the document itself is no longer what was put up."""
        if content_hash(self.purpose.snapshot(self.document)) != self.request.content_hash:
            words = _("The document is no longer what was submitted. Return it, or let it be submitted again.")
            raise ValidationError(words, code="stale")

    def refuse_unentitled(self, task: ApprovalTask) -> None:
        """ValidationError "no_right" where the actor may not decide: own document, right lost, stand-in over."""
        case, actor = self.case, task.approver
        if actor.pk in case.excluded:
            raise ValidationError(_("Nobody decides on what they submitted or edited."), code="no_right")
        if not case.may_decide(actor.pk, self.step, is_last=is_last(self.request, self.step)):
            raise ValidationError(_("Your role does not include deciding on this."), code="no_right")
        giver = task.on_behalf_of_id
        if task.origin == ApprovalTask.Origin.STAND_IN and giver and case.directory.stand_in_of(giver)[0] != actor.pk:
            words = _("You no longer stand in for %(name)s.") % {"name": task.on_behalf_of}
            raise ValidationError(words, code="no_right")

    def close(self, state: str, *, is_decided: bool = False) -> None:
        """End the request for good; where its last step `is_decided`, nobody has a turn any more."""
        if not is_decided:
            end_tasks(open_tasks(self.request), State.SKIPPED)
        self._write(state, step="", closed_at=Now())

    def send_back(self, step: str) -> None:
        """Give the document back to be changed; its next round begins at this step, "" for the first."""
        end_tasks(open_tasks(self.request), State.SKIPPED)
        self._write(ApprovalRequest.State.RETURNED, step=step)

    def _write(self, state: str, *, step: str, **moments: Any) -> None:
        rows = ApprovalRequest.objects.filter(pk=self.request.pk)
        rows.update(state=state, step=step, blocked_because="", **moments)
        self.request.state, self.request.step, self.request.blocked_because = state, step, ""
        for name in moments:  # the database says when: read again where somebody asks
            self.request.__dict__.pop(name)


def cleaned_comment(comment: str, *, is_required: bool = False) -> str:
    """A comment as it is kept; ValidationError where it is too long or missing."""
    said = "\n".join(line.rstrip() for line in comment.replace("\x00", "").splitlines()).strip()
    if len(said) > COMMENT_AT_MOST:
        words = _("%(count)s characters are too many; %(limit)s fit.")
        raise ValidationError({"comment": words % {"count": len(said), "limit": COMMENT_AT_MOST}})
    if is_required and not said:
        raise ValidationError({"comment": _("Say why.")})
    return said


def _decided(decision: ApprovalDecision | None) -> ValidationError:
    if decision is None or decision.actor is None:
        return ValidationError(_("This is decided already."), code="decided")
    words = {"name": decision.actor, "at": long_day(decision.decided_at)}
    patterns = {
        "approve": _("%(name)s was first: approved on %(at)s."),
        "reject": _("%(name)s was first: rejected on %(at)s."),
        "return": _("%(name)s was first: returned on %(at)s."),
        "withdraw": _("%(name)s was first: withdrew it on %(at)s."),
    }
    pattern = patterns.get(decision.action, _("This is decided already."))
    return ValidationError(pattern % words, code="decided")
