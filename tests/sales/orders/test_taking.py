"""A supplement that takes goods away takes them off what is still to be delivered, and never off what was."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.operations.invariants import broken
from sales.contracts.actions import submit_contract
from sales.contracts.invariants import RULES
from sales.contracts.making import add_supplement
from sales.contracts.models import Contract
from sales.contracts.signing import sign_contract
from sales.documents.lines import LineValues
from sales.orders.actions import cancel_delivery, plan_delivery, record_delivered
from tests.factories.sales import make_product, make_tax_rate
from tests.sales.contracts.stories import approved, people, signed
from tests.sales.orders.test_deliveries import refused

pytestmark = pytest.mark.django_db
PRICE = Decimal("1000.00")


@pytest.fixture
def story():
    """A signed contract about ten machines, of which nothing is delivered."""
    make_tax_rate("0.13")
    rep, director, finance = people()
    product = make_product("Machine")
    main = signed(rep, director, finance, ("10000.00",), product=product)
    main.lines.update(quantity=Decimal(10), price=PRICE)
    main.orders.get().lines.update(quantity=Decimal(10))
    return rep, director, finance, main, product


def less(story, quantity, **fields):
    """A draft supplement that takes so many machines away."""
    rep, _director, _finance, main, product = story
    line = LineValues(quantity=Decimal(quantity), price=PRICE, tax_rate=Decimal("0.13"), product_id=product.pk)
    values = {"title": "Less", "direction": Contract.Direction.TAKES}
    return add_supplement(main, actor=rep, values=values, lines=[replace(line, **fields)])


def sign(story, supplement):
    rep, director, finance, _main, _product = story
    ready = approved(supplement, rep, director, finance)
    return sign_contract(ready, actor=director, signed_on=timezone.localdate(), waiver_reason="Known")


def plan(story, quantity):
    order = story[3].orders.get()
    values = {"planned_on": timezone.localdate()}
    return plan_delivery(order, actor=story[0], quantities={order.lines.get().pk: Decimal(quantity)}, values=values)


def deliver(story, quantity):
    return record_delivered(plan(story, quantity), actor=story[0], delivered_on=timezone.localdate())


def standing(story):
    order = story[3].orders.get()
    line = order.lines.get()
    return order.state, line.quantity, line.delivered


def test_what_is_taken_away_is_not_delivered_any_more(story):
    deliver(story, 4)

    sign(story, less(story, 3))

    assert standing(story) == ("part", 7, 4)
    assert [rule.sentence for rule in RULES if broken(rule)] == []


def test_where_all_that_was_open_is_taken_away_the_order_is_delivered(story):
    deliver(story, 4)

    sign(story, less(story, 6))

    assert standing(story) == ("delivered", 4, 4)


def test_an_order_of_which_nothing_is_left_is_cancelled(story):
    supplement = less(story, 9)
    story[3].orders.get().lines.update(quantity=Decimal(9))

    sign(story, supplement)

    assert standing(story) == ("cancelled", 0, 0)


def test_what_was_delivered_or_is_planned_to_be_is_not_taken_away(story):
    deliver(story, 4)
    planned = plan(story, 3)
    supplement = less(story, 5)

    refused(lambda: submit_contract(supplement, actor=story[0]), "Only 3", "planned")
    cancel_delivery(planned, actor=story[0], reason="Less is wanted")

    sign(story, supplement)
    assert standing(story) == ("part", 5, 4)


def test_what_is_delivered_between_approval_and_signature_is_refused_then(story):
    rep, director, finance, _main, _product = story
    ready = approved(less(story, 5), rep, director, finance)
    deliver(story, 6)

    refused(
        lambda: sign_contract(ready, actor=director, signed_on=timezone.localdate(), waiver_reason="Known"), "Only 4"
    )

    assert standing(story) == ("part", 10, 6)


def test_a_lower_price_takes_no_goods_away(story):
    deliver(story, 10)

    sign(story, less(story, 1, product_id=None, name="Allowance"))

    assert standing(story) == ("delivered", 10, 10)
