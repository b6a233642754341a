"""Whatever people do with invoices of one contract, in whatever order, nothing that must hold is broken."""

from decimal import Decimal
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalRequest
from sales.contracts.models import Contract
from sales.invoices import actions, issuing
from sales.invoices.models import Invoice, Reissue
from sales.reissues import actions as asking
from sales.reissues import confirmation, red_letters
from tests.factories.sales import make_payment
from tests.sales.invoices.stories import contradictions, draft, paid_contract, part, people

pytestmark = pytest.mark.django_db
NUMBERS = count(1)
VERBS = (
    "apply", "change", "submit", "withdraw", "void", "decide", "decide", "decide", "return", "reject", "issue", "issue",
    "receive", "pay_back", "ask", "submit_reissue", "confirm", "confirm", "red", "red", "again", "settle",
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(0, 7), st.decimals("0.01", "12000.00", places=2)),
    min_size=15,
    max_size=60,
)


class Office:
    """A contract of 10,000, half of it paid, and everybody who works on its invoices."""

    def __init__(self):
        self.rep, self.director, self.finance = people()
        self.contract = paid_contract(self.rep, received="5000.00")
        self.done = 0

    def one(self, model, place):
        rows = list(model.objects.filter(contract=self.contract).order_by("pk"))
        return rows[place % len(rows)] if rows else None

    def number(self):
        return f"{next(NUMBERS):020d}"

    def act(self, verb, place, amount):
        """One step of somebody; what is refused is refused in words."""
        try:
            with transaction.atomic():
                getattr(self, f"_{verb}")(place, amount)
            self.done += 1
        except ValidationError as refusal:
            assert refusal.messages

    def _apply(self, place, amount):
        draft(self.contract, self.rep, str(amount))

    def _change(self, place, amount):
        if invoice := self.one(Invoice, place):
            actions.change_invoice(invoice, actor=self.rep, values={}, parts=[part(self.contract, amount)])

    def _submit(self, place, amount):
        if invoice := self.one(Invoice, place):
            actions.submit_invoice(invoice, actor=self.rep)

    def _withdraw(self, place, amount):
        if invoice := self.one(Invoice, place):
            actions.withdraw_invoice(invoice, actor=self.rep)

    def _void(self, place, amount):
        if invoice := self.one(Invoice, place):
            actions.void_invoice(invoice, actor=self.rep, reason="No")

    def _decide(self, place, amount, act=approvals.approve):
        for request in ApprovalRequest.objects.filter(state="pending"):
            turn = request.tasks.filter(state="pending").first()
            if turn:
                act(request, actor=turn.approver, seen=request.content_hash, comment="So")

    def _return(self, place, amount):
        self._decide(place, amount, approvals.return_request)

    def _reject(self, place, amount):
        self._decide(place, amount, approvals.reject)

    def _issue(self, place, amount):
        if invoice := self.one(Invoice, place):
            today = timezone.localdate()
            issuing.issue_invoice(invoice, actor=self.finance, number=self.number(), issued_on=today)

    def _receive(self, place, amount):
        had = Contract.objects.get(pk=self.contract.pk).received
        received = max(had, min(Decimal("10000.00"), amount))
        Contract.objects.filter(pk=self.contract.pk).update(received=received)

    def _pay_back(self, place, amount):
        make_payment(self.contract.customer, state="reversed", contract=self.contract, confirmed_by=self.finance)
        Contract.objects.filter(pk=self.contract.pk).update(received=0)

    def _ask(self, place, amount):
        if invoice := self.one(Invoice, place):
            is_full = place % 2 == 0
            values = {"reason": "title" if is_full else "returned_goods", "explanation": "Wrong",
                      "is_full": is_full, "wants_new": place % 3 > 0, "is_used_by_buyer": place > 4,
                      "profile": invoice.profile}  # fmt: skip
            portions = [] if is_full else [asking.Portion(line.pk, amount) for line in invoice.lines.all()]
            asking.ask_for_reissue(invoice, actor=self.rep, values=values, portions=portions)

    def _submit_reissue(self, place, amount):
        if reissue := self.one(Reissue, place):
            asking.submit_reissue(reissue, actor=self.rep)

    def _confirm(self, place, amount):
        reissue = self.one(Reissue, place)
        states = confirmation.next_states(reissue) if reissue else []
        if reissue and states:
            is_new = reissue.confirmation in ("", *confirmation.VOID)
            more = {"number": self.number()} if is_new else {}
            act = confirmation.begin_confirmation if is_new else confirmation.move_confirmation
            act(reissue, actor=self.finance, confirmation=states[place % len(states)], **more)

    def _red(self, place, amount):
        if reissue := self.one(Reissue, place):
            today = timezone.localdate()
            red_letters.issue_red_letter(reissue, actor=self.finance, number=self.number(), issued_on=today)

    def _again(self, place, amount):
        if reissue := self.one(Reissue, place):
            red_letters.apply_again(reissue, actor=self.rep)

    def _settle(self, place, amount):
        if reissue := self.one(Reissue, place):
            red_letters.settle_without_new(reissue, actor=self.rep, reason="Enough")


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
@example(steps=[("apply", 0, Decimal("0.01")), ("submit", 0, Decimal("0.01")), ("pay_back", 0, Decimal("0.01"))])
def test_no_order_of_steps_breaks_what_must_hold(steps):
    with transaction.atomic():
        office = Office()
        for verb, place, amount in steps:
            office.act(verb, place, amount)
        broken = contradictions()
        transaction.set_rollback(True)
    assert broken == []


def test_the_way_from_application_to_a_closed_reissue_is_one_the_walk_can_go():
    office = Office()
    for verb in ("apply", "submit", "decide", "decide", "issue", "ask", "submit_reissue", "decide", "decide", "confirm",
                 "red"):  # fmt: skip
        office.act(verb, 0, Decimal("4000.00"))
    assert office.done == 11
    assert Invoice.objects.filter(kind="red").count() == 1
    assert contradictions() == []
