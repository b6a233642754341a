"""How the stories of the demo are told: each says when its next deed happens, and all deeds happen in order of time.

A story is a generator: it yields the moment of its next deed and goes on when that moment has come. So documents get
their numbers in the order in which they would have been written.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalTask
from crm.people.models import User
from customers.customers.models import Customer
from sales.demo.clock import Clock
from sales.documents.lines import LineValues, with_tax
from sales.products.models import Product

Story = Generator[datetime, None, Any]
# code of the product, how many, and the discount of the line as a fraction of 1
Wanted = Sequence[tuple[str, int, str]]
OFFICE_OPENS, OFFICE_CLOSES = 9, 18


def tell(stories: Iterable[Story], clock: Clock) -> None:
    """Let all stories happen, deed by deed, the earliest first."""
    begun = [(next(story, None), place, story) for place, story in enumerate(stories)]
    waiting = [(moment, place, story) for moment, place, story in begun if moment is not None]
    heapq.heapify(waiting)
    while waiting:
        moment, place, story = heapq.heappop(waiting)
        with clock.standing(moment):
            following = next(story, None)
        if following is not None:
            heapq.heappush(waiting, (following, place, story))


class Teller:
    """What all stories know: the people, the products, today; and when office hours were."""

    def __init__(self, users: Mapping[str, User], products: Mapping[str, Product], now: datetime) -> None:
        self.users = users
        self.products = products
        self.now = now
        self.today = timezone.localdate(now)
        self.used: set[int] = set()

    def day(self, ago: int) -> date:
        """The working day so many days ago, or the last one before it; days ahead are below nothing."""
        day = self.today - timedelta(days=ago)
        return day - timedelta(days=max(day.weekday() - 4, 0)) if ago >= 0 else day

    def moment(self, ago: int) -> datetime:
        """Noon of the working day so many days ago."""
        return timezone.make_aware(datetime.combine(self.day(ago), time(12)))

    @staticmethod
    def clock_day() -> date:
        """The day on which the clock stands."""
        return timezone.localdate()

    def lines(self, wanted: Wanted) -> list[LineValues]:
        """Lines of products at their list prices, tax in the price."""
        return [
            LineValues(
                quantity=Decimal(count), price=with_tax(product.list_price, product.tax_rate, is_tax_included=True),
                tax_rate=product.tax_rate, product_id=product.pk, spec=product.spec, discount=Decimal(discount),
            )
            for product, count, discount in ((self.products[code], count, discount) for code, count, discount in wanted)
        ]  # fmt: skip

    def customer_of(self, owner: User, status: str, since: date, like: datetime | None = None) -> Customer | None:
        """A customer of this person no story is about yet, theirs since before a day; near `like` it became what it is.

        Customers whose tax number is known go first: invoices need it. None where all are taken.
        """
        rows = Customer.objects.owned_by(owner).live().filter(status=status, shares=None).exclude(pk__in=self.used)
        mine = list(rows.filter(protected_until=None).order_by("received_at", "pk"))
        mine = [row for row in mine if row.credit_code] or mine
        early = [row for row in mine if row.received_at and timezone.localdate(row.received_at) < since] or mine[:1]
        if not early:
            return None
        chosen = early[len(self.used) * 7 % len(early)] if like is None else self._nearest(early, status, like)
        self.used.add(chosen.pk)
        return chosen

    def _nearest(self, rows: Sequence[Customer], status: str, like: datetime) -> Customer:
        events = Customer.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
            pgh_obj_id__in=[row.pk for row in rows], status=status
        )
        became: dict[int, datetime] = {}
        for pk, at in events.order_by("pgh_id").values_list("pgh_obj_id", "pgh_created_at"):
            became.setdefault(pk, at)
        return min(rows, key=lambda row: (abs(became.get(row.pk, self.now) - like), row.pk))


class Thread:
    """One story's sense of time: its deeds follow each other, in office hours, none after now."""

    def __init__(self, teller: Teller, seed: str) -> None:
        self.teller = teller
        self.random = Random(seed)
        self._last = teller.now - timedelta(days=4000)

    def at(self, ago: int) -> datetime:
        """The moment of a deed so many days ago."""
        hour, minute = self.random.randrange(OFFICE_OPENS, OFFICE_CLOSES), self.random.randrange(60)
        found = timezone.make_aware(datetime.combine(self.teller.day(ago), time(hour, minute)))
        found = max(found, self._last + timedelta(minutes=self.random.randrange(20, 90)))
        latest = self.teller.now - timedelta(minutes=5)
        self._last = found if found < latest else self._last + (latest - self._last) / 2
        return self._last

    def decided(self, purpose: str, document: Any, ago: int, *, steps: int = 9, said: Sequence[str] = ()) -> Story:
        """Those whose turn it is agree one after the other, at most so many of them; then the document is read anew."""
        task = turn_of(purpose, document)
        for place in range(steps):
            if task is None:
                break
            yield self.at(ago)
            comment = said[place] if place < len(said) else ""
            approvals.approve(task.request, actor=task.approver, seen=task.request.content_hash, comment=comment)
            task = turn_of(purpose, document)
        document.refresh_from_db()


def turn_of(purpose: str, document: Any) -> ApprovalTask | None:
    """The turn to decide on a document that comes next."""
    rows = ApprovalTask.objects.filter(
        request__purpose=purpose, request__subject_id=document.pk, state=ApprovalTask.State.PENDING
    )
    return rows.select_related("request", "approver").order_by("position", "pk").first()
