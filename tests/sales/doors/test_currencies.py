"""A document's currency is no way around its prices."""

from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError

from sales.quotes.actions import change_quote
from sales.requirements.actions import add_requirement, change_requirement
from sales.requirements.lines import NeedValues
from tests.contract.fingerprints import fingerprint
from tests.sales.doors.floors import floored
from tests.sales.quotes.stories import draft, line


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
