"""What a token may be narrowed to: words such as `customers:read`, each standing for rights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from crm.access.masks import REVEAL_RIGHT, VIEW_RIGHT
from crm.access.reach import Reach

PII, EXPORT = "pii", "export"
PII_RIGHTS = frozenset(
    {
        VIEW_RIGHT,
        REVEAL_RIGHT,
        "customers.export_contact_details",
    }
)
READING = frozenset({"list", "retrieve", "history", "rows", "companies"})


def wanted_word(resource: str, action: str, own_words: dict[str, str]) -> str:
    """The scope an action of a resource asks of a narrowed token."""
    return own_words.get(action) or f"{resource}:{'read' if action in READING else 'write'}"


@cache
def catalogue() -> dict[str, frozenset[str]]:
    """All scope words with the rights they leave a token, out of what the resources declare."""
    from crm.api.routes import viewsets  # noqa: PLC0415 - the resources ask for their words themselves

    words: dict[str, set[str]] = {PII: set(PII_RIGHTS)}
    for viewset in viewsets().values():
        for action, right in viewset.rights.items():
            word = wanted_word(viewset.scope, action, viewset.scope_words)
            words.setdefault(word, set()).update({right, *viewset.leans_on} - {""})
    return {word: frozenset(words[word]) for word in sorted(words)}


def narrowed(reach: Reach, words: Iterable[str]) -> Reach:
    """The reach of a person through a token with these words; contact details stay hidden without `pii`."""
    known = catalogue()
    rights = frozenset[str]().union(*(known.get(word, frozenset()) for word in words))
    if PII not in words:
        rights -= PII_RIGHTS
    kept = {right: scope for right, scope in reach.scopes.items() if right in rights}
    return uncovered(replace(reach, scopes=kept, _shares={}))


def uncovered(reach: Reach) -> Reach:
    """A program cannot click 'show': where the person may uncover contact details, their token shows them."""
    scope = reach.scopes.get(VIEW_RIGHT) or reach.scopes.get(REVEAL_RIGHT)
    return replace(reach, scopes={**reach.scopes, VIEW_RIGHT: scope}) if scope else reach
