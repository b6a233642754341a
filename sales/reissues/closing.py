"""A reissue closes when the full red letter and the new invoice exist, or no new one is wanted (invariant 27)."""

from __future__ import annotations

from django.utils import timezone

from crm.history.operations import operation
from crm.people.models import User
from sales.invoices.models import Invoice, Reissue


def close_if_complete(reissue_id: int, actor: User | None) -> bool:
    """Inside the caller's operation, the contract being locked: close a reissue that has all it asked for."""
    row = Reissue.objects.select_for_update(of=("self",), no_key=True).get(pk=reissue_id)
    if row.state != Reissue.State.RED_ISSUED or not is_complete(row):
        return False
    now = timezone.now()
    row.state, row.closed_at, row.changed_at, row.changed_by = Reissue.State.CLOSED, now, now, actor
    with operation(actor, "reissue_closed", row, anchor_id=row.customer_id, is_part=True):
        row.save(update_fields=["state", "closed_at", "changed_at", "changed_by"])
    return True


def is_complete(reissue: Reissue) -> bool:
    """Whether the red letter is issued, and the new invoice where one is wanted."""
    kinds = set(Invoice.objects.filter(reissue=reissue, state__in=Invoice.ISSUED_ONCE).values_list("kind", flat=True))
    return Invoice.Kind.RED in kinds and (not reissue.wants_new or Invoice.Kind.BLUE in kinds)
