"""Amounts and states of payments as people read them."""

from __future__ import annotations

from crm.ui.marks import status
from sales.payments.models import BankLine, Payment

STATE_TONES = {
    "draft": "gray", "pending": "amber", "blocked": "red", "returned": "amber", "withdrawn": "gray",
    "rejected": "red", "approved": "green", "reversed": "red", "void": "gray",
}  # fmt: skip
LINE_TONES = {"open": "amber", "matched": "green", "ignored": "gray"}
PART_TONES = {"open": "blue", "part": "amber", "done": "green", "overdue": "red", "void": "gray"}


def state_mark(payment: Payment) -> str:
    """The state of a payment as a dot and a word."""
    return status(payment.get_state_display(), STATE_TONES[payment.state], payment.state in ("draft", "void"))


def line_mark(line: BankLine) -> str:
    """The state of a bank line as a dot and a word."""
    return status(line.get_state_display(), LINE_TONES[line.state])
