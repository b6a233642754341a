"""Contracts as rows: what tests make of them holds together."""

from decimal import Decimal

import pytest

from tests.factories.sales import make_contract, make_delivery

pytestmark = pytest.mark.django_db


def test_a_made_contract_adds_up_from_its_quote_to_its_instalments():
    contract = make_contract(amount="11300.00", instalments=("1300.00", "10000.00"))
    contract.refresh_from_db()
    assert (contract.net, contract.tax, contract.gross) == (
        Decimal("10000.00"),
        Decimal("1300.00"),
        Decimal("11300.00"),
    )
    assert contract.total == contract.sources.get().quote.gross == sum(row.amount for row in contract.instalments.all())


def test_a_made_delivery_takes_all_that_is_open():
    delivery = make_delivery()
    line = delivery.lines.get()
    assert line.quantity == line.order_line.quantity == Decimal(1)
