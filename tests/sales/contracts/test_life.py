"""The life of a contract: drawn up from quotes, approved, signed, and what follows; and what is refused."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.history.models import Operation
from sales.contracts import actions, ending, planning, signing
from sales.contracts.making import add_supplement, change_supplement, make_contract
from sales.contracts.models import Contract, ContractQuote, Instalment
from sales.contracts.signals import contract_signed
from sales.documents.lines import LineValues
from sales.orders.models import Order
from sales.quotes.models import Quote
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user
from tests.factories.files import make_attachment
from tests.factories.sales import make_contract_type, make_opportunity, make_product, make_tax_rate
from tests.sales.contracts.stories import approved, contradictions, draft, make_quote, people, signed

pytestmark = pytest.mark.django_db
LINE = LineValues(quantity=Decimal(1), price=Decimal("2260.00"), tax_rate=Decimal("0.13"), name="Training")


def test_a_contract_says_what_its_quotes_say():
    rep = make_user("rep", "rep")
    customer = make_customer(owner=rep, name="Harbour Works", credit_code="91310000MA1FL0000X")
    quotes = [make_quote(customer, ("10000.00", "1300.00")), make_quote(customer, ("500.00",))]
    contract = make_contract(quotes, actor=rep, values={"type": make_contract_type(), "title": " Machines  2026 "})
    contract.refresh_from_db()
    assert (contract.title, contract.state, contract.number) == ("Machines 2026", "draft", "")
    assert contract.gross == Decimal("11800.00") == sum(quote.gross for quote in quotes)
    assert [(line.position, line.gross) for line in contract.lines.all()] == [
        (1, Decimal("10000.00")),
        (2, Decimal("1300.00")),
        (3, Decimal("500.00")),
    ]
    assert contract.party["name"] == "Harbour Works"
    assert [(one.name, one.basis, one.amount) for one in contract.instalments.all()] == [
        ("Full amount", "signing", Decimal("11800.00"))
    ]
    assert Operation.objects.filter(verb="contract_made", anchor_id=customer.pk, subject_id=contract.pk).count() == 1
    assert contradictions() == []


def refused(act, *words):
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        act()
    text = " ".join(refusal.value.messages)
    for word in words:
        assert word in text
    assert fingerprint() == before


def test_no_contract_comes_from_quotes_that_are_not_good_for_one():
    rep = make_user("rep", "rep")
    customer, other = make_customer(owner=rep), make_customer(owner=rep)
    today, kind = timezone.localdate(), make_contract_type()

    def from_quotes(*quotes):
        return lambda: make_contract(quotes, actor=rep, values={"type": kind})

    refused(from_quotes(), "Choose the quotes")
    refused(from_quotes(make_quote(customer, state="pending")), "is in approval")
    past = {"issued_on": today - timedelta(days=9), "valid_until": today - timedelta(days=1)}
    refused(from_quotes(make_quote(customer, **past)), "was valid until")
    refused(from_quotes(make_quote(customer), make_quote(other)), "same customer")
    refused(from_quotes(make_quote(customer), make_quote(customer, currency="USD")), "currency")
    deals = [make_opportunity(customer), make_opportunity(customer)]
    refused(from_quotes(*(make_quote(customer, opportunity=deal) for deal in deals)), "different opportunities")
    used = make_quote(customer)
    make_contract([used], actor=rep, values={"type": kind})
    refused(from_quotes(used), "feeds the contract")
    good, odd = make_quote(customer), {"type": kind, "state": "signed"}
    refused(lambda: make_contract([good], actor=rep, values=odd), "cannot be set")


def test_a_void_contract_frees_its_quotes_and_a_draft_is_discarded():
    rep, director, finance = people()
    contract = draft(rep)
    quote = contract.sources.get().quote
    actions.void_contract(contract, actor=rep, reason="A mistake")
    contract.refresh_from_db()
    assert (contract.state, contract.archived_at is not None) == ("draft", True)
    again = make_contract([quote], actor=rep, values={"type": make_contract_type()})
    again = approved(again, rep, director, finance)
    actions.void_contract(again, actor=rep, reason="The customer changed its mind")
    again.refresh_from_db()
    assert (again.state, again.end_reason) == ("void", "The customer changed its mind")
    assert ContractQuote.objects.filter(ended_at=None).count() == 0
    assert contradictions() == []
    refused(lambda: actions.submit_contract(again, actor=rep), "")
    refused(lambda: actions.void_contract(contract, actor=rep, reason="Again"), "discarded")


def test_a_plan_is_at_most_the_whole_and_exactly_that_when_it_is_submitted():
    rep, director, finance = people()
    contract, other = draft(rep), draft(rep)
    today = timezone.localdate()
    day = {"name": "Start", "basis": "date", "due_on": today, "amount": Decimal("4000.00")}
    rest = {"name": "Rest", "basis": "delivery", "days_after": 30, "amount": Decimal("6000.00")}

    def plan(*rows):
        return lambda: planning.plan_instalments(contract, actor=rep, rows=rows)

    refused(plan(day, {**rest, "amount": Decimal("6000.01")}), "10,000.00 only")
    refused(plan({**day, "amount": Decimal("0.00")}), "above 0")
    refused(plan({**day, "amount": Decimal("1.005")}), "two decimals")
    refused(plan({**day, "amount": Decimal("NaN")}), "amount")
    refused(plan({**day, "due_on": None}), "day it is due")
    refused(plan({**day, "basis": "birthday"}), "Choose one")
    refused(plan({**day, "name": " "}), "Write a name")
    refused(plan({**rest, "days_after": 4000}), "days")
    refused(plan({**day, "id": other.instalments.get().pk}), "not one of this contract")
    planning.plan_instalments(contract, actor=rep, rows=[day])
    refused(lambda: actions.submit_contract(contract, actor=rep), "add up to 4,000.00")
    planning.plan_instalments(contract, actor=rep, rows=[{**day, "id": contract.instalments.get().pk}, rest])
    approved(contract, rep, director, finance)
    refused(plan(day), "cannot be changed")
    assert [(one.position, one.amount) for one in contract.instalments.all()] == [
        (1, Decimal("4000.00")),
        (2, Decimal("6000.00")),
    ]


def test_signing_moves_what_the_rules_say_in_one_go():
    rep, director, finance = people()
    customer = make_customer(owner=rep)
    deal = make_opportunity(customer)
    quote, rival = make_quote(customer, opportunity=deal), make_quote(customer, opportunity=deal)
    sketch = make_quote(customer, opportunity=deal, state="draft", number="")
    contract = make_contract([quote], actor=rep, values={"type": make_contract_type()})
    approved(contract, rep, director, finance)
    heard = []
    contract_signed.connect(listener := lambda **told: heard.append(told["contract"].pk), weak=False)
    try:
        file = make_attachment(contract, rep, "signed.txt")
        signing.sign_contract(contract, actor=rep, signed_on=timezone.localdate(), file=file)
    finally:
        contract_signed.disconnect(listener)
    for row in (contract, deal, customer, rival, sketch):
        row.refresh_from_db()
    assert (contract.state, contract.signed_file, contract.total) == ("signed", file, Decimal("10000.00"))
    assert (deal.state, customer.status) == ("won", "existing")
    assert (rival.state, sketch.archived_at is not None) == ("void", True)
    assert Quote.objects.get(pk=quote.pk).state == "approved"
    order = Order.objects.get(contract=contract)
    assert (order.state, [line.quantity for line in order.lines.all()]) == ("open", [Decimal(1)])
    part = contract.instalments.get()
    assert (part.reached_on, part.due_on) == (timezone.localdate(), timezone.localdate() + timedelta(days=30))
    assert heard == [contract.pk]
    assert contradictions() == []


def test_only_what_was_approved_is_signed_with_a_file_or_a_directors_word():
    rep, director, finance = people()
    contract = draft(rep)
    today = timezone.localdate()

    def sign(actor=rep, day=today, **proof):
        return lambda: signing.sign_contract(contract, actor=actor, signed_on=day, **proof)

    refused(sign(director, waiver_reason="Known"), "cannot be done now")
    approved(contract, rep, director, finance)
    refused(sign(waiver_reason="Known"), "Only a manager")
    refused(sign(director), "why there is no file")
    refused(sign(director, today + timedelta(days=1), waiver_reason="Known"), "still to come")
    foreign = make_attachment(draft(rep), rep)
    refused(sign(file=foreign), "not kept with this contract")
    Contract.objects.filter(pk=contract.pk).update(clauses="Slipped in")
    refused(sign(director, waiver_reason="Known"), "What was approved is not")
    Contract.objects.filter(pk=contract.pk).update(clauses="")
    sign(director, waiver_reason="Known")()
    refused(sign(director, waiver_reason="Known"), "cannot be done now")


def test_an_approved_contract_that_is_opened_again_needs_a_new_approval():
    rep, director, finance = people()
    contract = approved(draft(rep), rep, director, finance)
    actions.revise_contract(contract, actor=rep, reason="Another address")
    contract.refresh_from_db()
    assert (contract.state, contract.version, contract.approved_at) == ("draft", 2, None)
    number = contract.number
    refused(
        lambda: signing.sign_contract(contract, actor=director, signed_on=timezone.localdate(), waiver_reason="Known"),
        "cannot be done now",
    )
    actions.change_contract(contract, actor=rep, values={"delivery_terms": "Within 90 days"})
    approved_again = actions.submit_contract(contract, actor=rep)
    assert (approved_again.state, approved_again.number) == ("pending", number)


def test_a_supplement_adds_to_its_contract_when_it_is_signed():
    rep, director, finance = people()
    make_tax_rate("0.13")
    main = signed(rep, director, finance)
    extra = add_supplement(main, actor=rep, values={"title": "Training", "direction": 1}, lines=[LINE])
    assert extra.gross == Decimal("2260.00")
    main.refresh_from_db()
    assert main.total == Decimal("10000.00")
    approved(extra, rep, director, finance)
    signing.sign_contract(extra, actor=director, signed_on=timezone.localdate(), waiver_reason="Known")
    main.refresh_from_db()
    assert main.total == Decimal("12260.00")
    plan = main.instalments.filter(voided_at=None).order_by("position")
    assert [part.amount for part in plan] == [Decimal("10000.00"), Decimal("2260.00")]
    assert main.orders.count() == 2
    assert contradictions() == []


def test_a_supplement_takes_away_from_the_parts_due_last_and_never_what_is_paid():
    rep, director, finance = people()
    make_tax_rate("0.13")
    main = signed(rep, director, finance, ("2000.00", "3000.00"))
    part = main.instalments.get()
    Contract.objects.filter(pk=main.pk).update(received=Decimal("3000.00"))
    Instalment.objects.filter(pk=part.pk).update(received=Decimal("3000.00"))
    less = add_supplement(main, actor=rep, values={"title": "Less", "direction": -1}, lines=[LINE])
    refused(lambda: actions.submit_contract(less, actor=rep), "at most 2,000.00")
    change_supplement(less, actor=rep, values={}, lines=[replace(LINE, price=Decimal("1130.00"))])
    approved(less, rep, director, finance)
    signing.sign_contract(less, actor=director, signed_on=timezone.localdate(), waiver_reason="Known")
    main.refresh_from_db()
    part.refresh_from_db()
    assert (main.total, part.amount) == (Decimal("3870.00"), Decimal("3870.00"))


def test_a_suspended_contract_rests_with_its_order_and_a_terminated_one_ends_with_it():
    rep, director, finance = people()
    contract = signed(rep, director, finance)
    ending.suspend_contract(contract, actor=director, reason="The customer rebuilds")
    contract.refresh_from_db()
    assert (contract.state, contract.orders.get().state) == ("suspended", "held")
    ending.resume_contract(contract, actor=director)
    assert contract.orders.get().state == "open"
    refused(lambda: ending.close_contract(contract, actor=director), "still to be paid")
    refused(lambda: ending.terminate_contract(contract, actor=director, reason=" "), "Write a reason")
    ending.terminate_contract(contract, actor=director, reason="Bankrupt")
    contract.refresh_from_db()
    assert (contract.state, contract.orders.get().state) == ("terminated", "cancelled")
    assert contract.instalments.filter(voided_at=None).count() == 0
    refused(lambda: ending.resume_contract(contract, actor=director), "cannot be done now")
    assert contradictions() == []


def test_services_of_products_are_proposed_in_the_history_of_the_signing():
    rep, director, finance = people()
    product = make_product("Deployment", service="deployment", is_delivered=False)
    contract = signed(rep, director, finance, product=product)
    facts = Operation.objects.get(verb="contract_signed", subject_id=contract.pk).facts
    assert [(one["service"], one["quantity"]) for one in facts["services"]] == [("deployment", "1")]
    assert contract.orders.count() == 0
