"""Documents of one chain that must not contradict each other, whatever comes first."""

from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.operations.invariants import broken
from sales.contracts.actions import submit_contract
from sales.contracts.making import add_supplement
from sales.contracts.models import Contract
from sales.contracts.signing import sign_contract
from sales.documents.lines import LineValues
from sales.opportunities.actions import lose_opportunity
from sales.payments.actions import claim_payment, submit_payment
from sales.payments.invariants import RULES
from tests.contract.fingerprints import fingerprint
from tests.factories.sales import make_contract, make_loss_reason, make_opportunity
from tests.sales.invoices.stories import decide


def refused(work, code):
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        work()
    assert (caught.value.code, fingerprint()) == (code, before)


def supplemented(people, main, amount, direction):
    """The main contract after a signed supplement about this amount."""
    line = LineValues(name="More", quantity=D(1), price=D(amount), tax_rate=D("0.13"))
    values = {"title": "Supplement", "direction": direction}
    made = submit_contract(add_supplement(main, actor=people.rep, values=values, lines=[line]), actor=people.rep)
    decide("sales.contract", made, people.director, people.finance)
    sign_contract(made, actor=people.director, signed_on=timezone.localdate(), waiver_reason="Known")
    main.refresh_from_db()
    return main.total, main.received, main.overpaid


def test_what_was_paid_too_much_is_so_no_more_when_a_supplement_adds_to_the_contract(people):
    main = make_contract(people.customer)
    given = {"contract": main, "amount": D(10500), "paid_on": timezone.localdate(), "overpayment_reason": "Rounded up"}
    payment = claim_payment(people.customer, actor=people.rep, values=given)
    submit_payment(payment, actor=people.rep)
    decide("sales.payment", payment, people.director, people.finance)
    main.refresh_from_db()
    assert (main.received, main.overpaid) == (D(10500), D(500))
    assert supplemented(people, main, 300, Contract.Direction.ADDS) == (D(10300), D(10500), D(200))
    assert supplemented(people, main, 700, Contract.Direction.ADDS) == (D(11000), D(10500), D(0))
    assert supplemented(people, main, 400, Contract.Direction.TAKES) == (D(10600), D(10500), D(0))
    assert [rule.sentence for rule in RULES if broken(rule)] == []


@pytest.mark.parametrize("state", ["pending", "blocked", "approved", "signed", "suspended"])
def test_an_opportunity_whose_contract_is_on_its_way_is_not_lost(people, state):
    opportunity = make_opportunity(people.customer)
    make_contract(people.customer, state=state, opportunity=opportunity)
    reason = make_loss_reason()
    refused(lambda: lose_opportunity(opportunity, actor=people.rep, loss_reason=reason), "contract")


def test_the_contract_of_a_lost_opportunity_is_not_put_up(people):
    opportunity = make_opportunity(people.customer)
    contract = make_contract(people.customer, state="draft", opportunity=opportunity)
    lose_opportunity(opportunity, actor=people.rep, loss_reason=make_loss_reason())
    refused(lambda: submit_contract(contract, actor=people.rep), "lost")
