"""The confirmation form for a red letter 红字发票信息确认单: its states and the 72 hours in which it must be confirmed.

States and their meaning as the interfaces of the tax platform word them (announcement 2024 No. 11 of the State Taxation
Administration): 01 needs no confirmation, where the buyer neither deducted nor booked the invoice; 02 and 03 wait for
the other side; 04 is confirmed by both; 05 to 09 are void. A void form ends, but a new one may be begun for the same
request.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.identity import clean_line
from sales.invoices.holding import hold_reissue, refuse_unless
from sales.invoices.models import Reissue

Confirmation = Reissue.Confirmation
WAITING_HOURS = 72
CHUNK = 200
WAITING = (Confirmation.BUYER_TO_CONFIRM, Confirmation.SELLER_TO_CONFIRM)
CONFIRMED = (Confirmation.NOT_NEEDED, Confirmation.CONFIRMED)
VOID = (
    Confirmation.BUYER_REFUSED, Confirmation.SELLER_REFUSED, Confirmation.EXPIRED, Confirmation.WITHDRAWN,
    Confirmation.REVOKED,
)  # fmt: skip
BEGINNINGS = (Confirmation.NOT_NEEDED, *WAITING)
# the only ways from one state of a form to another; 07 comes from the clock alone
EDGES: dict[str, tuple[str, ...]] = {
    Confirmation.NOT_NEEDED: (Confirmation.WITHDRAWN,),
    Confirmation.BUYER_TO_CONFIRM: (
        Confirmation.CONFIRMED, Confirmation.BUYER_REFUSED, Confirmation.EXPIRED, Confirmation.WITHDRAWN,
    ),
    Confirmation.SELLER_TO_CONFIRM: (
        Confirmation.CONFIRMED, Confirmation.SELLER_REFUSED, Confirmation.EXPIRED, Confirmation.WITHDRAWN,
    ),
    Confirmation.CONFIRMED: (Confirmation.REVOKED,),
}  # fmt: skip


def begin_confirmation(reissue: Reissue, *, actor: User, confirmation: str, number: str = "") -> Reissue:
    """Record that a form was entered: 01 where the buyer has not used the invoice, else 02 or 03 with its number."""
    with operation(actor, "confirmation_begun", reissue, anchor_id=reissue.customer_id):
        locked = hold_reissue(reissue.pk)
        refuse_unless(locked, Reissue.State.APPROVED)
        if locked.confirmation not in ("", *VOID):
            raise ValidationError(_("A confirmation form is under way already."), code="conflict")
        if confirmation not in BEGINNINGS:
            raise ValidationError({"confirmation": _("A form begins with 01, 02 or 03.")})
        if (confirmation == Confirmation.NOT_NEEDED) == locked.is_used_by_buyer:
            raise ValidationError({"confirmation": _refusal_of_beginning(locked)})
        clean = clean_line(number)[:40]
        if confirmation in WAITING and not clean:
            raise ValidationError({"number": _("Write the number of the form.")})
        if clean and clean == locked.confirmation_number and locked.confirmation in VOID:
            raise ValidationError({"number": _("This form is void. A new one has another number.")})
        locked.confirmation_number = clean
        _write(locked, confirmation, actor)
    return locked


def move_confirmation(reissue: Reissue, *, actor: User, confirmation: str) -> Reissue:
    """Record what became of a form, along the allowed edges; after 72 hours nobody can confirm it any more."""
    with operation(actor, "confirmation_moved", reissue, anchor_id=reissue.customer_id):
        locked = hold_reissue(reissue.pk)
        refuse_unless(locked, Reissue.State.APPROVED)
        if confirmation == Confirmation.EXPIRED or confirmation not in EDGES.get(locked.confirmation, ()):
            words = {"state": locked.get_confirmation_display()}
            raise ValidationError({"confirmation": _("A form “%(state)s” does not become this.") % words})
        if is_late(locked):
            raise ValidationError(_("The 72 hours are over: the form is void. Begin a new one."), code="late")
        _write(locked, confirmation, actor)
    return locked


def expire_confirmations() -> int:
    """Let forms that waited 72 hours lapse (invariant 26); how many. Safe to run twice or together."""
    lapsed = 0
    for pk in _late_ones()[:CHUNK]:
        with operation(None, "confirmations_expired", Reissue.objects.get(pk=pk), via="system"):
            locked = hold_reissue(pk)
            if locked.confirmation in WAITING and is_late(locked):
                _write(locked, Confirmation.EXPIRED, None)
                lapsed += 1
    return lapsed


def is_late(reissue: Reissue) -> bool:
    """Whether a waiting form has waited its 72 hours."""
    until = lapses_at(reissue)
    return until is not None and until <= timezone.now()


def lapses_at(reissue: Reissue) -> datetime | None:
    """When a waiting form becomes void, None where it does not wait."""
    if reissue.confirmation not in WAITING or reissue.confirmation_since is None:
        return None
    return reissue.confirmation_since + timedelta(hours=WAITING_HOURS)


def next_states(reissue: Reissue) -> list[str]:
    """What a person may record now of the form of a request."""
    if reissue.state != Reissue.State.APPROVED:
        return []
    if reissue.confirmation in ("", *VOID):
        return [state for state in BEGINNINGS if (state == Confirmation.NOT_NEEDED) != reissue.is_used_by_buyer]
    return [state for state in EDGES.get(reissue.confirmation, ()) if state != Confirmation.EXPIRED]


def _late_ones() -> list[int]:
    since = timezone.now() - timedelta(hours=WAITING_HOURS)
    rows = Reissue.objects.filter(confirmation__in=WAITING, confirmation_since__lte=since)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _write(reissue: Reissue, confirmation: str, actor: User | None) -> None:
    now = timezone.now()
    reissue.confirmation, reissue.confirmation_since = confirmation, now
    reissue.changed_at, reissue.changed_by = now, actor
    reissue.save(
        update_fields=["confirmation", "confirmation_number", "confirmation_since", "changed_at", "changed_by"]
    )


def _refusal_of_beginning(reissue: Reissue) -> str:
    if reissue.is_used_by_buyer:
        return _("The buyer has deducted or booked it: the other side has to confirm (02 or 03).")
    return _("The buyer has not used it: no confirmation is needed (01).")
