"""Does the page of a quote care how long it is, and the inbox how much waits?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.access.models import Role
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.people.models import Department, User
from customers.customers.models import Customer
from sales.quotes.models import Quote
from tests.benchmarks.measuring import Figure, work_ratio
from tests.benchmarks.pages import BACKEND
from tests.factories.approvals import make_approval
from tests.factories.sales import make_quote

SHORT, LONG = 5, 200
FEW, MANY = 20, 2_000
_NUMBERS = count(1)


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """A quote of two hundred lines over one of five, a full inbox over an empty one; nothing of it stays."""
    prepare(size)
    with transaction.atomic():
        rep = User.objects.filter(roles__code="rep", is_active=True).order_by("pk")[0]
        User.objects.filter(pk=rep.pk).update(is_demo=True)  # no second factor is asked of them
        customer = Customer.objects.filter(owner=rep).order_by("pk")[0]
        short, long = (_page_of(rep, customer, lines) for lines in (SHORT, LONG))
        yield Figure("quote_of_200_lines_over_5", work_ratio(long, short, rounds=15), 2.0)
        few, many = (_inbox_of(customer, waiting) for waiting in (FEW, MANY))
        yield Figure("inbox_of_2000_over_20", work_ratio(many, few, rounds=15), 2.0)
        yield Figure("queries_of_inbox_of_2000_over_20", _queries(many) / _queries(few), 1.0)
        transaction.set_rollback(True)


def _page_of(rep: User, customer: Customer, lines: int) -> Callable[[], object]:
    """Opening a draft of so many lines as whoever wrote it."""
    quote = make_quote(customer, rep, [("1", "1000.00")] * lines)
    return _opening(rep, quote.get_absolute_url())


def _inbox_of(customer: Customer, waiting: int) -> Callable[[], object]:
    """Opening the inbox of a director for whom so many quotes wait."""
    director = User.objects.create(
        username=f"bench-director-{waiting}",
        name="Director",
        department=Department.objects.earliest("pk"),
        is_demo=True,
    )
    director.roles.set(Role.objects.filter(code="director"))
    pattern = make_quote(customer, customer.owner, state="pending")
    request = make_approval(pattern, "sales.quote", director)
    _repeat(pattern, request, director, waiting - 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sales_quote, crm_approvalrequest, crm_approvaltask")
    return _opening(director, "/approvals/")


def _repeat(pattern: Quote, request: ApprovalRequest, director: User, times: int) -> None:
    """As many more quotes like this one, each with a request like this."""
    quotes = Quote.objects.bulk_create(
        _copy(pattern, number=f"T-B-{next(_NUMBERS):06d}", root_id=None) for _ in range(times)
    )
    for quote in quotes:
        quote.root_id = quote.pk
    Quote.objects.bulk_update(quotes, ["root"], batch_size=500)
    requests = ApprovalRequest.objects.bulk_create(_copy(request, subject_id=quote.pk) for quote in quotes)
    now = timezone.now()
    ApprovalTask.objects.bulk_create(
        ApprovalTask(request=one, round=1, step="manager", position=100, approver=director, created_at=now)
        for one in requests
    )


def _copy(row: Any, **changed: object) -> Any:
    names = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{**{name: getattr(row, name) for name in names}, **changed})


def _opening(user: User, address: str) -> Callable[[], object]:
    client = Client()
    client.force_login(user, backend=BACKEND)

    def open_page() -> object:
        answer = client.get(address)
        if answer.status_code != 200:
            raise AssertionError(f"{address} answered {answer.status_code}")
        return answer

    return open_page


def _queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)
