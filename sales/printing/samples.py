"""Made-up documents to look at a template with; nothing of them is kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import pgettext

from crm.people.models import User
from customers.customers.models import Customer
from sales.contracts.models import Contract, ContractLine, Instalment
from sales.money import line_totals, total_of
from sales.orders.models import Delivery, Order, OrderLine
from sales.payments.balances import Balance
from sales.payments.models import Payment
from sales.printing.models import Letterhead, PrintTemplate
from sales.printing.papers import Paper, contract_paper, delivery_paper, quote_paper
from sales.printing.statements import drawn_up
from sales.quotes.models import Quote, QuoteLine

Kind = PrintTemplate.Kind
# code, quantity, price, discount, tax rate
_LINES = (
    ("MES-STD-50", "1", "368000", "0.18", "0.13"),
    ("GW-200", "24", "6800", "0.15", "0.13"),
    ("SVC-IMP-90", "1", "180000", "0.20", "0.06"),
    ("SVC-ONS-M", "3", "32000", "0.15", "0.06"),
    ("DEV-ERP-01", "1", "45000", "0.10", "0.06"),
)


def sample_paper(kind: str, head: Letterhead) -> Paper:
    """A made-up document of a kind, approved, in the language that is switched on."""
    today = timezone.localdate()
    owner = User(name=pgettext("sample", "Lin Xiaowen"))
    customer = Customer(name=pgettext("sample", "Suzhou Hengyao Precision Machinery Co., Ltd."),
                        number="KH-2026-000318", owner=owner)  # fmt: skip
    if kind == Kind.STATEMENT:
        return _statement(customer, head)
    shared: dict[str, Any] = {
        "customer": customer, "owner": owner, "title": pgettext("sample", "Machining MES and on-site service"),
        "delivery_terms": pgettext("sample", "Within 90 working days after the first payment"),
        "payment_terms": pgettext("sample", "30 % after signing, 40 % after going live, 30 % after acceptance"),
    }  # fmt: skip
    address = pgettext("sample", "668 Fengting Avenue, Suzhou Industrial Park")
    if kind == Kind.QUOTE:
        lines = _lines(QuoteLine)
        quote = Quote(number="BJ-2026-000318", version=2, state=Quote.State.APPROVED, issued_on=today,
                      valid_until=today + timedelta(days=30), terms=_terms(), **_sums(lines), **shared)  # fmt: skip
        return quote_paper(quote, lines, head, contact=pgettext("sample", "Xu Jianping"), address=address)
    lines = _lines(ContractLine)
    contract = Contract(
        number="HT-2026-000107", state=Contract.State.APPROVED, starts_on=today, clauses=_terms(),
        ends_on=today + timedelta(days=365), signer_theirs=pgettext("sample", "Xu Jianping"),
        party={"name": customer.name, "credit_code": "91320594MA1X0000XX", "address": address},
        **_sums(lines), **shared,
    )  # fmt: skip
    if kind == Kind.CONTRACT:
        return contract_paper(contract, lines, _instalments(contract), head)
    order = Order(number="DD-2026-000091", contract=contract, customer=customer, owner=owner)
    delivery = Delivery(order=order, number="FH-2026-000204", planned_on=today, place=address)
    goods = [(OrderLine(code=line.code, name=line.name, unit=line.unit), line.quantity) for line in lines[:2]]
    return delivery_paper(delivery, goods, head)


def _statement(customer: Customer, head: Letterhead) -> Paper:
    today = timezone.localdate()
    contract = Contract(number="HT-2026-000107", customer=customer)
    amounts = ["706580.00", "494606.00", "211974.00", "211974.00", "494606.00", "282632.00"]
    balance = Balance(0, "CNY", *(Decimal(amount) for amount in amounts))
    paid = Payment(number="HK-2026-000077", contract=contract, amount=Decimal("211974.00"),
                   paid_on=today - timedelta(days=60))  # fmt: skip
    return drawn_up(customer, head, [balance], _instalments(contract)[1:], [paid])


def _lines(model: Any) -> list[Any]:
    named = dict(zip((code for code, *_rest in _LINES), _names(), strict=True))
    made = []
    for place, (code, *numbers) in enumerate(_LINES, 1):
        quantity, price, discount, rate = (Decimal(number) for number in numbers)
        sums = line_totals(quantity, price, discount, rate, is_tax_included=True)
        name, spec, unit = named[code]
        made.append(model(position=place, code=code, name=name, spec=spec, unit=unit, quantity=quantity, price=price,
                          discount=discount, tax_rate=rate, net=sums.net, tax=sums.tax, gross=sums.gross))  # fmt: skip
    return made


def _names() -> list[tuple[str, str, str]]:
    item, set_, month = pgettext("sample", "item"), pgettext("sample", "set"), pgettext("sample", "person-month")
    return [
        (pgettext("sample", "MES, standard edition"), pgettext("sample", "50 users at a time, licence for good"), set_),
        (pgettext("sample", "Gateway GW-200"), "OPC UA / Modbus / FOCAS", set_),
        (pgettext("sample", "Introduction, standard package"), pgettext("sample", "90 working days"), item),
        (pgettext("sample", "On-site service"), pgettext("sample", "One senior engineer"), month),
        (pgettext("sample", "Interface to the ERP system"), "", item),
    ]


def _terms() -> str:
    return "\n".join(
        [
            pgettext("sample", "Software and hardware are taxed with 13 %, services with 6 %."),
            pgettext("sample", "Hardware has a warranty of 24 months from its receipt."),
            pgettext("sample", "The content of this document is a business secret of both sides."),
        ]
    )


def _sums(lines: list[Any]) -> dict[str, Decimal]:
    total = total_of(lines)
    return {"net": total.net, "tax": total.tax, "gross": total.gross}


def _instalments(contract: Contract) -> list[Instalment]:
    today = timezone.localdate()
    parts = (
        (pgettext("sample", "First payment"), today - timedelta(days=60), "211974.00", "211974.00"),
        (pgettext("sample", "After going live"), today - timedelta(days=5), "282632.00", "0.00"),
        (pgettext("sample", "After acceptance"), None, "211974.00", "0.00"),
    )
    return [
        Instalment(contract=contract, position=place, name=name, basis="date" if due else "acceptance", days_after=30,
                   due_on=due, amount=Decimal(amount), received=Decimal(received))
        for place, (name, due, amount, received) in enumerate(parts, 1)
    ]  # fmt: skip
