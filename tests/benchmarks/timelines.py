"""The page of a customer with a long story against one with a short one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from crm.access.models import Role
from crm.history.models import Operation
from crm.history.operations import operation
from crm.people.models import User
from customers.activities.models import Activity
from customers.comments.models import Comment
from customers.customers.models import Customer
from sales.quotes.models import Quote
from tests.benchmarks.measuring import Figure, ratio
from tests.benchmarks.pages import client_of_a_viewer, get

LONG, SHORT = 5_000, 10


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """The ratio on the database in use; what is written for it is taken back."""
    prepare(size)
    with transaction.atomic():
        long, short = Customer.objects.live().filter(owner__isnull=False).order_by("pk")[:2]
        _tell(long, LONG)
        _tell(short, SHORT)
        with connection.cursor() as cursor:  # as autovacuum does within minutes
            cursor.execute(
                "ANALYZE crm_operation, customers_customerevent, customers_activity, customers_comment, sales_quote"
            )
        client = client_of_a_viewer()
        Role.objects.get(code="bench-view").grants.get_or_create(right="sales.view_quote", defaults={"scope": "all"})
        found = ratio(get(client, long.get_absolute_url()), get(client, short.get_absolute_url()))
        transaction.set_rollback(True)
    yield Figure("timeline_of_5000_over_10", found, 1.5)


def _tell(customer: Customer, count: int) -> None:
    """So many entries: half of them follow-ups, a fifth comments, a tenth about quotes, the others changes."""
    author = User.objects.get(pk=customer.owner_id)
    Activity.objects.filter(customer=customer).update(archived_at=timezone.now())
    moments = [timezone.now() - timedelta(hours=hours) for hours in range(count)]
    Activity.objects.bulk_create(
        Activity(customer=customer, author=author, kind="call", content="We spoke.", happened_at=at)
        for at in moments[: count // 2]
    )
    Comment.objects.bulk_create(
        Comment(customer=customer, author=author, content="Noted.", created_at=at) for at in moments[: count // 5]
    )
    _quote(customer, author, moments[: count // 10])
    for number in range(count - count // 2 - count // 5 - count // 10):
        with operation(author, "customer_changed", customer, anchor_id=customer.pk):
            Customer.objects.filter(pk=customer.pk).update(remark=f"Change {number}")


def _quote(customer: Customer, author: User, moments: list[datetime]) -> None:
    """A quote put up for approval at each of these moments."""
    quotes = Quote.objects.bulk_create(
        Quote(
            customer=customer, owner=author, department=author.department, title="Machines", state="approved",
            number=f"B-{customer.pk}-{number}", issued_on=at.date(), valid_until=at.date(),
        )
        for number, at in enumerate(moments)
    )  # fmt: skip
    Operation.objects.bulk_create(
        Operation(
            actor=author, verb="quote_submitted", subject_type="sales.quote", subject_id=quote.pk,
            subject_label=quote.number, anchor_id=customer.pk, at=at,
        )
        for quote, at in zip(quotes, moments, strict=True)
    )  # fmt: skip
