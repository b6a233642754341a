"""Invariant 46: taking a document back, or refusing it, gives back what was put up, and nothing else happens."""

from decimal import Decimal

import pytest

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalRequest
from crm.history.operations import operation
from crm.operations.invariants import broken
from sales.contracts.actions import submit_contract, withdraw_contract
from sales.contracts.models import Contract, ContractLine, Instalment
from sales.documents.invariants import RULES
from sales.invoices.actions import withdraw_invoice
from sales.payments.actions import claim_payment, submit_payment, withdraw_payment
from sales.payments.models import BankLine, Payment
from sales.quotes.actions import change_quote, kept_values, submit_quote, withdraw_quote
from sales.quotes.models import Quote, QuoteLine
from sales.reissues.actions import submit_reissue, withdraw_reissue
from tests.factories.sales import make_bank_line, make_opportunity, make_quote
from tests.sales.contracts import stories as contracts
from tests.sales.invoices.stories import applied, decide, issued, paid_contract, people
from tests.sales.payments.steps import values
from tests.sales.quotes import stories as quotes
from tests.sales.reissues.test_life import ask

pytestmark = pytest.mark.django_db
STATES, NOTHING_ELSE = (rule for rule in RULES if rule.number == 46)
NO = {"act": approvals.reject, "comment": "No"}


def contradicted():
    return [place for place, rule in enumerate((STATES, NOTHING_ELSE)) if broken(rule)]


# ── what people do contradicts nothing ──


def test_quotes_withdrawn_changed_put_up_again_and_refused():
    who = quotes.company()
    quote = withdraw_quote(quotes.submitted(who), actor=who.rep)
    assert contradicted() == []
    change_quote(quote, actor=who.rep, values=quotes.values(title="Other"), lines=kept_values(quote))
    assert contradicted() == []
    submit_quote(quote, actor=who.rep)
    assert contradicted() == []
    quotes.decide(quote, who.director, action=approvals.return_request, comment="Again")
    assert (quote.state, contradicted()) == ("returned", [])
    submit_quote(quote, actor=who.rep)
    quotes.decide(quote, who.director, action=approvals.reject, comment="No")
    assert (quote.state, contradicted()) == ("rejected", [])


def test_contracts_withdrawn_and_refused():
    rep, director, _finance = people()
    contract = submit_contract(contracts.draft(rep), actor=rep)
    withdraw_contract(contract, actor=rep)
    assert contradicted() == []
    decide("sales.contract", submit_contract(Contract.objects.get(), actor=rep), director, **NO)
    assert (Contract.objects.get().state, contradicted()) == ("rejected", [])


def test_applications_withdrawn_and_refused_give_the_contract_its_room_back():
    rep, director, _finance = people()
    contract = paid_contract(rep)
    withdraw_invoice(applied(contract, rep, "1000.00"), actor=rep)
    decide("sales.invoice", applied(contract, rep, "2000.00"), director, **NO)
    contract.refresh_from_db()
    assert (contract.applied, contradicted()) == (Decimal("0.00"), [])


def test_claims_withdrawn_and_refused_leave_the_line_of_the_bank_to_others():
    rep, director, _finance = people()
    contract = paid_contract(rep, received="0.00")
    for act in (lambda one: withdraw_payment(one, actor=rep), lambda one: decide("sales.payment", one, director, **NO)):
        payment = claim_payment(contract.customer, actor=rep, values=values(contract))
        submit_payment(payment, actor=rep)
        make_bank_line(amount="3000.00", state="matched", payment=payment, matched_by=rep)
        act(payment)
    assert contradicted() == []
    assert list(Payment.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "rejected"]
    assert BankLine.objects.get(payment=None).state == "open"


def test_reissues_withdrawn_and_refused():
    rep, director, finance = people()
    blue = issued(paid_contract(rep), rep, director, finance)
    reissue = withdraw_reissue(submit_reissue(ask(blue, rep), actor=rep), actor=rep)
    assert contradicted() == []
    decide("sales.reissue", submit_reissue(reissue, actor=rep), director, **NO)
    assert contradicted() == []


# ── what contradicts it is seen ──


@pytest.fixture
def taken_back():
    """A withdrawn quote of a rep and its request."""
    who = quotes.company()
    quote = withdraw_quote(quotes.submitted(who), actor=who.rep)
    return quote, ApprovalRequest.objects.of("sales.quote", quote.pk).get()


@pytest.mark.parametrize("state", ["draft", "returned", "pending", "blocked", "approved", "rejected", "accepted"])
def test_a_withdrawn_document_in_another_state_is_seen(taken_back, state):
    Quote.objects.filter(pk=taken_back[0].pk).update(state=state)
    assert contradicted() == [0]
    assert taken_back[0].pk in broken(STATES)


@pytest.mark.parametrize("state", ["draft", "withdrawn", "approved", "blocked"])
def test_a_document_that_does_not_wait_where_its_approval_does_is_seen(state):
    who = quotes.company()
    quote = quotes.submitted(who)
    assert contradicted() == []
    Quote.objects.filter(pk=quote.pk).update(state=state)
    assert broken(STATES) == [quote.pk]


def test_a_void_or_discarded_document_and_one_put_up_again_are_no_contradiction(taken_back):
    quote, _request = taken_back
    Quote.objects.filter(pk=quote.pk).update(state="void")
    assert contradicted() == []


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"}, {"gross": Decimal("1.00"), "net": Decimal("1.00"), "tax": Decimal("0.00")},
        {"content_hash": "0" * 64}, {"number": "Q-0"}, {"internal_note": "No"}, {"version": 9},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
@pytest.mark.parametrize("verb", ["approval_withdrawn", "approval_rejected"])
def test_a_field_that_changed_with_it_is_seen(taken_back, change, verb):
    quote, request = taken_back
    with operation(request.submitted_by, verb, request):
        Quote.objects.filter(pk=quote.pk).update(**change)
    assert broken(NOTHING_ELSE) == [quote.pk]


def test_lines_instalments_and_talks_that_changed_with_it_are_seen(taken_back):
    quote, request = taken_back
    contract, talk = paid_contract(quote.owner), make_opportunity(quote.customer)
    ways = [
        lambda: QuoteLine.objects.filter(document=quote).update(name="Other"),
        lambda: QuoteLine.objects.filter(document=quote).delete(),
        lambda: ContractLine.objects.filter(document=contract).update(name="Other"),
        lambda: Instalment.objects.filter(contract=contract).update(name="Other"),
        lambda: type(talk).objects.filter(pk=talk.pk).update(remark="Lost"),
        lambda: make_quote(quote.customer),
        lambda: Contract.objects.filter(pk=contract.pk).update(title="Other"),
    ]
    for place, change in enumerate(ways):
        assert contradicted() == [], place
        with pytest.raises(ZeroDivisionError), operation(request.submitted_by, "approval_rejected", request):
            change()
            assert broken(NOTHING_ELSE) != [], place
            raise ZeroDivisionError


def test_what_other_operations_change_is_none_of_its_business(taken_back):
    quote, request = taken_back
    with operation(request.submitted_by, "quote_changed", quote):
        Quote.objects.filter(pk=quote.pk).update(title="Other")
        QuoteLine.objects.filter(document=quote).update(name="Other")
    contract = paid_contract(quote.owner)
    with operation(request.submitted_by, "approval_rejected", request):
        Contract.objects.filter(pk=contract.pk).update(applied=Decimal("1.00"))
    assert contradicted() == []
