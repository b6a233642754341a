"""How states of invoices and reissues look."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.ui.marks import flag, status
from sales.invoices.models import Invoice, Reissue

_TONES = {
    "draft": "gray", "pending": "blue", "blocked": "red", "returned": "amber", "withdrawn": "gray", "rejected": "red",
    "approved": "teal", "waiting_quota": "amber", "issued": "green", "part_red": "amber", "red": "red", "void": "gray",
    "red_issued": "amber", "closed": "gray",
}  # fmt: skip
_RINGS = ("draft", "withdrawn", "void", "closed")
_LABELS: dict[str, Any] = dict(Invoice.State.choices)
_REISSUE_LABELS: dict[str, Any] = dict(Reissue.State.choices)


def invoice_mark(state: str, *, is_discarded: bool = False) -> str:
    """The state of an invoice as a mark."""
    if is_discarded:
        return status(pgettext_lazy("document", "discarded"), "gray", ring=True)
    return status(_LABELS[state], _TONES[state], state in _RINGS)


def reissue_mark(state: str, *, is_discarded: bool = False) -> str:
    """The state of a reissue as a mark."""
    if is_discarded:
        return status(pgettext_lazy("document", "discarded"), "gray", ring=True)
    return status(_REISSUE_LABELS[state], _TONES[state], state in _RINGS)


def kind_flag(kind: str) -> str:
    """A red letter carries a flag, a blue invoice none."""
    return flag(_("red letter"), "red") if kind == Invoice.Kind.RED else ""
