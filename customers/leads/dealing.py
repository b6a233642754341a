"""Whose turn it is: dealing customers to receivers, without reading or writing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from customers.leads.models import Allotment

if TYPE_CHECKING:
    from crm.people.models import User

NOBODY: frozenset[int] = frozenset()


@dataclass
class Receiver:
    """Somebody who may get customers: what they hold and may hold, and how far their turns have come."""

    user: User
    held: int
    limit: int
    weight: int = 1
    taken: int = 0
    given: int = 0
    is_away: bool = False

    @property
    def is_open(self) -> bool:
        """Whether they can take one more."""
        return not self.is_away and self.held < self.limit

    def take(self) -> None:
        """Count one more customer."""
        self.held, self.taken, self.given = self.held + 1, self.taken + 1, self.given + 1


def deal(
    customer_ids: Iterable[int],
    receivers: list[Receiver],
    method: str,
    refused: Mapping[int, AbstractSet[int]] | None = None,
) -> dict[int, int]:
    """Who gets which customer (user id by customer id), in the order of the customers; the receivers are counted up.

    `refused` names by customer the people who may not have it. A customer nobody can take is left out. Turns go on
    where the last call ended; by ratio whole rounds are exact; who could not take anything is owed nothing afterwards.
    """
    dealt: dict[int, int] = {}
    for customer_id in customer_ids:
        not_to = (refused or {}).get(customer_id, NOBODY)
        able = [receiver for receiver in receivers if receiver.is_open and receiver.user.pk not in not_to]
        if able:
            chosen = min(able, key=lambda receiver: _turn(receiver, method))
            chosen.take()
            dealt[customer_id] = chosen.user.pk
    _forgive(receivers)
    return dealt


def _turn(receiver: Receiver, method: str) -> tuple[Fraction | int, ...]:
    """What is smallest for the receiver whose turn it is; among equals, the first in the list."""
    if method == Allotment.Method.LOAD:
        return receiver.held, receiver.taken
    if method == Allotment.Method.RATIO:
        return (Fraction(2 * receiver.taken + 1, receiver.weight),)
    return (receiver.taken,)


def _forgive(receivers: list[Receiver]) -> None:
    """Bring up those who are away or full, so that they do not get everything once they are back."""
    pace = min((Fraction(receiver.taken, receiver.weight) for receiver in receivers if receiver.is_open), default=None)
    for receiver in receivers:
        if pace is not None and not receiver.is_open:
            receiver.taken = max(receiver.taken, int(pace * receiver.weight))
