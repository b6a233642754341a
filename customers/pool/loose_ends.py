"""What hung on the owner of a customer and ends when nobody owns it any more; set-based, for one or for thousands."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Q
from django.utils import timezone

from customers.customers.models import CustomerShare
from customers.pool.models import RecycleExtension
from customers.tasks.models import Task


def tie_up_loose_ends(customer_ids: Sequence[int]) -> None:
    """End shares and open wishes for an extension of customers that just fell to a pool, and cancel the open tasks of
    those who owned them; contacts, follow-ups and tasks of others stay with the customer.
    """
    now = timezone.now()
    CustomerShare.objects.filter(content_object__in=customer_ids).delete()
    RecycleExtension.objects.filter(customer__in=customer_ids, state=RecycleExtension.State.OPEN).update(
        state=RecycleExtension.State.LAPSED
    )
    theirs = Q(customer__in=customer_ids, owner=F("customer__previous_owner"))
    open_ids = Task.objects.open().filter(theirs).values_list("pk", flat=True)
    Task.objects.filter(pk__in=list(open_ids)).update(cancelled_at=now, changed_at=now)
