"""Leaving: everything a person holds is handed over in one step, now or on a day, and the account is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.history.operations import operation
from crm.jobs.actions import start_job
from crm.jobs.models import Job
from crm.leaving.models import Departure
from crm.notifications.actions import notify
from crm.people.actions import refuse_last_holder
from crm.people.belongings import belongings
from crm.people.models import User

DAYS_AHEAD_AT_MOST = 365


def plan_departure(
    user: User,
    *,
    actor: User,
    leaves_on: date,
    receivers: Sequence[User] = (),
    heir: User | None = None,
    exceeds_limit: bool = False,
    note: str = "",
) -> Departure:
    """Let a person leave: at once where the day has come, else in the morning of that day.

    Customers are shared among the receivers; without any, or where nobody has room, they go to the pool. What cannot be
    shared out goes to the heir: the first receiver, else the head of the department, unless somebody else is named.
    """
    _refuse(user, actor, leaves_on, receivers)
    chosen = heir or next(iter(receivers), None) or heir_of(user)
    if chosen is None or chosen.pk == user.pk or not chosen.is_active:
        raise ValidationError({"heir": _("Choose somebody active who takes over what cannot be shared out.")})
    departure = Departure(
        user=user,
        requested_by=actor,
        leaves_on=leaves_on,
        receiver_ids=[receiver.pk for receiver in receivers],
        heir=chosen,
        exceeds_limit=exceeds_limit,
        note=note.strip()[:1000],
    )
    facts = {"on": leaves_on.isoformat(), "receivers": departure.receiver_ids, "heir": chosen.pk}
    with operation(actor, "departure_planned", user, facts=facts):
        User.objects.select_for_update().get(pk=user.pk)
        if Departure.objects.open().filter(user=user).exists():
            raise ValidationError(_("%(name)s is leaving already.") % {"name": user}, code="leaving")
        for belonging in belongings().values():
            if belonging.refuse is not None:
                belonging.refuse(departure)
        departure.save()
    if leaves_on <= timezone.localdate():
        begin_departure(departure)
    return departure


def _refuse(user: User, actor: User, leaves_on: date, receivers: Sequence[User]) -> None:
    if user == actor:
        raise ValidationError(_("Nobody disables themselves."))
    if not user.is_active:
        raise ValidationError(_("%(name)s is disabled.") % {"name": user})
    refuse_last_holder(user)
    today = timezone.localdate()
    if not today <= leaves_on <= today + timedelta(days=DAYS_AHEAD_AT_MOST):
        words = _("Choose today or a day within the next %(days)s days.") % {"days": DAYS_AHEAD_AT_MOST}
        raise ValidationError({"leaves_on": words})
    able = set(possible_receivers(user).filter(pk__in=[one.pk for one in receivers]).values_list("pk", flat=True))
    for receiver in receivers:
        if receiver.pk not in able:
            words = _("%(name)s cannot be responsible for customers.") % {"name": receiver}
            raise ValidationError({"receivers": words})


def possible_receivers(user: User) -> Any:
    """People who can be responsible for the customers of somebody who leaves."""
    return User.objects.able_to_own().filter(department__isnull=False).exclude(pk=user.pk).select_related("department")


def heir_of(user: User) -> User | None:
    """The head of the person's department, or the nearest one above."""
    place = user.department
    while place is not None:
        if place.head is not None and place.head.is_active and place.head_id != user.pk:
            return place.head
        place = place.parent
    return None


@transaction.atomic
def begin_departure(departure: Departure) -> Job:
    """Queue the hand-over of everything."""
    locked = Departure.objects.select_for_update(of=("self",)).get(pk=departure.pk)
    if locked.state != Departure.State.SCHEDULED:
        raise ValidationError(_("This has begun or ended already."), code="wrong_state")
    facts = {"receivers": locked.receiver_ids, "heir": locked.heir_id, "note": locked.note}
    reason = _("%(name)s leaves") % {"name": locked.user}
    with operation(locked.requested_by, "user_left", locked.user, reason=reason, facts=facts) as entry:
        title = _("Hand over everything of %(name)s") % {"name": locked.user}
        params = {"departure": locked.pk}
        locked.job = start_job("departure", title, requested_by=locked.requested_by, params=params, operation=entry)
        locked.state, locked.operation = Departure.State.RUNNING, entry
        locked.save(update_fields=["job", "state", "operation"])
    departure.refresh_from_db()
    return locked.job


def begin_due_departures() -> int:
    """Begin every departure whose day has come; how many."""
    due = Departure.objects.filter(state=Departure.State.SCHEDULED, leaves_on__lte=timezone.localdate())
    rows = list(due.select_related("requested_by").order_by("pk"))
    for departure in rows:
        with translation.override(departure.requested_by.language):
            begin_departure(departure)
    return len(rows)


@transaction.atomic
def cancel_departure(departure: Departure, *, actor: User) -> None:
    """Forget a departure that still waits for its day."""
    locked = Departure.objects.select_for_update(of=("self",)).get(pk=departure.pk)
    if locked.state != Departure.State.SCHEDULED:
        raise ValidationError(_("This has begun or ended already."), code="wrong_state")
    with operation(actor, "departure_cancelled", locked.user):
        locked.state, locked.finished_at = Departure.State.CANCELLED, timezone.now()
        locked.save(update_fields=["state", "finished_at"])


def sweep_leftovers() -> int:
    """Catch what came to disabled people by any other way, or by a race; how many records."""
    return sum(belonging.sweep() for belonging in belongings().values() if belonging.sweep is not None)


# ── called by the job, inside its transactions ──


def settle_heir(departure: Departure) -> None:
    """Where the heir has left meanwhile: the head above the leaver takes over, else whoever lets them leave."""
    if not departure.heir.is_active:
        departure.heir = heir_of(departure.user) or departure.requested_by
        departure.save(update_fields=["heir"])


def finish_departure(departure: Departure, state: str) -> dict[str, Any]:
    """Close a departure and tell the heir what came to them."""
    for belonging in belongings().values():
        if belonging.finish is not None:
            belonging.finish(departure, state)
    departure.state, departure.finished_at = state, timezone.now()
    departure.save(update_fields=["state", "finished_at"])
    _tell_heir(departure)
    return {"departure": departure.pk, **departure.counts}


def _tell_heir(departure: Departure) -> None:
    heir = departure.heir
    with translation.override(heir.language):
        parts = [
            f"{belongings()[code].label} {count}" for code, count in departure.counts.items() if code in belongings()
        ]
        what = pgettext("list", ", ").join(parts) or _("nothing")
        text = _("%(name)s has left. Handed over: %(what)s.") % {"name": departure.user, "what": what}
    if departure.note:
        text = f"{text} {departure.note}"
    key = f"departure:{departure.pk}"
    notify(heir, "departure", text, about=None, url=reverse("workbench"), dedupe_key=key)
