"""The lines of the workbench as its templates show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from crm.approvals.purposes import purpose_named
from crm.ui.formats import money, yuan
from customers.customers.models import Customer
from customers.tasks.models import Task

SOON = 3


@dataclass(frozen=True)
class Due:
    """A customer to follow up, and how many days late that is."""

    customer: Customer
    stage: str
    owner: str
    days_late: int


@dataclass(frozen=True)
class WaitingTurn:
    """A document that waits for one's decision; `total` is how many do."""

    url: str
    title: str
    kind: Any
    icon: str
    submitter: str
    behalf: str
    amount: str
    due_at: datetime | None
    total: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> WaitingTurn:
        """The turn a row of the workbench's reads tells of."""
        purpose = purpose_named(row["request__purpose"])
        return cls(
            url=reverse("approvals:approval_detail", args=[row["request_id"]]),
            title=row["request__title"],
            kind=purpose.label,
            icon=purpose.icon,
            submitter=row["request__submitted_by__name"],
            behalf=row["on_behalf_of__name"] or "",
            amount=yuan(row["request__amount"], row["request__currency"] or "CNY"),
            due_at=row["due_at"],
            total=row["total"],
        )

    @property
    def is_late(self) -> bool:
        """Whether its time is over."""
        return self.due_at is not None and self.due_at < timezone.now()


@dataclass(frozen=True)
class OpenLine:
    """A credit of the bank nobody dealt with; `total` is how many there are."""

    url: str
    payer: str
    booked_on: date
    amount: str
    total: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> OpenLine:
        """The line a row of the workbench's reads tells of."""
        url = reverse("sales:bank_line_detail", args=[row["pk"]])
        amount = money(Decimal(row["sum"]), row["currency"])
        return cls(url, row["payer_name"], date.fromisoformat(row["booked_on"]), amount, row["total"])


@dataclass(frozen=True)
class PutUp:
    """A document the person put up: where it is, and who decides now; `is_back` where it has to be changed."""

    url: str
    title: str
    kind: Any
    icon: str
    amount: str
    waits_for: str
    submitted_at: datetime
    is_back: bool
    is_blocked: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> PutUp:
        """The document a row of the workbench's reads tells of."""
        purpose = purpose_named(row["purpose"])
        return cls(
            url=reverse("approvals:approval_detail", args=[row["pk"]]),
            title=row["title"],
            kind=purpose.label,
            icon=purpose.icon,
            amount=yuan(row["amount"], row["currency"] or "CNY"),
            waits_for=row["waits_for"] or "",
            submitted_at=row["submitted_at"],
            is_back=row["state"] == "returned",
            is_blocked=row["state"] == "blocked",
        )


# a colour of a stage as the fill of its bar
FILLS = {"gray": "f6", "violet": "f5", "teal": "f3", "blue": "f1", "amber": "f4", "green": "f-green", "red": "f4"}


@dataclass(frozen=True)
class Talks:
    """The open opportunities of one stage."""

    stage_id: int
    stage: str
    fill: str
    count: int
    amount: Decimal

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Talks:
        """The stage a row of the workbench's reads tells of."""
        amount = Decimal(str(row["amount"] or 0))
        return cls(row["stage_id"], row["stage__name"], FILLS.get(row["stage__tone"], "f1"), row["count"], amount)


@dataclass(frozen=True)
class Owed:
    """What customers still have to pay, and how much of it is late."""

    amount: Decimal
    late: Decimal
    late_count: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Owed:
        """The sums of a row of the workbench's reads; nothing where there is none."""
        unpaid, late = (Decimal(str(row.get(name) or 0)) for name in ("unpaid", "late"))
        return cls(unpaid, late, row.get("late_count", 0))


@dataclass(frozen=True)
class DueTask:
    """A task of one's own, with the name of its customer where one sees it."""

    task: Task
    customer_name: str


@dataclass(frozen=True)
class Falling:
    """A customer that goes back to the pool, on which day and by which rule."""

    customer: Any
    days_left: int
    rule: str

    @property
    def tone(self) -> str:
        """Red in the last days."""
        return "red" if self.days_left <= SOON else "amber"


@dataclass(frozen=True)
class Unworked:
    """A lead without a follow-up since its owner received it."""

    customer: Customer
    owner: str


@dataclass(frozen=True)
class Wish:
    """A request that waits for the person's answer."""

    kind: str
    pk: int
    customer: str
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True)
class Colleague:
    """The numbers of one person of the team."""

    pk: int
    name: str
    counts: Mapping[str, int]
    written: int
    late_tasks: int

    @property
    def customers(self) -> int:
        """How many customers they own."""
        return sum(self.counts[status] for status in Customer.Status.values)
