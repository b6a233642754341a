"""A document's currency is no way around its prices."""

from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError

from crm.approvals.flows import add_flow, move_flow
from crm.approvals.routing import preview
from sales.quotes.actions import change_quote
from sales.requirements.actions import add_requirement, change_requirement
from sales.requirements.lines import NeedValues
from tests.contract.fingerprints import fingerprint
from tests.sales.doors.floors import floored
from tests.sales.quotes.stories import draft, line, request_of, submitted


def test_lines_of_products_in_another_currency_cannot_be_carried_into_a_quote_by_changing_its_currency(people):
    quote = draft(people, line(product_id=floored().pk, name="", price=D(1130)))
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        change_quote(quote, actor=people.rep, values={"currency": "JPY"})
    assert "lines.0.product" in refusal.value.error_dict
    assert fingerprint() == before
    assert change_quote(quote, actor=people.rep, values={"title": "Still in yuan"}).title == "Still in yuan"


def test_nor_into_a_requirement(people):
    needs = [NeedValues(D(1), product_id=floored().pk)]
    requirement = add_requirement(people.customer, actor=people.rep, values={"title": "One"}, lines=needs)
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        change_requirement(requirement, actor=people.rep, values={"currency": "JPY"})
    assert "lines.0.product" in refusal.value.error_dict
    assert fingerprint() == before


def test_a_limit_of_the_flow_is_not_dodged_by_writing_in_a_dearer_currency(people):
    quote = submitted(people, line(price=D(190000)), currency="USD")
    request = request_of(quote)
    assert [step["key"] for step in request.steps()] == ["manager", "amount"]
    shown = preview("sales.quote", quote, actor=people.rep)
    assert shown.steps[1].reasons == ["because the amount is in a foreign currency, which counts as above ¥200,000.00"]
    at_home = submitted(people, line(price=D(190000)), title="Yuan")
    assert [step["key"] for step in request_of(at_home).steps()] == ["manager"]


def test_nor_does_a_foreign_amount_take_the_short_way_of_small_ones(people):
    limit = {"fact": "amount", "operator": "at_most", "value": "50000.00"}
    step = {"key": "manager", "name": "Manager", "who": {"kind": "manager"}}
    short = add_flow(
        actor=None, purpose="sales.quote", name="Short", definition={"conditions": [limit], "steps": [step]}
    )
    move_flow(short, actor=people.vp, up=True)
    ways = {
        currency: request_of(submitted(people, line(price=D(40000)), currency=currency)).flow_version.flow.name
        for currency in ("USD", "CNY")
    }
    assert ways == {"USD": "Quotes", "CNY": "Short"}
