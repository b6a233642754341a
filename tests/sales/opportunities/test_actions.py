"""What can be done with opportunities, what follows for the customer, and what is refused."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from crm.history.models import Operation
from sales.opportunities import actions
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_pooled_customer, make_user
from tests.factories.sales import make_loss_reason, make_opportunity, make_opportunity_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def status(customer):
    customer.refresh_from_db()
    return customer.status


def values(**more):
    return {"name": "MES of plant 2", "stage": make_opportunity_stage("Talks", probability=30), **more}


def test_opening_one_makes_a_lead_an_opportunity_and_takes_owner_and_number(rep):
    customer = make_customer(rep)
    made = actions.create_opportunity(customer, actor=rep, values=values(amount=Decimal("680000.00")))
    made.refresh_from_db()
    assert (made.owner, made.department, made.state, made.probability) == (rep, rep.department, "open", 30)
    assert made.number.endswith("000001")
    assert status(customer) == "opportunity"
    told = Operation.objects.get()
    assert (told.verb, told.anchor_id) == ("opportunity_created", customer.pk)


def test_an_existing_customer_stays_one(rep):
    customer = make_customer(rep, status="existing")
    actions.create_opportunity(customer, actor=rep, values=values())
    assert status(customer) == "existing"


@pytest.mark.parametrize("make", [make_customer, make_pooled_customer])
def test_none_is_opened_for_a_customer_nobody_owns(rep, make):
    customer = make()
    given = values()
    before = fingerprint()
    with pytest.raises(ValidationError):
        actions.create_opportunity(customer, actor=rep, values=given)
    assert fingerprint() == before


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("amount", Decimal(-1)), ("probability", 101),
                                              ("currency", "XXX"), ("amount", Decimal("1e20"))])  # fmt: skip
def test_what_cannot_be_is_refused_by_field(rep, field, value):
    customer = make_customer(rep)
    given = values(**{field: value})
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        actions.create_opportunity(customer, actor=rep, values=given)
    assert (sorted(refusal.value.error_dict), fingerprint()) == ([field], before)


def test_a_contact_of_another_customer_is_refused(rep):
    opportunity, stranger = make_opportunity(owner=rep), make_contact()
    before = fingerprint()
    with pytest.raises(ValidationError):
        actions.change_opportunity(opportunity, actor=rep, values={"contact": stranger})
    assert fingerprint() == before


def test_losing_the_last_open_one_makes_the_customer_a_lead_again(rep):
    customer, reason = make_customer(rep, status="opportunity"), make_loss_reason("Price")
    first, second = make_opportunity(customer), make_opportunity(customer)
    actions.lose_opportunity(first, actor=rep, loss_reason=reason, loss_note="Too late")
    assert status(customer) == "opportunity"
    actions.lose_opportunity(second, actor=rep, loss_reason=reason)
    assert status(customer) == "lead"
    first.refresh_from_db()
    assert (first.state, first.loss_reason, first.loss_note, first.probability) == ("lost", reason, "Too late", 0)
    actions.reopen_opportunity(first, actor=rep)
    first.refresh_from_db()
    assert (first.state, first.loss_reason, first.closed_at, status(customer)) == ("open", None, None, "opportunity")


def test_none_is_won_while_no_contract_is_signed(rep):
    opportunity = make_opportunity(owner=rep)
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        actions.win_opportunity(opportunity, actor=rep)
    assert (refusal.value.code, fingerprint()) == ("no_contract", before)


def test_a_closed_one_is_neither_changed_nor_moved_nor_lost_again(rep):
    reason, stage = make_loss_reason(), make_opportunity_stage("Next")
    opportunity = actions.lose_opportunity(make_opportunity(owner=rep), actor=rep, loss_reason=reason)
    before = fingerprint()
    for act in (
        lambda: actions.change_opportunity(opportunity, actor=rep, values={"name": "New"}),
        lambda: actions.move_opportunity(opportunity, actor=rep, stage=stage),
        lambda: actions.lose_opportunity(opportunity, actor=rep, loss_reason=reason),
    ):
        with pytest.raises(ValidationError):
            act()
    assert fingerprint() == before


def test_a_stage_brings_its_probability(rep):
    opportunity = make_opportunity(owner=rep)
    moved = actions.move_opportunity(opportunity, actor=rep, stage=make_opportunity_stage("Offer", probability=60))
    assert (moved.stage.name, moved.probability) == ("Offer", 60)
    before = fingerprint()
    with pytest.raises(ValidationError):
        actions.move_opportunity(moved, actor=rep, stage=moved.stage)
    assert fingerprint() == before
