"""Balances, reminders and closed periods."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.notifications.models import Notice
from sales.payments.balances import balance_of
from sales.payments.dunning import remind_of_overdue
from sales.payments.models import Dunning
from sales.periods.actions import close_books, reopen_books
from sales.periods.closing import closed_until, refuse_closed
from sales.periods.models import PeriodClose
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer
from tests.factories.sales import make_contract
from tests.sales.payments.steps import confirmed

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
D = Decimal


def overdue(part, days):
    type(part).objects.filter(pk=part.pk).update(due_on=TODAY - timedelta(days=days))


def refused(work):
    before = fingerprint()
    with pytest.raises(ValidationError):
        work()
    assert fingerprint() == before


def test_a_balance_tells_contracted_due_paid_open_and_prepaid_by_currency(company):
    overdue(company.contract.instalments.get(position=1), 5)
    make_contract(company.customer, amount="500.00", instalments=("500.00",), currency="USD")
    make_contract(company.customer, amount="9.00", instalments=("9.00",), state="approved")
    confirmed(company, "1000.00")
    other = make_customer(company.rep)
    found = balance_of([company.customer.pk, other.pk])
    assert found[other.pk] == []
    yuan, dollars = found[company.customer.pk]
    assert (yuan.contracted, yuan.due, yuan.paid, yuan.open, yuan.overdue, yuan.prepaid, yuan.receivable) == (
        D("10000.00"), D("3000.00"), D("1000.00"), D("9000.00"), D("2000.00"), D("0.00"), D("9000.00"))  # fmt: skip
    assert (dollars.currency, dollars.open, dollars.due, dollars.paid) == ("USD", D("500.00"), D("0.00"), D("0.00"))


def test_balances_of_many_cost_one_query(company, django_assert_num_queries):
    with django_assert_num_queries(1):
        balance_of([company.customer.pk, 5, 6])


def test_owners_are_reminded_after_1_7_and_30_days_once_each(company):
    part = company.contract.instalments.get(position=1)
    Notice.objects.all().delete()
    for days, steps in [(0, []), (1, [1]), (3, [1]), (8, [1, 7]), (31, [1, 7, 30]), (90, [1, 7, 30])]:
        overdue(part, days)
        remind_of_overdue()
        assert remind_of_overdue() == 0
        assert list(Dunning.objects.order_by("days").values_list("days", flat=True)) == steps
    assert Notice.objects.filter(recipient=company.rep, kind="instalment_overdue").count() == 3


def test_after_days_without_a_run_only_the_last_step_is_told(company):
    overdue(company.contract.instalments.get(position=1), 40)
    assert remind_of_overdue() == 1
    assert list(Dunning.objects.values_list("days", flat=True)) == [30]


def test_what_is_paid_is_not_reminded_of(company):
    overdue(company.contract.instalments.get(position=1), 10)
    confirmed(company, "3000.00")
    assert remind_of_overdue() == 0


def test_books_are_closed_later_and_later_and_opened_from_the_last(company):
    first = close_books(actor=company.finance, until=TODAY - timedelta(days=40))
    last = close_books(actor=company.finance, until=TODAY - timedelta(days=10))
    refused(lambda: close_books(actor=company.finance, until=TODAY - timedelta(days=20)))
    refused(lambda: close_books(actor=company.finance, until=TODAY))
    refused(lambda: refuse_closed(TODAY - timedelta(days=10)))
    refuse_closed(TODAY - timedelta(days=9))
    refused(lambda: reopen_books(first, actor=company.finance, reason="A mistake"))
    refused(lambda: reopen_books(last, actor=company.finance, reason=" "))
    reopen_books(last, actor=company.finance, reason="A late bill")
    refused(lambda: reopen_books(last, actor=company.finance, reason="Again"))
    assert closed_until() == first.until
    assert PeriodClose.objects.get(pk=last.pk).reopened_by == company.finance
