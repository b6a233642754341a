"""Orders and deliveries: quantities, states, milestones, what customers say, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.notifications.models import Notice
from crm.operations.invariants import broken
from sales.contracts import ending
from sales.contracts.invariants import RULES
from sales.contracts.models import Instalment
from sales.orders import acceptance, actions
from sales.orders.models import Delivery
from tests.contract.fingerprints import fingerprint
from tests.factories.sales import make_contract, make_order

pytestmark = pytest.mark.django_db


def refused(act, *words):
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        act()
    text = " ".join(refusal.value.messages)
    for word in words:
        assert word in text
    assert fingerprint() == before


@pytest.fixture
def order():
    contract = make_contract(instalments=())
    contract.lines.update(quantity=Decimal(10))
    for place, basis in enumerate(("delivery", "acceptance"), 1):
        Instalment.objects.create(
            contract=contract, position=place, name=basis, basis=basis, days_after=30, amount=Decimal("5000.00")
        )
    return make_order(contract)


def plan(order, quantity, **values):
    line, today = order.lines.get(), timezone.localdate()
    return actions.plan_delivery(
        order, actor=order.owner, quantities={line.pk: Decimal(quantity)}, values={"planned_on": today, **values}
    )


def deliver(delivery, quantity=None):
    line, actor = delivery.order.lines.get(), delivery.order.owner
    quantities = None if quantity is None else {line.pk: Decimal(quantity)}
    return actions.record_delivered(delivery, actor=actor, delivered_on=timezone.localdate(), quantities=quantities)


def due_days(order):
    return dict(order.contract.instalments.values_list("basis", "due_on"))


def sums_hold():
    return not any(broken(rule) for rule in RULES if rule.number == 33)


def test_parts_are_delivered_until_everything_is_and_milestones_follow(order):
    today, later = timezone.localdate(), timezone.localdate() + timedelta(days=30)
    first = deliver(plan(order, 4), 3)
    order.refresh_from_db()
    assert (order.state, order.lines.get().delivered, first.lines.get().quantity) == ("part", 3, 3)
    assert due_days(order) == {"delivery": None, "acceptance": None}
    second = deliver(plan(order, 7))
    order.refresh_from_db()
    assert (order.state, order.lines.get().delivered) == ("delivered", 10)
    assert due_days(order) == {"delivery": later, "acceptance": None}
    acceptance.accept_delivery(first, actor=order.owner, name="Ms Li")
    acceptance.accept_delivery(second, actor=None, name="Ms Li", address="203.0.113.9")
    order.refresh_from_db()
    second.refresh_from_db()
    assert order.state == "accepted"
    assert due_days(order) == {"delivery": later, "acceptance": later}
    assert (second.answered_by, second.answer_address) == ("Ms Li", "203.0.113.9")
    assert order.contract.instalments.filter(reached_on=today).count() == 2
    assert Notice.objects.get(recipient=order.owner).text == f"Ms Li accepted the delivery {second.number}"
    assert sums_hold()


def test_what_is_refused_or_cancelled_is_open_again_and_takes_the_milestone_back(order):
    delivery = deliver(plan(order, 10))
    refused(lambda: acceptance.refuse_delivery(delivery, actor=order.owner, name="Ms Li", note=" "), "what is wrong")
    refused(lambda: acceptance.accept_delivery(delivery, actor=order.owner, name=" "), "name")
    acceptance.refuse_delivery(delivery, actor=order.owner, name="Ms Li", note="Scratched")
    order.refresh_from_db()
    assert (order.state, order.lines.get().delivered) == ("open", 0)
    assert due_days(order) == {"delivery": None, "acceptance": None}
    again = deliver(plan(order, 10))
    refused(lambda: actions.cancel_delivery(again, actor=order.owner, reason=" "), "reason")
    actions.cancel_delivery(again, actor=order.owner, reason="Sent back on the way")
    assert order.lines.get().delivered == 0
    assert sums_hold()


@pytest.mark.parametrize("quantity", ["10.0001", "-1", "1E+30", "NaN", "Infinity"])
def test_nothing_is_planned_beyond_what_is_open(order, quantity):
    refused(lambda: plan(order, quantity), "Between 0 and 10")


def test_deliveries_are_not_planned_twice_for_the_same_quantity_or_for_foreign_lines(order):
    plan(order, 6)
    refused(lambda: plan(order, 5), "Between 0 and 4")
    refused(lambda: plan(order, 0), "Choose what is delivered")
    foreign = make_order().lines.get()
    today = timezone.localdate()
    refused(
        lambda: actions.plan_delivery(
            order, actor=order.owner, quantities={foreign.pk: Decimal(1)}, values={"planned_on": today}
        ),
        "not one of this order",
    )


def test_a_delivery_is_recorded_once_between_signing_and_today(order):
    delivery = plan(order, 10)
    today = timezone.localdate()
    for day in (today + timedelta(days=1), today - timedelta(days=1)):
        refused(lambda day=day: actions.record_delivered(delivery, actor=order.owner, delivered_on=day), "between")
    refused(lambda: acceptance.accept_delivery(delivery, actor=order.owner, name="Li"), "cannot be done now")
    deliver(delivery)
    refused(lambda: deliver(delivery), "cannot be done now")
    refused(lambda: plan(order, 1), "Between 0 and 0")


def test_nothing_leaves_the_house_while_the_contract_rests_or_after_it_ended(order):
    delivery, director = plan(order, 5), order.owner
    ending.suspend_contract(order.contract, actor=director, reason="Rebuilding")
    refused(lambda: deliver(delivery), "on hold")
    refused(lambda: plan(order, 1), "on hold")
    ending.resume_contract(order.contract, actor=director)
    ending.terminate_contract(order.contract, actor=director, reason="Bankrupt")
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.CANCELLED
    refused(lambda: plan(order, 1), "cancelled")
