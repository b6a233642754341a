"""What was sold before: small subscriptions and maintenance, long agreed, most of them paid; kept in few statements.

These rows are written directly, not through the actions: as many documents again would take as long as everything
else of the demo. They say what the actions would have left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask, Flow
from crm.approvals.purposes import content_hash, purpose_named
from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbers
from customers.contacts.models import Contact
from sales.contracts.models import Contract, ContractLine, ContractQuote, ContractType, Instalment
from sales.demo.deals import SERVICE
from sales.demo.teller import Story, Teller, Thread
from sales.demo.won import ARCHIVED, TERMS, billing_values
from sales.documents.holding import next_id
from sales.documents.lines import PRICE_STEP, LineValues
from sales.invoices.billing import buyer_of
from sales.invoices.issuing import seller_now
from sales.invoices.models import BillingProfile, Invoice, InvoiceLine
from sales.money import cents, line_totals, total_of
from sales.opportunities.models import Opportunity, OpportunityStage
from sales.payments.models import Allocation, Payment
from sales.quotes.models import Quote, QuoteLine

# what nobody delivers, so that no order is needed
SOLD = [
    ("云 MES 年度订阅", [("CLD-MES-Y", 2, "0.05"), ("CLD-BAK-Y", 1, "0")]),
    ("年度维保服务", [("MNT-Y", 1, "0")]),
    ("MES 并发用户扩展", [("MES-USR-10", 2, "0.08")]),
    ("异地备份服务", [("CLD-BAK-Y", 4, "0.05")]),
    ("SPC 模块与维保", [("SPC-ADD", 1, "0.05"), ("MNT-Y", 1, "0.05")]),
]
# days ago of the signature; what came of the second half: paid, or due so many days ago
SIGNED = [
    (318, None), (291, None), (274, None), (251, None), (238, 104), (226, None), (207, None), (191, None), (176, 69),
    (163, None), (151, None), (139, 41), (131, None), (112, None), (97, 12), (83, None), (71, -9), (55, -26),
]  # fmt: skip
REPS = ["rep", "rep2", "rep", "rep3", "rep2"]


def earlier_stories(teller: Teller) -> Iterator[Story]:
    """A story for each of them."""
    for place, (ago, due) in enumerate(SIGNED):
        title, wanted = SOLD[(place * 2 + place // len(REPS)) % len(SOLD)]
        yield Earlier(teller, REPS[place % len(REPS)], title, teller.lines(wanted), place).story(ago, due)


class Earlier:
    """One of them: agreed on a day, paid in two halves."""

    contract: Contract
    number: str
    put_up_at: datetime

    def __init__(self, teller: Teller, rep: str, title: str, lines: list[LineValues], place: int) -> None:
        self.teller, self.title, self.lines, self.place = teller, title, lines, place
        self.rep = teller.users[rep]
        self.director = teller.users["director2" if rep == "rep3" else "director"]
        self.finance = teller.users["finance"]
        self.thread = Thread(teller, f"earlier {place}")

    def story(self, ago: int, due: int | None) -> Story:
        """Signed, the first half paid, and the second where nothing is due any more."""
        customer = self.teller.customer_of(self.rep, "existing", self.teller.day(ago), self.teller.moment(ago))
        if customer is None:
            return
        self.customer = customer
        yield self.thread.at(ago + 4)
        self.number, self.put_up_at = next_numbers("contract")[0], timezone.now()
        yield self.thread.at(ago)
        second = self.teller.day(ago - 40 if due is None else due)
        self._sign(second)
        yield self.thread.at(ago - 12)
        self._pay(0)
        if due is None:
            yield self.thread.at(ago - 44)
            self._pay(1)
            yield self.thread.at(ago - 46)
            self._bill()
            self.contract.state, self.contract.ended_on = Contract.State.CLOSED, timezone.localdate()
            with operation(self.director, "contract_closed", self.contract, anchor_id=customer.pk):
                self.contract.save()

    def _sign(self, second: date) -> None:
        """Quote, opportunity and contract as they were agreed, with who agreed to them."""
        now = timezone.now()
        quote = self._quote(now - timedelta(days=12))
        signed_on = timezone.localdate(now)
        contact = Contact.objects.filter(customer=self.customer, archived_at=None).order_by("-is_primary", "pk").first()
        contract = Contract(
            pk=next_id(Contract), number=self.number, state=Contract.State.SIGNED,
            type=ContractType.objects.get(name=SERVICE),
            signer_theirs=contact.name if contact else "", signer_ours=self.director, starts_on=signed_on,
            ends_on=signed_on + timedelta(days=364), signed_on=signed_on, signed_at=now, total=quote.gross,
            signed_recorded_by=self.director, waived_by=self.director, waiver_reason=ARCHIVED,
            payment_terms="签约后付一半，服务满月付另一半", opportunity=quote.opportunity,
            party={"name": self.customer.name, "credit_code": self.customer.credit_code,
                   "address": self.customer.address}, **self._shared(self.put_up_at - timedelta(minutes=40), quote),
        )  # fmt: skip
        with operation(self.director, "contract_signed", contract, anchor_id=self.customer.pk):
            contract.save(force_insert=True)
            ContractQuote.objects.create(contract=contract, quote=quote)
            ContractLine.objects.bulk_create(
                ContractLine(document=contract, quote_line=line, **_copied(line)) for line in quote.lines.all()
            )
            self.parts = self._plan(contract, second)
            self._agreed("sales.contract", contract, {"manager": self.director, "finance": self.finance})
        self.contract = contract

    def _quote(self, at: datetime) -> Quote:
        day = timezone.localdate(at)
        rows = [self._line(line, place) for place, line in enumerate(self.lines, 1)]
        sums = total_of(rows)
        name = f"{self.customer.short_name or self.customer.name[:8]} {self.title}"
        opportunity = Opportunity(
            pk=next_id(Opportunity), number=next_numbers("opportunity")[0], customer=self.customer,
            name=name, state="won", probability=100,
            stage=OpportunityStage.objects.order_by("-position")[0], amount=sums.gross, closed_at=timezone.now(),
            owner=self.rep, department=self.rep.department, created_by=self.rep, created_at=at - timedelta(days=20),
            stage_since=at, expected_close_on=day + timedelta(days=15),
        )  # fmt: skip
        quote = Quote(
            pk=next_id(Quote), number=next_numbers("quote")[0], state=Quote.State.ACCEPTED, issued_on=day,
            opportunity=opportunity,
            valid_until=day + timedelta(days=30), terms=TERMS, sent_at=at + timedelta(days=2),
            net=sums.net, tax=sums.tax, gross=sums.gross, **self._shared(at),
        )  # fmt: skip
        with operation(self.rep, "quote_accepted", quote, anchor_id=self.customer.pk):
            opportunity.save(force_insert=True)
            quote.root_id = quote.pk
            quote.save(force_insert=True)
            for row in rows:
                row.document = quote
            QuoteLine.objects.bulk_create(rows)
            self._agreed("sales.quote", quote, {"manager": self.director})
        return quote

    def _line(self, line: LineValues, place: int) -> QuoteLine:
        product = next(row for row in self.teller.products.values() if row.pk == line.product_id)
        sums = line_totals(line.quantity, line.price, line.discount, line.tax_rate, is_tax_included=True)
        return QuoteLine(
            position=place, product=product, code=product.code, name=product.name, spec=product.spec, unit=product.unit,
            quantity=line.quantity, price=line.price, discount=line.discount, own_discount=line.discount,
            tax_rate=line.tax_rate, net=sums.net, tax=sums.tax, gross=sums.gross, list_price=product.list_price,
            floor_price=product.minimum_price, cost_price=product.cost_price,
        )  # fmt: skip

    def _plan(self, contract: Contract, second: date) -> list[Instalment]:
        half = cents(contract.gross / 2)
        given = [("签约款", half, timezone.localdate() + timedelta(days=10)), ("尾款", contract.gross - half, second)]
        return Instalment.objects.bulk_create(
            Instalment(contract=contract, position=place, name=name, amount=amount, due_on=due_on)
            for place, (name, amount, due_on) in enumerate(given, 1)
        )

    def _pay(self, place: int) -> None:
        """One half came in and finance confirmed it."""
        part, now = self.parts[place], timezone.now()
        payment = Payment(
            pk=next_id(Payment), number=next_numbers("payment")[0], customer=self.customer,
            contract=self.contract, amount=part.amount,
            state=Payment.State.APPROVED, paid_on=timezone.localdate(now), payer_name=self.customer.name,
            reference=f"{self.customer.pk:06d}{place}", remark=part.name, wanted=[[part.pk, f"{part.amount:.2f}"]],
            allocated=part.amount, owner=self.rep, department=self.rep.department, created_by=self.rep,
            edited_by=self.rep, submitted_by=self.rep, submitted_at=now - timedelta(hours=6), approved_at=now,
            confirmed_by=self.finance, created_at=now - timedelta(hours=6),
        )  # fmt: skip
        with operation(self.finance, "payment_confirmed", payment, anchor_id=self.customer.pk):
            payment.save(force_insert=True)
            Allocation.objects.create(payment=payment, instalment=part, amount=part.amount, made_by=self.finance)
            part.received = part.amount
            part.save(update_fields=["received"])
            self.contract.received += part.amount
            self.contract.save(update_fields=["received"])

    def _bill(self) -> None:
        """One invoice over all of it."""
        contract, now = self.contract, timezone.now()
        profile = BillingProfile(customer=self.customer, is_default=True, created_by=self.rep,
                                 **billing_values(self.customer))  # fmt: skip
        seller, number = seller_now(), next_numbers("invoice")[0]
        shared = {**self._shared(now - timedelta(days=1), contract)}
        del shared["title"]
        invoice = Invoice(
            pk=next_id(Invoice), number=number, contract=contract, state=Invoice.State.ISSUED, profile=profile,
            opportunity=contract.opportunity, buyer=buyer_of(profile), seller=seller, sent_at=now,
            seller_tax_number=seller["tax_number"], invoice_number=f"{now:%y}311000{int(number[-6:]):012d}",
            issued_on=timezone.localdate(), issued_at=now, issued_by=self.finance,
            **shared,
        )  # fmt: skip
        with operation(self.finance, "invoice_issued", invoice, anchor_id=self.customer.pk):
            profile.save(force_insert=True)
            invoice.save(force_insert=True)
            InvoiceLine.objects.bulk_create(
                InvoiceLine(document=invoice, contract_line=line, position=line.position, name=line.name,
                            spec=line.spec[:100], unit=line.unit, quantity=line.quantity, tax_rate=line.tax_rate,
                            price=(line.net / line.quantity).quantize(PRICE_STEP), net=line.net, tax=line.tax,
                            gross=line.gross)
                for line in contract.lines.all()
            )  # fmt: skip
            contract.invoiced = invoice.gross
            contract.save(update_fields=["invoiced"])

    def _shared(self, at: datetime, source: Quote | Contract | None = None) -> Mapping[str, Any]:
        """What both documents say: whose they are, when they were put up and agreed to."""
        sums = {} if source is None else {"net": source.net, "tax": source.tax, "gross": source.gross}
        return {
            "customer": self.customer, "owner": self.rep, "department": self.rep.department, "created_by": self.rep,
            "changed_by": self.rep, "edited_by": self.rep, "title": self.title, "created_at": at,
            "submitted_at": at + timedelta(minutes=40), "approved_at": at + timedelta(hours=5), **sums,
        }  # fmt: skip

    def _agreed(self, code: str, document: Any, people: Mapping[str, User]) -> None:
        """The approval of a document by these people, step by step."""
        version = (
            Flow.objects.filter(purpose=code, is_active=True).select_related("version").earliest("position").version
        )
        assert version is not None
        content = purpose_named(code).snapshot(document)
        document.content_hash = content_hash(content)
        document.save(update_fields=["content_hash"])
        steps = [{**step, "planned": [people[step["key"]].name]} for step in version.definition["steps"]
                 if step["key"] in people]  # fmt: skip
        request = ApprovalRequest.objects.create(
            purpose=code, subject_id=document.pk, title=f"{document} {document.title}"[:200], state="approved",
            customer_id=self.customer.pk, owner=self.rep, department_id=document.department_id, flow_version=version,
            definition={"flow": str(version.flow), "version": version.number, "conditions": [], "steps": steps,
                        "excluded": [self.rep.pk]},
            facts={"amount": str(document.gross), "rolling": "0.00", "routed_amount": str(document.gross)},
            snapshot=content, content_hash=document.content_hash, amount=document.gross, currency=document.currency,
            step=steps[-1]["key"], submitted_by=self.rep, edited_by=self.rep, submitted_at=document.submitted_at,
            closed_at=document.approved_at,
        )  # fmt: skip
        self._decisions(request, people)

    def _decisions(self, request: ApprovalRequest, people: Mapping[str, User]) -> None:
        assert request.closed_at is not None
        shared = {"request": request, "round": 1, "content_hash": request.content_hash}
        ApprovalDecision.objects.create(action="submit", actor=self.rep, decided_at=request.submitted_at, **shared)
        began = request.submitted_at
        for place, (step, person) in enumerate(people.items(), 1):
            decided = request.submitted_at + (request.closed_at - request.submitted_at) * place / (len(people) + 1)
            task = ApprovalTask.objects.create(
                request=request, round=1, step=step, position=100, approver=person, state="done", created_at=began,
                ended_at=decided,
            )  # fmt: skip
            ApprovalDecision.objects.create(
                action="approve", step=step, task=task, actor=person, decided_at=decided, **shared
            )
            began = decided


def _copied(line: QuoteLine) -> dict[str, Any]:
    names = ("position", "product_id", "code", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate",
             "net", "tax", "gross")  # fmt: skip
    return {name: getattr(line, name) for name in names}
