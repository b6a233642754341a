"""The end of a transfer and of its undo, inside the transaction that ends the job: close, count, tell both sides."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.notifications.actions import new_notice, notify_many
from crm.people.models import User
from customers.customers.stars import tell_followers
from customers.transfers.models import Transfer, TransferRow


def finish_transfer(transfer: Transfer, state: str) -> dict[str, Any]:
    """Close a transfer, say for each record not reached that it was stopped, and tell both sides."""
    transfer.rows.going().update(outcome=TransferRow.Outcome.SKIPPED, reason=TransferRow.Reason.STOPPED)
    transfer.state = state
    transfer.finished_at = timezone.now()
    transfer.counts = outcome_counts(transfer)
    transfer.save(update_fields=["state", "finished_at", "counts"])
    _tell_both_sides(transfer, TransferRow.Outcome.MOVED)
    if transfer.operation is not None:
        tell_followers(transfer.operation, transfer.rows.moved().values_list("customer_id", flat=True))
    return {"transfer": transfer.pk, **transfer.counts}


def finish_undo(transfer: Transfer) -> dict[str, Any]:
    """Close an undo and tell both sides."""
    transfer.state = Transfer.State.UNDONE
    transfer.undone_at = timezone.now()
    transfer.counts = outcome_counts(transfer)
    transfer.save(update_fields=["state", "undone_at", "counts"])
    undone = transfer.rows.filter(outcome=TransferRow.Outcome.UNDONE)
    _tell_both_sides(transfer, TransferRow.Outcome.UNDONE)
    if transfer.undo_job is not None and transfer.undo_job.operation is not None:
        tell_followers(transfer.undo_job.operation, undone.values_list("customer_id", flat=True))
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
            new_notice(
                person,
                "transfer",
                text,
                about=None,
                url=reverse("customers:customer_list"),
                dedupe_key=f"transfer:{transfer.pk}:{outcome}",
            )  # fmt: skip
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
