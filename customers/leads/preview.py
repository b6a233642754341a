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
    """Who would get how many, how many would stay, and the first customers as far as the person may see them."""

    receivers: list[Receiver]
    count: int
    left: int
    shown: list[tuple[Customer, User]]
    hidden: int
    is_cut: bool


def preview_of(allotment: Allotment, user: User) -> Preview:
    """What would become of the first thousand that wait."""
    ids = list(waiting_for(allotment).order_by("pk").values_list("pk", flat=True)[: TRIED_AT_MOST + 1])
    tried = ids[:TRIED_AT_MOST]
    receivers = receivers_of(allotment)
    dealt = deal(tried, receivers, allotment.method, cooling_down(allotment.pool, tried))
    people = {receiver.user.pk: receiver.user for receiver in receivers}
    first = list(dealt)[:SHOWN_AT_MOST]
    visible = Customer.objects.visible_to(user).filter(pk__in=first).in_bulk()
    shown = [(visible[pk], people[dealt[pk]]) for pk in first if pk in visible]
    left = len(tried) - len(dealt)
    return Preview(receivers, len(dealt), left, shown, len(dealt) - len(shown), len(ids) > TRIED_AT_MOST)
