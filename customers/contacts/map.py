"""The decision map: the people of a customer as a tree of who reports to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from customers.customers.summary import ShownContact

_WEIGHT = {"decides": 0, "influences": 1, "buys": 2, "uses": 3, "": 4}


@dataclass
class Place:
    """A person on the map, with those who report to them."""

    contact: ShownContact
    below: list[Place] = field(default_factory=list)


def decision_map(contacts: Sequence[ShownContact]) -> list[Place]:
    """Those who report to nobody noted, each with everybody below; whoever decides comes first."""
    places = {contact.pk: Place(contact) for contact in contacts}
    top: list[Place] = []
    for contact in sorted(contacts, key=lambda one: (_WEIGHT.get(one.row.power, 4), one.pk)):
        superior = places.get(contact.row.reports_to_id or 0)
        (superior.below if superior else top).append(places[contact.pk])
    return top
