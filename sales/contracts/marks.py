"""How states of contracts and instalments look."""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

from crm.ui.marks import status
from sales.contracts.models import Contract, Instalment

_TONES = {
    "draft": "gray", "pending": "blue", "blocked": "red", "returned": "amber", "withdrawn": "gray", "rejected": "red",
    "approved": "teal", "signed": "green", "suspended": "amber", "terminated": "red", "closed": "gray", "void": "gray",
}  # fmt: skip
_RINGS = ("draft", "withdrawn", "closed", "void")
STATE_LABELS: dict[str, Any] = dict(Contract.State.choices)
PART_STATES: dict[str, tuple[Any, str]] = {
    "open": (pgettext_lazy("instalment", "open"), "blue"),
    "part": (pgettext_lazy("instalment", "paid in part"), "amber"),
    "done": (pgettext_lazy("instalment", "paid"), "green"),
    "overdue": (pgettext_lazy("instalment", "overdue"), "red"),
    "void": (pgettext_lazy("instalment", "void"), "gray"),
}


def state_mark(state: str, *, is_discarded: bool = False) -> str:
    """The state of a contract as a mark."""
    if is_discarded:
        return status(pgettext_lazy("document", "discarded"), "gray", ring=True)
    return status(STATE_LABELS[state], _TONES[state], state in _RINGS)


def part_mark(part: Instalment) -> str:
    """The state of an instalment as a mark."""
    label, tone = PART_STATES[part.state]
    return status(label, tone, part.state == "void")
