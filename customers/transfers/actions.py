"""Moving many customers at once: plan, start, cancel, undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.history.operations import operation
from crm.jobs.actions import cancel_job, start_job
from crm.jobs.models import Job
from crm.notifications.actions import notify_many
from crm.notifications.models import Notice
from crm.people.models import User
from crm.records.selection import Selection
from customers.pool.capacity import loads, receivers_for
from customers.transfers.models import Transfer, TransferRow
from customers.transfers.planning import chosen_customers, freeze_rows
from customers.transfers.querysets import TRANSFER_RIGHT

UNDO_DAYS = 7
MOVES_ALONG = ("contacts", "follow_ups")
_DRAFT_LIFE = timedelta(days=1)
_GIVERS_KEPT = 20


def plan_transfer(
    actor: User,
    selection: Selection | User,
    targets: Sequence[User],
    split: str = Transfer.Split.EVEN,
    moves_along: Iterable[str] = MOVES_ALONG,
    reason: str = "",
    note: str = "",
    keeps_clock: bool = True,
    exceeds_limit: bool = False,
) -> Transfer:
    """Freeze what would move to whom, and why the rest stays; nothing moves before `start_transfer`.

    `selection` is what was chosen on a list, or a person whose customers all go. `exceeds_limit` lets receivers hold
    more than their limit; the history keeps that.
    """
    _refuse_plan(actor, targets, split, reason)
    chosen = chosen_customers(selection, actor)
    transfer = Transfer(
        requested_by=actor,
        selection={"owner": selection.pk} if isinstance(selection, User) else selection.as_params(),
        target_ids=[target.pk for target in targets],
        split=split,
        moves_along=sorted({"contacts", *moves_along} & set(MOVES_ALONG)),
        reason=reason.strip()[:200],
        note=note.strip()[:1000],
        keeps_clock=keeps_clock,
        exceeds_limit=exceeds_limit,
    )
    with operation(actor, "transfer_planned", transfer, reason=transfer.reason):
        _allow_long_work()
        Transfer.objects.filter(
            requested_by=actor, state=Transfer.State.DRAFT, created_at__lt=timezone.now() - _DRAFT_LIFE
        ).delete()
        transfer.save()
        freeze_rows(transfer, chosen, actor, loads(targets))
        transfer.counts = outcome_counts(transfer)
        givers = transfer.rows.going().filter(old_owner__isnull=False).order_by().values_list("old_owner", flat=True)
        transfer.giver_ids = list(givers.distinct()[:_GIVERS_KEPT])
        transfer.save(update_fields=["counts", "giver_ids"])
    return transfer


def _refuse_plan(actor: User, targets: Sequence[User], split: str, reason: str) -> None:
    if not actor.reach.has(TRANSFER_RIGHT):
        raise ValidationError(_("Your role does not include this."), code="no_right")
    if not reason.strip():
        raise ValidationError({"reason": _("Say why these customers move.")})
    if not targets:
        raise ValidationError({"targets": _("Choose at least one receiver.")})
    if split not in Transfer.Split.values:
        raise ValidationError({"split": _("“%(split)s” is no way to split.") % {"split": split}})
    able = set(receivers_for(actor, TRANSFER_RIGHT).values_list("pk", flat=True))
    for target in targets:
        if target.pk not in able:
            words = _("You cannot move customers to %(name)s.") % {"name": target}
            raise ValidationError({"targets": ValidationError(words, code="bad_target")})


@transaction.atomic
def start_transfer(transfer: Transfer, actor: User) -> Job:
    """Queue the move of the planned records."""
    locked = Transfer.objects.select_for_update().get(pk=transfer.pk)
    if locked.state != Transfer.State.DRAFT:
        raise ValidationError(_("This transfer has been started already."), code="wrong_state")
    if locked.requested_by_id != actor.pk:
        raise ValidationError(_("Only the person who made this preview can run it."), code="not_yours")
    going = locked.rows.going().count()
    if not going:
        raise ValidationError(_("No record of this preview can move."), code="nothing_goes")
    facts = {"records": going, "targets": locked.target_ids, "exceeds_limit": locked.exceeds_limit}
    with operation(actor, "customer_transferred", locked, reason=locked.reason, row_count=going, facts=facts) as entry:
        title = ngettext("Move %(count)s customer", "Move %(count)s customers", going) % {"count": going}
        locked.job = start_job("transfer", title, requested_by=actor, params={"transfer": locked.pk}, operation=entry)
        locked.state = Transfer.State.RUNNING
        locked.operation = entry
        locked.save(update_fields=["job", "state", "operation"])
    transfer.refresh_from_db()
    return locked.job


@transaction.atomic
def cancel_transfer(transfer: Transfer, actor: User) -> None:
    """Drop a preview, or stop a running transfer before its next chunk; what has moved stays moved."""
    locked = Transfer.objects.select_for_update().get(pk=transfer.pk)
    if locked.state == Transfer.State.RUNNING and locked.job is not None:
        cancel_job(locked.job, actor=actor)
        return
    if locked.state != Transfer.State.DRAFT:
        raise ValidationError(_("This transfer has already ended."), code="wrong_state")
    with operation(actor, "transfer_dropped", locked):
        locked.state = Transfer.State.CANCELLED
        locked.finished_at = timezone.now()
        locked.save(update_fields=["state", "finished_at"])


def undo_until(transfer: Transfer) -> datetime | None:
    """The last moment of an undo; None while the transfer has not ended."""
    return transfer.finished_at + timedelta(days=UNDO_DAYS) if transfer.finished_at else None


def can_be_undone(transfer: Transfer) -> bool:
    """Whether an undo may still be asked for."""
    until = undo_until(transfer)
    return (
        transfer.state in (Transfer.State.DONE, Transfer.State.CANCELLED, Transfer.State.FAILED)
        and transfer.operation_id is not None
        and (transfer.undo_job is None or transfer.undo_job.is_over)
        and until is not None
        and until > timezone.now()
    )


@transaction.atomic
def start_undo(transfer: Transfer, actor: User) -> Job:
    """Queue putting back what nobody changed since; ValidationError after seven days."""
    locked = Transfer.objects.select_for_update().get(pk=transfer.pk)
    if not can_be_undone(locked):
        raise ValidationError(
            _("A transfer can be undone once, within %(days)s days after it ended.") % {"days": UNDO_DAYS},
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


# ── called by the jobs, inside the transaction that ends them ──


def finish_transfer(transfer: Transfer, state: str) -> dict[str, Any]:
    """Close a transfer, say for each record not reached that it was stopped, and tell both sides."""
    transfer.rows.going().update(outcome=TransferRow.Outcome.SKIPPED, reason=TransferRow.Reason.STOPPED)
    transfer.state = state
    transfer.finished_at = timezone.now()
    transfer.counts = outcome_counts(transfer)
    transfer.save(update_fields=["state", "finished_at", "counts"])
    _tell_both_sides(transfer, TransferRow.Outcome.MOVED)
    return {"transfer": transfer.pk, **transfer.counts}


def finish_undo(transfer: Transfer) -> dict[str, Any]:
    """Close an undo and tell both sides."""
    transfer.state = Transfer.State.UNDONE
    transfer.undone_at = timezone.now()
    transfer.counts = outcome_counts(transfer)
    transfer.save(update_fields=["state", "undone_at", "counts"])
    _tell_both_sides(transfer, TransferRow.Outcome.UNDONE)
    return {"transfer": transfer.pk, **transfer.counts}


def outcome_counts(transfer: Transfer) -> dict[str, int]:
    """How many records of a transfer have each outcome."""
    return dict(transfer.rows.order_by().values_list("outcome").annotate(Count("pk")))


def _tell_both_sides(transfer: Transfer, outcome: str) -> None:
    is_undo = outcome == TransferRow.Outcome.UNDONE
    pairs = transfer.rows.filter(outcome=outcome).order_by().values_list("old_owner", "new_owner").annotate(Count("pk"))
    lost: Counter[int] = Counter()
    gained: Counter[int] = Counter()
    for old, new, count in pairs:
        giver, taker = (new, old) if is_undo else (old, new)
        lost[giver] += count
        gained[taker] += count
    people = User.objects.active().in_bulk([key for key in {*lost, *gained} if key])
    notices = []
    for person in people.values():
        with translation.override(person.language):
            text = _sentence(transfer, is_undo, gained[person.pk], lost[person.pk])
        notices.append(
            Notice(
                recipient=person,
                kind="transfer",
                text=text[:300],
                url=reverse("customers:customer_list"),
                dedupe_key=f"transfer:{transfer.pk}:{outcome}",
            )
        )
    notify_many(notices)


def _sentence(transfer: Transfer, is_undo: bool, gained: int, lost: int) -> str:
    actor = str(transfer.requested_by)
    parts = []
    if gained:
        parts.append(
            ngettext("%(count)s customer came to you", "%(count)s customers came to you", gained) % {"count": gained}
        )
    if lost:
        parts.append(ngettext("%(count)s customer left you", "%(count)s customers left you", lost) % {"count": lost})
    what = _("The transfer by %(actor)s was undone") if is_undo else _("Transfer by %(actor)s")
    sentence = _("%(what)s: %(parts)s (%(reason)s).") % {
        "what": what % {"actor": actor},
        "parts": pgettext("list", ", ").join(parts),
        "reason": transfer.reason,
    }
    return f"{sentence} {transfer.note}" if gained and transfer.note and not is_undo else sentence


def _allow_long_work() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
