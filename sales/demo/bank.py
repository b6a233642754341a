"""What the bank told finance: credits that fit payments, some nobody has matched yet, one that is no payment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sales.demo.teller import Story, Teller, Thread
from sales.payments.matching import ignore_line, match_line
from sales.payments.models import BankLine, Payment
from sales.payments.statements import Found, take_in

ACCOUNT = "1219 0000 0000 8866"
MATCHED = 3
# days ago, amount, payer, purpose
STRANGERS = [
    (1, "36000.00", "苏州工业园区财务代付中心", "货款"),
    (0, "128600.00", "", "跨行转账"),
    (4, "312.45", "招商银行上海张江支行", "存款利息"),
]


def bank_story(teller: Teller) -> Story:
    """Finance takes in a statement, matches what it knows and sets the interest aside."""
    thread, finance = Thread(teller, "bank"), teller.users["finance"]
    yield thread.at(0)
    confirmed = list(Payment.objects.filter(state="approved", method="transfer").order_by("-paid_on", "-pk")[:MATCHED])
    waiting = list(Payment.objects.filter(state="pending").select_related("customer").order_by("pk"))
    told = [_told(payment) for payment in [*confirmed, *waiting]]
    told += [_line(teller, *stranger) for stranger in STRANGERS]
    take_in(Found(lines=told), actor=finance, file_name="招商银行流水.xlsx", account=ACCOUNT)
    yield thread.at(0)
    for payment in confirmed:
        match_line(BankLine.objects.get(reference=payment.reference), payment, actor=finance)
    interest = BankLine.objects.get(memo="存款利息")
    ignore_line(interest, actor=finance, note="活期利息，不是客户回款")


def _told(payment: Payment) -> dict[str, Any]:
    """The credit of a payment as the bank words it."""
    return {
        "booked_on": payment.paid_on, "amount": payment.amount, "currency": payment.currency,
        "payer_name": payment.payer_name, "payer_account": f"6222 **** {payment.customer_id:04d}",
        "reference": payment.reference, "memo": "货款",
    }  # fmt: skip


def _line(teller: Teller, ago: int, amount: str, payer: str, memo: str) -> dict[str, Any]:
    return {
        "booked_on": teller.day(ago), "amount": Decimal(amount), "currency": "CNY", "payer_name": payer,
        "payer_account": "", "reference": f"CMB{teller.day(ago):%Y%m%d}{len(payer):02d}{ago}", "memo": memo,
    }  # fmt: skip
