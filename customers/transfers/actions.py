"""Moving many customers at once: plan, start, put off, cancel, undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.company.actions import company_setting
from crm.history.operations import operation
from crm.jobs.actions import cancel_job, start_job
from crm.jobs.models import Job
from crm.notifications.actions import notify
from crm.people.models import User
from crm.records.selection import Selection
from customers.pool.capacity import loads
from customers.transfers.along import ALWAYS, companions, standard_companions
from customers.transfers.finishing import outcome_counts
from customers.transfers.models import Transfer
from customers.transfers.planning import chosen_customers, freeze_rows
from customers.transfers.refusals import refuse_days, refuse_plan, regions_of, weights_of

_DRAFT_LIFE = timedelta(days=1)
_GIVERS_KEPT = 20


def plan_transfer(
    actor: User,
    selection: Selection | User,
    targets: Sequence[User],
    split: str = Transfer.Split.EVEN,
    weights: Mapping[int, int] | None = None,
    regions: Mapping[int, int] | None = None,
    moves_along: Iterable[str] | None = None,
    reason: str = "",
    note: str = "",
    keeps_clock: bool = True,
    exceeds_limit: bool = False,
    effective_on: date | None = None,
    old_owner_stays: str = Transfer.Stay.OUT,
    old_owner_until: date | None = None,
) -> Transfer:
    """Freeze what would move to whom, and why the rest stays; nothing moves before `start_transfer`.

    `selection` is what was chosen on a list, or a person whose customers all go. `weights` (by id of the receiver) and
    `regions` (id of a province → id of the receiver) belong to their splits. `exceeds_limit` lets receivers hold more
    than their limit; the history keeps that.
    """
    refuse_plan(actor, targets, split, reason)
    refuse_days(effective_on, old_owner_stays, old_owner_until)
    chosen = chosen_customers(selection, actor)
    transfer = Transfer(
        requested_by=actor, selection=_told(selection), target_ids=[target.pk for target in targets], split=split,
        weights=weights_of(targets, weights or {}) if split == Transfer.Split.WEIGHT else [],
        regions=regions_of(targets, regions or {}) if split == Transfer.Split.REGION else {},
        moves_along=_along(moves_along), reason=reason.strip()[:200], note=note.strip()[:1000],
        keeps_clock=keeps_clock, exceeds_limit=exceeds_limit, effective_on=effective_on,
        old_owner_stays=old_owner_stays, old_owner_until=old_owner_until if old_owner_stays else None,
    )  # fmt: skip
    with operation(actor, "transfer_planned", transfer, reason=transfer.reason):
        allow_long_work()
        _forget_drafts(actor)
        freeze(transfer, chosen, actor, targets)
    return transfer


def _told(selection: Selection | User) -> dict[str, Any]:
    return {"owner": selection.pk} if isinstance(selection, User) else selection.as_params()


def _along(chosen: Iterable[str] | None) -> list[str]:
    wanted = set(standard_companions() if chosen is None else chosen)
    return [ALWAYS, *(code for code in companions() if code in wanted)]


def _forget_drafts(actor: User) -> None:
    yesterday = timezone.now() - _DRAFT_LIFE
    Transfer.objects.filter(requested_by=actor, state=Transfer.State.DRAFT, created_at__lt=yesterday).delete()


def freeze(transfer: Transfer, chosen: Any, actor: User, targets: Sequence[User]) -> None:
    """Save a transfer with the rows of what was chosen; inside an operation."""
    transfer.save()
    freeze_rows(transfer, chosen, actor, loads(targets))
    transfer.counts = outcome_counts(transfer)
    givers = transfer.rows.going().filter(old_owner__isnull=False).order_by().values_list("old_owner", flat=True)
    transfer.giver_ids = list(givers.distinct()[:_GIVERS_KEPT])
    transfer.save(update_fields=["counts", "giver_ids"])


@transaction.atomic
def start_transfer(transfer: Transfer, actor: User) -> Job | None:
    """Queue the move of the planned records, or let them wait for their day (None)."""
    locked = _locked(transfer)
    if locked.state != Transfer.State.DRAFT:
        raise ValidationError(_("This transfer has been started already."), code="wrong_state")
    _refuse_others(locked, actor)
    going = _going(locked)
    if locked.effective_on and locked.effective_on > timezone.localdate():
        facts = {"on": locked.effective_on.isoformat(), "records": going}
        with operation(actor, "transfer_scheduled", locked, reason=locked.reason, facts=facts):
            locked.state = Transfer.State.SCHEDULED
            locked.save(update_fields=["state"])
    else:
        _begin(locked, actor, going)
    transfer.refresh_from_db()
    return locked.job


@transaction.atomic
def put_off_transfer(transfer: Transfer, actor: User, effective_on: date) -> Job | None:
    """Give a waiting transfer another day; today starts it at once."""
    locked = _locked(transfer)
    if locked.state != Transfer.State.SCHEDULED:
        raise ValidationError(_("This transfer does not wait for a day any more."), code="wrong_state")
    _refuse_others(locked, actor)
    refuse_days(effective_on, locked.old_owner_stays, locked.old_owner_until)
    locked.effective_on = effective_on
    with operation(actor, "transfer_put_off", locked, reason=locked.reason, facts={"on": effective_on.isoformat()}):
        locked.save(update_fields=["effective_on"])
    if effective_on <= timezone.localdate():
        _begin(locked, actor, _going(locked))
    transfer.refresh_from_db()
    return locked.job


def start_due_transfers() -> int:
    """Start every transfer whose day has come; one that cannot start is closed and its director told. How many."""
    due = Transfer.objects.filter(state=Transfer.State.SCHEDULED, effective_on__lte=timezone.localdate())
    started = 0
    for transfer in due.select_related("requested_by").order_by("pk"):
        with transaction.atomic(), translation.override(transfer.requested_by.language):
            locked = _locked(transfer)
            if locked.state == Transfer.State.SCHEDULED:
                _begin(locked, transfer.requested_by, locked.rows.going().count())
                started += 1
    return started


def _locked(transfer: Transfer) -> Transfer:
    return Transfer.objects.select_for_update(of=("self",), no_key=True).select_related("job").get(pk=transfer.pk)


def _refuse_others(transfer: Transfer, actor: User) -> None:
    if transfer.requested_by_id != actor.pk:
        raise ValidationError(_("Only the person who made this preview can run it."), code="not_yours")


def _going(transfer: Transfer) -> int:
    going = transfer.rows.going().count()
    if not going:
        raise ValidationError(_("No record of this preview can move."), code="nothing_goes")
    return going


def _begin(locked: Transfer, actor: User, going: int) -> None:
    facts = {
        "records": going,
        "targets": locked.target_ids,
        "exceeds_limit": locked.exceeds_limit,
        "restarts_clock": not locked.keeps_clock,
        "note": locked.note,
    }
    with operation(actor, "customer_transferred", locked, reason=locked.reason, row_count=going, facts=facts) as entry:
        title = ngettext("Move %(count)s customer", "Move %(count)s customers", going) % {"count": going}
        locked.job = start_job("transfer", title, requested_by=actor, params={"transfer": locked.pk}, operation=entry)
        locked.state = Transfer.State.RUNNING
        locked.operation = entry
        locked.save(update_fields=["job", "state", "operation"])


@transaction.atomic
def cancel_transfer(transfer: Transfer, actor: User) -> None:
    """Drop a preview or a waiting transfer, or stop a running one before its next chunk; what has moved stays moved."""
    locked = _locked(transfer)
    if locked.state == Transfer.State.RUNNING and locked.job is not None:
        cancel_job(locked.job, actor=actor)
        return
    if locked.state not in (Transfer.State.DRAFT, Transfer.State.SCHEDULED):
        raise ValidationError(_("This transfer has already ended."), code="wrong_state")
    was_waiting = locked.state == Transfer.State.SCHEDULED
    with operation(actor, "transfer_dropped", locked):
        locked.state = Transfer.State.CANCELLED
        locked.finished_at = timezone.now()
        locked.save(update_fields=["state", "finished_at"])
        if was_waiting and locked.requested_by_id != actor.pk:
            _tell_dropped(locked, actor)
    transfer.refresh_from_db()


def _tell_dropped(transfer: Transfer, actor: User) -> None:
    with translation.override(transfer.requested_by.language):
        text = _("%(name)s cancelled your transfer %(number)s before its day.") % {"name": actor, "number": transfer}
    url = transfer.get_absolute_url()
    key = f"transfer:{transfer.pk}:dropped"
    notify(transfer.requested_by, "transfer", text, about=None, url=url, dedupe_key=key)


def undo_days() -> int:
    """Within how many days after its end a transfer can be undone."""
    return int(company_setting("transfers.undo_days"))


def undo_until(transfer: Transfer, days: int) -> datetime | None:
    """The last moment of an undo; None while the transfer has not ended."""
    return transfer.finished_at + timedelta(days=days) if transfer.finished_at else None


def can_be_undone(transfer: Transfer, days: int) -> bool:
    """Whether an undo may still be asked for, where that is possible for so many days."""
    until = undo_until(transfer, days)
    return (
        transfer.state in (Transfer.State.DONE, Transfer.State.CANCELLED, Transfer.State.FAILED)
        and transfer.operation_id is not None
        and (transfer.undo_job is None or transfer.undo_job.is_over)
        and until is not None
        and until > timezone.now()
    )


@transaction.atomic
def start_undo(transfer: Transfer, actor: User) -> Job:
    """Queue putting back what nobody changed since; ValidationError when that is too late."""
    locked = _locked(transfer)
    days = undo_days()
    if not can_be_undone(locked, days):
        raise ValidationError(
            _("A transfer can be undone once, within %(days)s days after it ended.") % {"days": days},
            code="too_late",
        )
    moved = locked.rows.moved().count()
    if not moved:
        raise ValidationError(_("Nothing is left to put back."), code="nothing_goes")
    with operation(
        actor, "customer_transfer_undone", locked, reason=locked.reason, row_count=moved, undoes=locked.operation
    ) as entry:
        title = ngettext("Put back %(count)s customer", "Put back %(count)s customers", moved) % {"count": moved}
        locked.undo_job = start_job(
            "transfer-undo", title, requested_by=actor, params={"transfer": locked.pk}, operation=entry
        )
        locked.save(update_fields=["undo_job"])
    transfer.refresh_from_db()
    return locked.undo_job


def allow_long_work() -> None:
    """Let the statements of this transaction run for a minute."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
