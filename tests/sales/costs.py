"""A company of any size whose documents are about to be acted on: many lines, steps, approvers, instalments."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalRequest
from crm.people.models import User
from sales.contracts.actions import submit_contract
from sales.contracts.making import make_contract
from sales.contracts.models import Instalment
from sales.contracts.planning import plan_instalments
from sales.contracts.signing import sign_contract
from sales.documents.lines import LineValues
from sales.invoices.actions import Part, apply_for_invoice, submit_invoice
from sales.invoices.issuing import issue_invoice
from sales.payments.actions import claim_payment, submit_payment
from sales.quotes.actions import add_quote, submit_quote
from sales.reissues.actions import ask_for_reissue, submit_reissue
from sales.requirements.actions import add_requirement, submit_requirement
from sales.requirements.lines import NeedValues
from tests.crm.approvals.purpose import make_flow, manager, people
from tests.factories import make_customer, make_department, make_user
from tests.factories.sales import (
    make_billing,
    make_category,
    make_contract_type,
    make_opportunity,
    make_product,
    make_tax_rate,
)

KINDS = ("requirement", "quote", "contract", "payment", "invoice", "reissue")
SUBMIT = dict(
    zip(
        KINDS,
        (submit_requirement, submit_quote, submit_contract, submit_payment, submit_invoice, submit_reissue),
        strict=True,
    )
)
PRICE, RATE = Decimal("1130.00"), Decimal("0.13")


@dataclass(frozen=True)
class Cost:
    """The statements of an action, and how many transactions they make up."""

    statements: list[str]

    @property
    def count(self) -> int:
        """All statements, savepoints among them."""
        return len(self.statements)

    @property
    def transactions(self) -> int:
        """How many they are; -1 where something is written outside of them."""
        is_inside, begun = False, 0
        for statement in self.statements:
            is_inside |= statement == "BEGIN"
            begun += statement == "BEGIN"
            if statement.startswith(("INSERT", "UPDATE", "DELETE")) and not is_inside:
                return -1
            is_inside &= statement not in ("COMMIT", "ROLLBACK")
        return begun


def cost_of(act) -> Cost:
    """What an action costs, the beginning and the end of its transaction told in."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return Cost([query["sql"] for query in queries.captured_queries])


class Company:
    """A rep below a head below a boss, finance, and flows of `size` further steps with `size` people in the last."""

    def __init__(self, size: int) -> None:
        self.size = size
        make_tax_rate()
        root = make_department(f"Yunling {size}")
        self.boss = make_user(f"boss{size}", "director", department=root)
        sales, money = make_department("Sales", root), make_department("Finance", root)
        self.head = make_user(f"head{size}", "director", department=sales)
        for place, head in ((root, self.boss), (sales, self.head)):
            place.head = head
            place.save(update_fields=["head"])
        self.rep = make_user(f"rep{size}", "rep", department=sales)
        self.finance = [make_user(f"finance{size}-{n}", "finance", department=money) for n in range(size)]
        self.between = [make_user(f"between{size}-{n}", "director", department=root) for n in range(size)]
        steps = [manager(), *(people(one, self.boss, mode="all") for one in self.between), people(*self.finance)]
        here = {"fact": "department", "operator": "is", "value": [root.pk]}
        for kind in KINDS:
            make_flow(*steps, purpose=f"sales.{kind}", name=f"Flow {size}", conditions=[here])
        self.customer = make_customer(self.rep, name=f"Machines {size}", status="lead", department=sales)
        make_billing(self.customer)
        self.products = [make_product(category=make_category()) for _n in range(size)]

    # ── documents, each about to be put up ──

    def requirement(self):
        lines = [NeedValues(Decimal(2), product_id=one.pk, target_price=PRICE) for one in self.products]
        return add_requirement(self.customer, actor=self.rep, values={"title": "Machines", "needs": "All"}, lines=lines)

    def quote(self, **more):
        today = timezone.localdate()
        values = {"title": "Machines", "issued_on": today, "valid_until": today + timedelta(days=30), **more}
        lines = [LineValues(Decimal(1), PRICE, RATE, product_id=one.pk) for one in self.products]
        return add_quote(self.customer, actor=self.rep, values=values, lines=lines)

    def contract(self):
        deal = make_opportunity(self.customer)
        quote = self.quote(opportunity=deal)
        submit_quote(quote, actor=self.rep)
        self.decided(quote, "quote")
        made = make_contract([quote], actor=self.rep, values={"type": make_contract_type()})
        basis = Instalment.Basis.SIGNING
        rows = [{"name": f"Part {n}", "basis": basis, "days_after": n, "amount": PRICE} for n in range(self.size)]
        return plan_instalments(made, actor=self.rep, rows=rows)

    def payment(self):
        contract = self.signed()
        parts = [(part.pk, part.amount) for part in contract.instalments.all()]
        values = {"contract": contract, "amount": contract.total, "paid_on": timezone.localdate(), "wanted": parts}
        return claim_payment(self.customer, actor=self.rep, values=values)

    def invoice(self):
        contract = self.paid()
        profile = self.customer.billing_profiles.first()
        parts = [Part(line.pk, line.gross) for line in contract.lines.all()]
        return apply_for_invoice(contract, actor=self.rep, values={"profile": profile}, parts=parts)

    def reissue(self):
        invoice = self.approved("invoice")
        issued = issue_invoice(
            invoice, actor=self.finance[0], number=f"{self.size:020d}", issued_on=timezone.localdate()
        )
        values = {"reason": "title", "explanation": "Wrong.", "is_full": True, "wants_new": True,
                  "profile": self.customer.billing_profiles.first()}  # fmt: skip
        return ask_for_reissue(issued, actor=self.rep, values=values)

    # ── further on ──

    def signed(self):
        contract = self.approved("contract")
        return sign_contract(contract, actor=self.head, signed_on=timezone.localdate(), waiver_reason="Known for years")

    def paid(self):
        payment = self.payment()
        submit_payment(payment, actor=self.rep)
        self.decided(payment, "payment")
        return fresh(payment).contract

    def submitted(self, kind: str):
        document = getattr(self, kind)()
        SUBMIT[kind](document, actor=self.rep)
        return fresh(document)

    def approved(self, kind: str):
        return self.decided(self.submitted(kind), kind)

    def decided(self, document, kind: str, but: int = 0):
        """Everybody decides in turn, except the last `but` of them."""
        everybody = [self.head, *(one for pair in self.between for one in (pair, self.boss)), self.finance[0]]
        for person in everybody[: len(everybody) - but]:
            request = request_of(kind, document)
            if request.closed_at is None and request.tasks.filter(approver=person, state="pending").exists():
                approvals.approve(request, actor=person, seen=request.content_hash)
        return fresh(document)


def fresh(document):
    """A document as a page gets it: with nothing else read."""
    return type(document).objects.get(pk=document.pk)


def actor(person: User) -> User:
    """Somebody as a request carries them: what they may do is known."""
    found = User.objects.get(pk=person.pk)
    assert found.reach
    return found


def request_of(kind: str, document) -> ApprovalRequest:
    """The newest request of a document."""
    return ApprovalRequest.objects.of(f"sales.{kind}", document.pk).first()
