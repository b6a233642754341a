"""The statement of account 对账单 of a customer: what was agreed, due and paid, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import pgettext

from crm.people.models import User
from crm.ui.formats import long_day, yuan2
from customers.customers.models import Customer
from sales.contracts.models import Contract, Instalment
from sales.documents.shown import money
from sales.payments.balances import Balance, balance_of
from sales.payments.models import Payment
from sales.printing.models import Letterhead
from sales.printing.papers import Paper, Party, Sheet, company_name, our_party, person_name, signature_boxes

PAYMENT_DAYS = 365
MOST_ROWS = 500


def statement_paper(customer: Customer, head: Letterhead) -> Paper:
    """Where a customer stands today, in each currency they deal in. Four queries."""
    instalments = Instalment.objects.of_running().open().filter(contract__customer=customer)
    since = timezone.localdate() - timedelta(days=PAYMENT_DAYS)
    payments = Payment.objects.confirmed().filter(customer=customer, paid_on__gte=since).select_related("contract")
    return drawn_up(
        customer,
        head,
        balance_of([customer.pk])[customer.pk],
        list(instalments.in_order().select_related("contract")[:MOST_ROWS]),
        list(payments.order_by("paid_on", "pk")[:MOST_ROWS]),
    )


def sees_whole(customer: Customer, user: User) -> bool:
    """Whether nothing that counts in the statement of a customer is out of a person's reach. Two queries."""
    for rows in (Contract.objects.signed_once(), Payment.objects.confirmed()):
        mine = rows.filter(customer=customer)
        if mine.exclude(pk__in=mine.within(user, "sales.view_payment").values("pk")).exists():
            return False
    return True


def drawn_up(
    customer: Customer,
    head: Letterhead,
    balances: Sequence[Balance],
    instalments: Sequence[Instalment],
    payments: Sequence[Payment],
) -> Paper:
    """A statement out of figures."""
    today = timezone.localdate()
    return Paper(
        heading=pgettext("print", "Statement of account"),
        title=customer.name,
        number=customer.number,
        facts=[(pgettext("print", "Customer number"), customer.number), (pgettext("print", "As of"), long_day(today))],
        parties=[
            Party(pgettext("print", "To"), customer.name),
            our_party(pgettext("print", "From"), head, customer.owner),
        ],
        signatures=signature_boxes(pgettext("print", "Confirmed by the customer"), customer.name, head, is_final=False),
        sheets={"balance": _balance(balances), "open": _open(instalments), "payments": _payments(payments)},
        values={
            "customer": customer.name,
            "company": company_name(head),
            "owner": person_name(customer.owner),
            "number": customer.number,
            "title": customer.name,
            "date": long_day(today),
            **{name: _summed(balances, name) for name in ("contracted", "paid", "open", "overdue")},
        },
    )


def _balance(balances: Sequence[Balance]) -> Sheet:
    heads = [
        pgettext("print", "Currency"),
        pgettext("print", "Contracted"),
        pgettext("print", "Due by today"),
        pgettext("print", "Paid"),
        pgettext("print", "Invoiced"),
        pgettext("print", "Open"),
        pgettext("print", "Overdue"),
    ]
    rows = [
        (
            one.currency,
            *(yuan2(value) for value in (one.contracted, one.due, one.paid, one.invoiced, one.open, one.overdue)),
        )
        for one in balances
    ]
    return Sheet(heads, rows, 1, pgettext("print", "Nothing was contracted yet."))


def _open(instalments: Sequence[Instalment]) -> Sheet:
    today = timezone.localdate()
    rows = [
        (
            part.contract.number,
            part.name,
            _due(part, today),
            yuan2(part.amount),
            yuan2(part.received),
            money(part.open_amount, part.contract.currency),
        )
        for part in instalments
    ]
    heads = (
        pgettext("print", "Contract"),
        pgettext("print", "Instalment"),
        pgettext("print", "Due"),
        pgettext("print", "Amount"),
        pgettext("print", "Received"),
        pgettext("print", "Open"),
    )
    return Sheet(heads, rows, 3, pgettext("print", "Nothing is open."))


def _due(part: Instalment, today: Any) -> str:
    if part.due_on is None:
        return str(part.get_basis_display())
    day = long_day(part.due_on)
    return pgettext("print", "%(day)s (overdue)") % {"day": day} if part.due_on < today else day


def _payments(payments: Sequence[Payment]) -> Sheet:
    rows = [
        (
            long_day(one.paid_on),
            one.number,
            one.contract.number if one.contract else "",
            money(one.amount, one.currency),
        )
        for one in payments
    ]
    heads = (
        pgettext("print", "Paid on"),
        pgettext("print", "Number"),
        pgettext("print", "Contract"),
        pgettext("print", "Amount"),
    )
    return Sheet(heads, rows, 3, pgettext("print", "Nothing was paid in the last twelve months."))


def _summed(balances: Sequence[Balance], name: str) -> str:
    return " · ".join(money(getattr(one, name), one.currency) for one in balances)
