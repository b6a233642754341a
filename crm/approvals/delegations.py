"""Delegations: for some days a colleague decides in one's name; what is handed on so is never handed on further."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.models import Delegation
from crm.approvals.purposes import purposes as declared_purposes
from crm.history.operations import operation
from crm.people.models import User

DELEGATE_RIGHT, DECIDE_RIGHT, KEEP_RIGHT = "crm.delegate_approval", "crm.decide_approval", "crm.manage_flow"
DAYS_AT_MOST = 366


def give_delegation(
    *,
    actor: User,
    receiver: User,
    starts_on: date,
    ends_on: date,
    purposes: Sequence[str] = (),
    reason: str = "",
) -> Delegation:
    """Let a colleague decide in one's own name on these days, for these purposes (none: for all).

    ValidationError by field where the days make no sense, the colleague may not decide, or days are given away twice.
    """
    if not actor.reach.has(DELEGATE_RIGHT):
        raise ValidationError(_("Your role does not include handing decisions on."), code="no_right")
    _refuse_days(starts_on, ends_on)
    if set(purposes) - set(declared_purposes()):
        raise ValidationError({"purposes": _("There are no approvals of this kind.")})
    if receiver.pk == actor.pk or not receiver.is_active or not receiver.reach.has(DECIDE_RIGHT):
        raise ValidationError({"receiver": _("%(name)s cannot decide on this.") % {"name": receiver}})
    row = Delegation(
        giver=actor, receiver=receiver, starts_on=starts_on, ends_on=ends_on, purposes=list(dict.fromkeys(purposes)),
        reason=reason.strip()[:200], made_by=actor,
    )  # fmt: skip
    with operation(actor, "delegation_given", row, reason=row.reason):
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
        _refuse_twice(row)
        row.save(force_insert=True)
    return row


def end_delegation(delegation: Delegation, *, actor: User) -> Delegation:
    """Decide oneself again from now on; ended by whoever gave it or by whoever keeps the flows."""
    if actor.pk != delegation.giver_id and not actor.reach.has(KEEP_RIGHT):
        raise ValidationError(_("Only whoever gave it, or an administrator, ends it."), code="no_right")
    with operation(actor, "delegation_ended", delegation):
        row = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
        if row.ended_at is not None:
            raise ValidationError(_("This has ended already."), code="conflict")
        Delegation.objects.filter(pk=row.pk).update(ended_at=Now())
    delegation.refresh_from_db(fields=["ended_at"])
    return delegation


def delegations_seen_by(user: User) -> QuerySet[Delegation]:
    """One's own, given and held; all of them for whoever keeps the flows."""
    rows = Delegation.objects.select_related("giver", "receiver")
    return rows if user.reach.has(KEEP_RIGHT) else rows.filter(Q(giver=user) | Q(receiver=user))


def running(rows: QuerySet[Delegation]) -> QuerySet[Delegation]:
    """Those of today and of days to come that were not ended."""
    return rows.filter(ended_at=None, ends_on__gte=timezone.localdate())


def _refuse_days(starts_on: date, ends_on: date) -> None:
    if starts_on < timezone.localdate():
        raise ValidationError({"starts_on": _("It begins today at the earliest.")})
    if ends_on < starts_on:
        raise ValidationError({"ends_on": _("It ends on the day it begins, or later.")})
    if ends_on - starts_on > timedelta(days=DAYS_AT_MOST):
        raise ValidationError({"ends_on": _("At most %(count)s days.") % {"count": DAYS_AT_MOST}})


def _refuse_twice(row: Delegation) -> None:
    others = Delegation.objects.filter(
        giver=row.giver, ended_at=None, starts_on__lte=row.ends_on, ends_on__gte=row.starts_on
    ).select_related("receiver")
    for other in others:
        if not row.purposes or not other.purposes or set(row.purposes) & set(other.purposes):
            words = _("%(name)s decides in your name on some of these days already. End that first.")
            raise ValidationError({"starts_on": words % {"name": other.receiver}})
