"""The lines of the workbench as its templates show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from crm.approvals.purposes import purpose_named
from crm.ui.formats import yuan
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
