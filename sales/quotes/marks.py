"""How states of quotes look."""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

from crm.ui.marks import flag, status
from sales.quotes.models import Quote

_TONES = {
    "draft": "gray", "pending": "blue", "blocked": "red", "returned": "amber", "withdrawn": "gray", "rejected": "red",
    "approved": "teal", "sent": "violet", "accepted": "green", "declined": "amber", "superseded": "gray",
    "void": "gray",
}  # fmt: skip
_RINGS = ("draft", "withdrawn", "superseded", "void")
STATE_LABELS: dict[str, Any] = dict(Quote.State.choices)
_EXPIRED = pgettext_lazy("quote", "expired")
_CONTRACTED = pgettext_lazy("quote", "became a contract")


def state_mark(quote: Quote, *, is_contracted: bool = False) -> str:
    """The state of a quote in a list; one that feeds a contract does not expire."""
    if is_contracted:
        return status(_CONTRACTED, "green")
    if quote.is_released and quote.is_expired:
        return status(_EXPIRED, "gray", ring=True)
    return status(STATE_LABELS[quote.state], _TONES[quote.state], quote.state in _RINGS)


def state_flag(quote: Quote, *, is_contracted: bool = False) -> str:
    """The state of a quote at the head of its page, as the list says it."""
    if is_contracted:
        return flag(_CONTRACTED, "green")
    if quote.is_released and quote.is_expired:
        return flag(_EXPIRED, "gray")
    return flag(STATE_LABELS[quote.state], _TONES[quote.state])
