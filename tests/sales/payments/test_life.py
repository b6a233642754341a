"""A random walk through claims, decisions, allocations, bank lines and reversals: the sums hold whatever people do.

`HARBOUR_WALK_STEPS` sets how long the walk is (300 in the suite).
"""

import os
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import crm.celery  # noqa: F401 - the doorbell of what is started here
from crm.approvals import actions as approvals
from crm.approvals.flows import install_standard_flows
from crm.approvals.models import ApprovalRequest
from crm.operations.invariants import broken
from sales.payments.actions import claim_payment, submit_payment, void_payment, withdraw_payment
from sales.payments.invariants import RULES
from sales.payments.matching import book_line, match_line, release_line
from sales.payments.models import Allocation, BankLine, Payment
from sales.payments.reversing import confirm_reversal, refuse_reversal, reverse_payment
from sales.payments.settling import allocate_payment, release_allocation
from sales.payments.statements import record_line
from sales.periods.actions import close_books, reopen_books
from sales.periods.models import PeriodClose
from tests.factories import make_customer, make_department, make_user
from tests.factories.sales import make_contract

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = int(os.environ.get("HARBOUR_WALK_STEPS", "300"))
WALK = 30
WHICH, WHO = st.integers(0, 50), st.integers(0, 3)
AMOUNT = st.sampled_from(["0.01", "333.33", "1000.00", "3000.00", "6000.00", "70000.00"])


