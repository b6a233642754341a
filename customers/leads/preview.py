"""What a rule would do now, without doing it."""

from __future__ import annotations

from dataclasses import dataclass

from crm.people.models import User
from customers.customers.models import Customer
from customers.leads.dealing import Receiver, deal
from customers.leads.models import Allotment
from customers.leads.waiting import cooling_down, receivers_of, waiting_for

TRIED_AT_MOST = 1000
SHOWN_AT_MOST = 50


@dataclass(frozen=True)
class Preview:
    """Who would get how many, and the first customers by name as far as the person may see them.

    `further` would be handed out too but stand behind the first ones; `unseen` are among the first, out of reach.
    """

    receivers: list[Receiver]
    count: int
    left: int
    shown: list[tuple[Customer, User]]
    nobodys: list[Customer]
    further: int
    unseen: int
    is_cut: bool


def preview_of(allotment: Allotment, user: User) -> Preview:
    """What would become of the first thousand that wait."""
    ids = list(waiting_for(allotment).order_by("pk").values_list("pk", flat=True)[: TRIED_AT_MOST + 1])
    tried = ids[:TRIED_AT_MOST]
    receivers = receivers_of(allotment)
    dealt = deal(tried, receivers, allotment.method, cooling_down(allotment.pool, tried))
    people = {receiver.user.pk: receiver.user for receiver in receivers}
    first = list(dealt)[:SHOWN_AT_MOST]
    left = [pk for pk in tried if pk not in dealt]
    visible = Customer.objects.visible_to(user).in_bulk([*first, *left[:SHOWN_AT_MOST]])
    shown = [(visible[pk], people[dealt[pk]]) for pk in first if pk in visible]
    return Preview(
        receivers=receivers,
        count=len(dealt),
        left=len(left),
        shown=shown,
        nobodys=[visible[pk] for pk in left[:SHOWN_AT_MOST] if pk in visible],
        further=len(dealt) - len(first),
        unseen=len(first) - len(shown),
        is_cut=len(ids) > TRIED_AT_MOST,
    )
