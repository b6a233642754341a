"""Products with a minimum price, for tests."""

from decimal import Decimal as D

from tests.factories.sales import make_product


def floored(**fields):
    """A product for 1,000 whose minimum price is 900, both without tax."""
    return make_product("Gateway", list_price=D(1000), minimum_price=D(900), **fields)