class Money(RuleBasedStateMachine):
    """A rep, a head and two people of finance; three contracts of one customer, one in dollars."""

    @initialize()
    def begin(self):
        root = make_department("Firm")
        root.head = make_user(role="director", department=root)
        root.save()
        sales = make_department("Sales", root)
        sales.head = make_user(role="director", department=sales)
        sales.save()
        install_standard_flows()
        self.rep = make_user(role="rep", department=sales)
        self.people = [self.rep, sales.head, *(make_user(role="finance", department=root) for _ in range(2))]
        self.customer = make_customer(self.rep)
        self.contracts = [
            make_contract(self.customer),
            make_contract(self.customer, amount="999.99", instalments=("333.33", "333.33", "333.33")),
            make_contract(self.customer, currency="USD", amount="500.00", instalments=("500.00",)),
        ]
        self.steps = 0
        for contract in [*self.contracts, None]:
            given = {"contract": contract, "amount": Decimal("300.00"), "paid_on": timezone.localdate()}
            submit_payment(claim_payment(self.customer, actor=self.rep, values=given), actor=self.rep)
            self.approve_to_the_end(0)

    def act(self, work):
        """Do it; a refusal in words is as good as success, anything else is a fault."""
        for person in self.people:
            person.__dict__.pop("_reach", None)
        try:
            work()
        except (ValidationError, PermissionDenied):
            pass
        self.steps += 1
        if self.steps % 5 == 0:
            self.check()

    def check(self):
        assert {found.sentence: ids for found in RULES if (ids := broken(found))} == {}

    def teardown(self):
        if hasattr(self, "contracts"):
            self.check()

    def one(self, rows, which):
        found = list(rows.order_by("-pk")[:20])
        return found[which % len(found)] if found else None

    def payment(self, which, **fields):
        return self.one(Payment.objects.filter(**fields), which)

    @rule(which=st.integers(0, 3), amount=AMOUNT, who=WHO, is_explained=st.booleans(), days=st.integers(0, 3))
    def claim(self, which, amount, who, is_explained, days):
        def work():
            contract = self.contracts[which] if which < 3 else None
            given = {"contract": contract, "amount": Decimal(amount),
                     "paid_on": timezone.localdate() - timedelta(days=days),
                     "overpayment_reason": "Deposit" if is_explained else ""}  # fmt: skip
            payment = claim_payment(self.customer, actor=self.people[who], values=given)
            submit_payment(payment, actor=self.people[who])

        self.act(work)

    @rule(which=WHICH, who=WHO)
    def submit_again(self, which, who):
        if payment := self.payment(which, state__in=["draft", "returned", "withdrawn"], archived_at=None):
            self.act(lambda: submit_payment(payment, actor=self.people[who]))

    @rule(which=WHICH, who=WHO, what=st.sampled_from(["approve", "reject", "return_request"]))
    def decide(self, which, who, what):
        request = self.one(ApprovalRequest.objects.open(), which)
        if request:
            said = {} if what == "approve" else {"comment": "No"}
            act = getattr(approvals, what)
            self.act(lambda: act(request, actor=self.people[who], seen=request.content_hash, **said))

    @rule(which=WHICH)
    def approve_to_the_end(self, which):
        def work():
            request = self.one(ApprovalRequest.objects.open(), which)
            while request and request.state == "pending":
                turn = request.tasks.filter(state="pending").first()
                approvals.approve(request, actor=turn.approver, seen=request.content_hash)
                request.refresh_from_db()

        self.act(work)

    @rule(which=WHICH)
    def withdraw(self, which):
        if payment := self.payment(which, state="pending", reverses=None):
            self.act(lambda: withdraw_payment(payment, actor=self.rep))

    @rule(which=WHICH)
    def void(self, which):
        if payment := self.payment(which, reverses=None):
            self.act(lambda: void_payment(payment, actor=self.rep, reason="No"))

    @rule(which=WHICH, who=WHO)
    def allocate(self, which, who):
        if payment := self.payment(which, state="approved"):
            self.act(lambda: allocate_payment(payment, actor=self.people[who]))

    @rule(which=WHICH, who=WHO)
    def release(self, which, who):
        if row := self.one(Allocation.objects.all(), which):
            self.act(lambda: release_allocation(row, actor=self.people[who], reason="No"))

    @rule(which=WHICH, who=WHO)
    def reverse(self, which, who):
        if payment := self.payment(which):
            self.act(lambda: reverse_payment(payment, actor=self.people[who], reason="No"))

    @rule(which=WHICH, who=WHO, is_granted=st.booleans())
    def second(self, which, who, is_granted):
        if payment := self.payment(which, reverses__isnull=False):
            if is_granted:
                self.act(lambda: confirm_reversal(payment, actor=self.people[who]))
            else:
                self.act(lambda: refuse_reversal(payment, actor=self.people[who], reason="No"))

    @rule(amount=AMOUNT, who=WHO, turn=st.integers(0, 3))
    def bank(self, amount, who, turn):
        given = {"booked_on": timezone.localdate(), "amount": Decimal(amount), "reference": f"R{turn}"}
        self.act(lambda: record_line(actor=self.people[who], values=given))

    @rule(which=WHICH, other=WHICH, who=WHO)
    def match(self, which, other, who):
        line = self.one(BankLine.objects.all(), which)
        payment = line and self.payment(other, amount=line.amount)
        if payment:
            self.act(lambda: match_line(line, payment, actor=self.people[who]))

    @rule(which=WHICH, who=WHO)
    def book(self, which, who):
        if line := self.one(BankLine.objects.all(), which):
            values = {"contract": None, "overpayment_reason": "Unknown"}
            self.act(lambda: book_line(line, self.customer, actor=self.people[who], values=values))

    @rule(which=WHICH)
    def untie(self, which):
        if line := self.one(BankLine.objects.all(), which):
            self.act(lambda: release_line(line, actor=self.people[2], reason="No"))

    @rule(days=st.integers(1, 4))
    def close(self, days):
        self.act(lambda: close_books(actor=self.people[2], until=timezone.localdate() - timedelta(days=days)))

    @rule()
    def reopen(self):
        if period := PeriodClose.objects.filter(reopened_at=None).first():
            self.act(lambda: reopen_books(period, actor=self.people[2], reason="No"))


def test_the_sums_hold_whatever_people_do():
    rounds = max(STEPS // WALK, 1)
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=rounds, stateful_step_count=WALK, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
