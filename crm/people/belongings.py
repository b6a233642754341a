"""What people hold, kind by kind: an app declares each once (settings.HARBOUR_LEAVER_CHECKS), and whoever leaves
hands over exactly that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from crm.people.models import User

Params = dict[str, Any]


@dataclass(frozen=True)
class Belonging:
    """One kind of thing a person holds.

    `count` says how many and `groups` of which kinds; `place` is the page that lists them, shown to holders of `right`.
    `hand_over(departure, params)` does one chunk inside the operation of the departure, when the leaver is disabled
    already, and answers (handed over, left behind); `plan(departure)` makes the chunks, one of everything without it.
    `refuse(departure)` raises ValidationError where it cannot be done; `finish(departure, state)` closes what `plan`
    opened. `sweep()` catches what a disabled person still has, every minute. Where `holds_back`, nobody is disabled
    while there is any left, except by leaving. `close(user)` runs in the transaction that closes the account, and
    `lock(user)` in it before the account is locked.
    """

    code: str
    label: str | Promise
    becomes: str | Promise
    icon: str
    count: Callable[[User], int]
    hand_over: Callable[[Any, Params], tuple[int, int]]
    plan: Callable[[Any], list[Params]] | None = None
    refuse: Callable[[Any], None] | None = None
    finish: Callable[[Any, str], None] | None = None
    sweep: Callable[[], int] | None = None
    groups: Callable[[User], list[tuple[str, int]]] | None = None
    place: Callable[[User], str] | None = None
    right: str = ""
    holds_back: bool = False
    lock: Callable[[User], None] | None = None
    close: Callable[[User], Any] | None = None


def lock_belongings(user: User) -> None:
    """Lock what closing the account will write; called before the account itself is locked."""
    for belonging in belongings().values():
        if belonging.lock is not None:
            belonging.lock(user)


def close_belongings(user: User) -> None:
    """Do what must not wait for a hand-over, in the transaction that closes the account."""
    for belonging in belongings().values():
        if belonging.close is not None:
            belonging.close(user)


@cache
def belongings() -> dict[str, Belonging]:
    """All kinds by code, in the order of the settings."""
    found: list[Belonging] = [import_string(name) for name in settings.HARBOUR_LEAVER_CHECKS]
    return {belonging.code: belonging for belonging in found}
