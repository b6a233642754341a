"""Tells how a deal was won: quote, contract, deliveries, payments, invoices, as the people of the demo did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from stdnum.cn import uscc

from customers.contacts.models import Contact
from customers.customers.models import Customer
from sales.contracts.actions import submit_contract
from sales.contracts.making import make_contract
from sales.contracts.models import Contract, ContractType, Instalment
from sales.contracts.planning import plan_instalments
from sales.contracts.signing import sign_contract
from sales.demo.deals import FRAME, Billed, Deal, Delivered, Paid
from sales.demo.teller import Story, Teller, Thread
from sales.invoices.actions import Part, apply_for_invoice, submit_invoice
from sales.invoices.billing import add_billing
from sales.invoices.issuing import issue_invoice, mark_sent
from sales.invoices.limits import billable_lines
from sales.invoices.models import BillingProfile, Invoice
from sales.money import ZERO, cents, split_by
from sales.opportunities.actions import create_opportunity
from sales.opportunities.models import Opportunity, OpportunityStage
from sales.orders.acceptance import accept_delivery
from sales.orders.actions import open_quantities, plan_delivery, record_delivered
from sales.orders.models import Delivery, Order
from sales.payments.actions import claim_payment, submit_payment
from sales.quotes.actions import add_quote, submit_quote
from sales.quotes.models import Quote

DELIVERY = "合同生效后 20 个工作日内到货，软件远程部署"
TERMS = "一、报价含税，有效期内价格不变。\n二、实施范围以需求确认书为准，超出部分另行报价。"
ARCHIVED = "双方盖章原件已交档案室，扫描件后补"
BANKS = ["中国工商银行", "中国建设银行", "招商银行", "交通银行"]
CARRIERS = ["顺丰速运", "德邦物流", "京东物流"]


class Won:
    """One deal on its way; `quote`, `contract` and what follows are filled in as they come about."""

    quote: Quote
    contract: Contract
    profile: BillingProfile

    def __init__(self, teller: Teller, deal: Deal, asides: Mapping[str, Callable[[Won, int], Story]]) -> None:
        self.teller, self.deal, self.asides = teller, deal, asides
        self.thread = Thread(teller, deal.title)
        self.rep = teller.users[deal.rep]
        self.director = teller.users["director2" if deal.rep == "rep3" else "director"]
        self.finance = teller.users["finance"]
        self.gone: dict[int, Delivery] = {}
        self.invoices: list[Invoice] = []

    def story(self) -> Story:
        """The deal from its first talk on."""
        deal, teller = self.deal, self.teller
        when = None if deal.signed is None else teller.moment(deal.signed)
        status = "existing" if when else "opportunity"
        customer = teller.customer_of(self.rep, status, teller.day(deal.began), when)
        if customer is None:
            return
        self.customer = customer
        self.contact = Contact.objects.filter(customer=customer, archived_at=None).order_by("-is_primary", "pk").first()
        yield self.thread.at(deal.began)
        self.opportunity = self._opportunity()
        yield from self.asides[deal.first](self, deal.began - 2) if deal.first else self.quoted()
        yield from self._contracted()
        if deal.signed is not None:
            yield from self._signed(deal.signed)
            for ago, _place, deed in sorted(self._deeds(), key=lambda one: (-one[0], one[1])):
                yield from deed(ago)

    def quoted(self) -> Story:
        """One quote that its approvers agree to."""
        ago = (self.deal.signed or 0) + 9
        yield self.thread.at(min(ago, self.deal.began - 2))
        self.quote = self.write_quote(self.deal.discount)
        yield self.thread.at(min(ago, self.deal.began - 2))
        submit_quote(self.quote, actor=self.rep)
        yield from self.thread.decided("sales.quote", self.quote, min(ago - 1, self.deal.began - 3))

    def write_quote(self, discount: str) -> Quote:
        """The draft of the quote of this deal, good for thirty days."""
        deal, today = self.deal, self.teller.clock_day()
        values = {
            "title": deal.title, "opportunity": self.opportunity, "contact": self.contact,
            "discount": Decimal(discount), "issued_on": today, "valid_until": today + timedelta(days=30),
            "delivery_terms": DELIVERY, "terms": TERMS,
            "payment_terms": "、".join(f"{part.name} {part.share}%" for part in deal.plan),
        }  # fmt: skip
        return add_quote(self.customer, actor=self.rep, values=values, lines=self.teller.lines(deal.wanted))

    def _opportunity(self) -> Opportunity:
        stage = OpportunityStage.objects.order_by("-position").first()
        amount = sum((line.quantity * line.price for line in self.teller.lines(self.deal.wanted)), ZERO)
        values = {
            "name": f"{self.customer.short_name or self.customer.name[:8]} {self.deal.title}", "stage": stage,
            "contact": self.contact, "amount": cents(amount * (1 - Decimal(self.deal.discount))),
            "expected_close_on": self.teller.day(self.deal.signed or -20),
        }  # fmt: skip
        return create_opportunity(self.customer, actor=self.rep, values=values)

    def _contracted(self) -> Story:
        deal = self.deal
        ago = deal.began - 6 if deal.signed is None else deal.signed + 4
        yield self.thread.at(ago)
        self.contract = make_contract([self.quote], actor=self.rep, values=self._contract_values())
        shares = split_by(self.contract.gross, [Decimal(part.share) for part in deal.plan])
        rows = [
            {"name": part.name, "basis": part.basis, "amount": amount, "days_after": part.days,
             "due_on": self.teller.day(part.days) if part.basis == "date" else None}
            for part, amount in zip(deal.plan, shares, strict=True)
        ]  # fmt: skip
        yield self.thread.at(ago)
        plan_instalments(self.contract, actor=self.rep, rows=rows)
        if deal.decided < 0:
            return
        yield self.thread.at(ago)
        submit_contract(self.contract, actor=self.rep)
        yield from self.thread.decided("sales.contract", self.contract, ago - 1, steps=deal.decided)

    def _contract_values(self) -> dict[str, Any]:
        deal, today = self.deal, self.teller.clock_day()
        return {
            "type": ContractType.objects.get(name=deal.kind), "starts_on": today, "signer_ours": self.director,
            "ends_on": None if deal.ends_in is None else self.teller.today + timedelta(days=deal.ends_in),
            "signer_theirs": self.contact.name if self.contact else "",
        }  # fmt: skip

    def _signed(self, ago: int) -> Story:
        moment = self.thread.at(ago)
        yield moment
        self.contract = sign_contract(
            self.contract, actor=self.director, signed_on=self.teller.clock_day(), waiver_reason=ARCHIVED
        )
        if self.deal.billed:
            yield self.thread.at(ago)
            self.profile = self.add_profile(self.customer.name[:120])

    def add_profile(self, title: str) -> BillingProfile:
        """Billing data of the customer under this title."""
        given = {**billing_values(self.customer), "title": title}
        return add_billing(self.customer, actor=self.rep, values=given)

    # ── what follows the signature ──

    def _deeds(self) -> list[tuple[int, int, Callable[[int], Story]]]:
        """Everything that happened later: days ago, its place among the deeds of a day, and how it goes."""
        found: list[tuple[int, int, Callable[[int], Story]]] = []
        for paid in self.deal.paid:
            found.append((paid.ago, 0, partial(self._pay, paid)))
        for gone in self.deal.delivered:
            found.append((max(gone.ago, 0), 1, partial(self._deliver, gone)))
            if gone.accepted is not None:
                found.append((gone.accepted, 1, partial(self._accept, gone)))
        for billed in self.deal.billed:
            found.append((billed.ago, 2, partial(self._bill, billed)))
        for name, since in self.deal.more:
            found.append((since, 3, partial(self.asides[name], self)))
        return found

    def part(self, place: int) -> Instalment:
        """An instalment of the contract as it is now."""
        return self.contract.instalments.order_by("position")[place]

    def _pay(self, paid: Paid, ago: int) -> Story:
        yield self.thread.at(ago)
        part = self.part(paid.part)
        amount = cents(part.amount * paid.share / 100)
        payment = claim_payment(
            self.customer, actor=self.rep,
            values={
                "contract": self.contract, "amount": amount, "paid_on": self.teller.clock_day(),
                "payer_name": self.customer.name,
                "reference": f"{self.customer.pk:06d}{self.contract.pk:04d}{paid.part}",
                "wanted": [(part.pk, amount)], "remark": part.name,
            },
        )  # fmt: skip
        submit_payment(payment, actor=self.rep)
        yield from self.thread.decided("sales.payment", payment, ago, steps=paid.decided)

    def _deliver(self, gone: Delivered, ago: int) -> Story:
        yield self.thread.at(ago)
        order = Order.objects.filter(contract=self.contract).order_by("pk").first()
        if order is None:
            return
        wanted = {self.deal.wanted[place][0] for place in gone.lines}
        left = open_quantities(order)
        lines = {line.pk: line for line in order.lines.all() if line.code in wanted}
        quantities = {pk: min((line.quantity * gone.share / 100).quantize(Decimal(1)), left[pk])
                      for pk, line in lines.items()}  # fmt: skip
        values = {"planned_on": self.teller.day(gone.ago), "place": self.customer.address}
        delivery = plan_delivery(order, actor=self.rep, quantities=quantities, values=values)
        if gone.ago < 0:
            return
        yield self.thread.at(ago)
        record_delivered(
            delivery, actor=self.rep, delivered_on=self.teller.clock_day(),
            carrier=CARRIERS[delivery.pk % len(CARRIERS)], tracking_number=f"SF10{delivery.pk:09d}",
        )  # fmt: skip
        self.gone[gone.ago] = delivery

    def _accept(self, gone: Delivered, ago: int) -> Story:
        yield self.thread.at(ago)
        delivery = Delivery.objects.select_related("order").get(pk=self.gone[gone.ago].pk)
        name = self.contact.name if self.contact else "客户签收人"
        accept_delivery(delivery, actor=self.rep, name=name, note="外观完好，数量相符")

    def _bill(self, billed: Billed, ago: int) -> Story:
        yield self.thread.at(ago)
        part = self.part(billed.part)
        amount = part.amount if self.deal.kind == FRAME else part.received
        invoice = self.apply(amount)
        self.invoices.append(invoice)
        yield from self.thread.decided("sales.invoice", invoice, ago, steps=billed.decided)
        if billed.issued is not None:
            yield from self.issue(invoice, billed.issued)

    def apply(self, amount: Decimal) -> Invoice:
        """An application for an invoice over an amount, put up: lines are billed in their order."""
        parts, left = [], amount
        for one in billable_lines(Contract.objects.get(pk=self.contract.pk)):
            gross = min(one.left.gross, left)
            if gross > 0:
                parts.append(Part(one.line.pk, gross))
            left -= gross
        draft = apply_for_invoice(self.contract, actor=self.rep, values={"profile": self.profile}, parts=parts)
        return submit_invoice(draft, actor=self.rep)

    def issue(self, invoice: Invoice, ago: int) -> Story:
        """Finance issues an approved invoice, and it goes to the customer."""
        yield self.thread.at(ago)
        issue_invoice(
            invoice, actor=self.finance, number=self.invoice_number(invoice), issued_on=self.teller.clock_day()
        )
        yield self.thread.at(ago)
        mark_sent(invoice, actor=self.rep)

    def invoice_number(self, invoice: Invoice) -> str:
        """A number of twenty digits as the tax platform gives them."""
        return f"{self.teller.clock_day():%y}312000{invoice.pk:012d}"


def billing_values(customer: Customer) -> dict[str, str]:
    """Billing data of a customer, complete enough for every type of invoice."""
    place = customer.pk % len(BANKS)
    return {
        "title": customer.name[:120], "tax_number": customer.credit_code or _tax_number(customer),
        "address": customer.address, "phone": "021-5888 0000", "bank": f"{BANKS[place]}开发区支行",
        "account": f"6222 0000 {customer.pk:04d} {place:04d}", "email": "invoice@company.example",
    }  # fmt: skip


def _tax_number(customer: Customer) -> str:
    body = f"91310000MA{customer.pk:07d}"
    return body + uscc.calc_check_digit(body)
