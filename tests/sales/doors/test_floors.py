"""Ways around the minimum price of a product."""

from datetime import timedelta
from decimal import Decimal as D

from django.utils import timezone

from sales.products.models import PriceListEntry, Product
from sales.quotes.actions import submit_quote
from sales.quotes.versions import copy_quote, new_version
from tests.factories.sales import make_price_list
from tests.sales.doors.floors import floored
from tests.sales.quotes.stories import approved, contradictions, decide, draft, line, request_of, submitted


def way(quote):
    """Whether it counts as below the minimum, and the steps it goes through."""
    request = request_of(quote)
    return request.facts["below_floor"], [step["key"] for step in request.steps()]


def test_an_old_date_on_a_quote_does_not_bring_an_old_minimum_price_back(people):
    product, day = floored(), timezone.localdate() - timedelta(days=400)
    old = make_price_list("Old", {product: "600"}, starts_on=day, ends_on=day + timedelta(days=100))
    PriceListEntry.objects.filter(price_list=old).update(minimum_price=D(500))
    quote = draft(people, line(product_id=product.pk, name="", price=D(678)), issued_on=day + timedelta(days=1))
    submit_quote(quote, actor=people.rep)
    assert way(quote) == (True, ["manager", "discount", "floor"])


def test_a_quote_of_next_month_is_measured_by_the_prices_of_next_month(people):
    product, day = floored(), timezone.localdate() + timedelta(days=30)
    new = make_price_list("New", {product: "600"}, starts_on=day)
    PriceListEntry.objects.filter(price_list=new).update(minimum_price=D(500))
    cheap = line(product_id=product.pk, name="", price=D(678))
    quote = draft(people, cheap, issued_on=day, valid_until=day)
    submit_quote(quote, actor=people.rep)
    assert way(quote) == (False, ["manager"])


def test_an_old_draft_is_measured_by_the_minimum_price_of_the_day_it_is_submitted(people):
    product = floored()
    quote = draft(people, line(product_id=product.pk, name="", price=D(1020)))
    Product.objects.filter(pk=product.pk).update(minimum_price=D(950))
    submit_quote(quote, actor=people.rep)
    assert way(quote) == (True, ["manager", "floor"])
    assert quote.lines.get().floor_price == D(950)
    assert contradictions() == []


def test_new_versions_and_copies_are_measured_by_the_minimum_price_of_today(people):
    product = floored()
    quote = approved(people, line(product_id=product.pk, name="", price=D(1020)))
    Product.objects.filter(pk=product.pk).update(minimum_price=D(950))
    made, (copied, _left_out) = new_version(quote, actor=people.rep), copy_quote(quote, actor=people.rep)
    assert {one.lines.get().floor_price for one in (made, copied)} == {D(950)}
    assert quote.lines.get().floor_price == D(900)
    submit_quote(made, actor=people.rep)
    assert way(made) == (True, ["manager", "floor"])
    assert contradictions() == []


def test_a_discount_meets_the_floor_step_like_a_low_price(people):
    quote = submitted(people, line(product_id=floored().pk, name="", price=D(1130), discount=D("0.5")))
    decide(quote, people.director, people.vp)
    assert quote.state == "pending"
    assert decide(quote, people.finance).state == "approved"
