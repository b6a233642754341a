"""Prices change by two people, on their day; and the price that counts for a customer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from crm.history.models import Operation
from crm.notifications.models import Notice
from sales.products.models import PriceChange, PriceListEntry
from sales.products.prices import price_for, prices_for
from sales.products.pricing import Wish, apply_due_prices, ask_for_prices, decide_prices, withdraw_price
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_level, make_user
from tests.factories.sales import make_price_list, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance():
    return make_user("finance", "finance")


@pytest.fixture
def second():
    return make_user("second", "finance")


def today():
    return timezone.localdate()


def ask(product, actor, after="1200", field="list_price", day=None, **more):
    wishes = [Wish(product, field, None if after is None else Decimal(after))]
    return ask_for_prices(wishes, actor=actor, starts_on=day or today(), reason="Costs rose", **more)[0]


def refused(code=None):
    return pytest.raises(ValidationError) if code is None else pytest.raises(ValidationError, check=_has(code))


def _has(code):
    return lambda refusal: code in {error.code for error in getattr(refusal, "error_list", [])}


def test_a_price_two_people_agreed_on_is_in_force_at_once_when_its_day_is_today(finance, second):
    product = make_product()
    change = ask(product, finance)
    product.refresh_from_db()
    assert (change.before, product.list_price) == (1000, 1000)
    assert [notice.recipient for notice in Notice.objects.filter(kind="price_asked")] == [second]
    decide_prices([change], actor=second, is_agreed=True)
    product.refresh_from_db()
    change.refresh_from_db()
    assert (product.list_price, change.state, change.decided_by) == (1200, "applied", second)
    assert list(Operation.objects.order_by("pk").values_list("verb", flat=True)) == ["price_asked", "price_agreed"]
    assert Notice.objects.filter(kind="price_decided", recipient=finance).count() == 1


def test_nobody_decides_on_a_price_they_asked_for(finance):
    product = make_product()
    change = ask(product, finance)
    before = fingerprint()
    with pytest.raises(PermissionDenied):
        decide_prices([change], actor=finance, is_agreed=True)
    assert fingerprint() == before


def test_nobody_without_the_right_decides_and_nobody_decides_twice(finance, second):
    product = make_product()
    change = ask(product, finance)
    before = fingerprint()
    with pytest.raises(PermissionDenied):
        decide_prices([change], actor=make_user("director", "director"), is_agreed=True)
    decide_prices([change], actor=second, is_agreed=False, answer="Too much")
    assert fingerprint() != before
    before = fingerprint()
    with refused("decided"):
        decide_prices([change], actor=second, is_agreed=True)
    assert fingerprint() == before
    product.refresh_from_db()
    assert product.list_price == 1000


def test_an_agreed_price_waits_for_its_day_and_is_put_in_force_once(finance, second, time_machine):
    product = make_product()
    day = today() + timedelta(days=3)
    change = ask(product, finance, day=day)
    decide_prices([change], actor=second, is_agreed=True)
    assert apply_due_prices() == 0
    product.refresh_from_db()
    assert product.list_price == 1000
    time_machine.move_to(timezone.now() + timedelta(days=4), tick=False)
    assert (apply_due_prices(), apply_due_prices()) == (1, 0)
    product.refresh_from_db()
    assert product.list_price == 1200


def test_a_minimum_above_its_price_is_refused_unless_both_are_decided_together(finance, second):
    product = make_product(minimum_price=Decimal(900))
    cheaper = ask(product, finance, "800")
    floor = ask(product, finance, "700", field="minimum_price")
    before = fingerprint()
    with refused("floor"):
        decide_prices([cheaper], actor=second, is_agreed=True)
    assert fingerprint() == before
    decide_prices([cheaper, floor], actor=second, is_agreed=True)
    product.refresh_from_db()
    assert (product.list_price, product.minimum_price) == (800, 700)


def test_an_agreed_price_that_no_longer_fits_on_its_day_is_refused_with_words(finance, second, time_machine):
    product = make_product(minimum_price=Decimal(500))
    later = ask(product, finance, "600", day=today() + timedelta(days=5))
    decide_prices([later], actor=second, is_agreed=True)
    floor = ask(product, finance, "800", field="minimum_price")
    decide_prices([floor], actor=second, is_agreed=True)
    time_machine.move_to(timezone.now() + timedelta(days=6), tick=False)
    assert apply_due_prices() == 0
    later.refresh_from_db()
    product.refresh_from_db()
    assert (later.state, bool(later.answer), product.list_price) == ("refused", True, 1000)


@pytest.mark.parametrize("price", ["-1", "NaN", "Infinity", "1e30", "0.00001"])
def test_what_is_no_price_is_refused(finance, price):
    product = make_product()
    before = fingerprint()
    with refused():
        ask(product, finance, price)
    assert fingerprint() == before


def test_a_second_wish_for_the_same_price_waits_for_the_first(finance, second):
    product = make_product()
    ask(product, finance)
    before = fingerprint()
    with refused("waiting"):
        ask(product, second, "1300")
    assert fingerprint() == before


def test_a_wish_without_a_reason_a_change_or_a_day_to_come_is_refused(finance):
    product = make_product()
    before = fingerprint()
    with refused("nothing"):
        ask(product, finance, "1000")
    with refused():
        ask(product, finance, day=today() - timedelta(days=1))
    with refused():
        ask_for_prices([Wish(product, "list_price", Decimal(5))], actor=finance, starts_on=today(), reason=" ")
    assert fingerprint() == before


def test_whoever_does_not_see_costs_cannot_ask_for_them_and_does_not_see_who_did(finance):
    product = make_product()
    ask(product, finance, "300", field="cost_price")
    director = make_user("director", "director")
    before = fingerprint()
    with pytest.raises(PermissionDenied):
        ask(product, director, "100", field="cost_price")
    assert fingerprint() == before
    assert (PriceChange.objects.visible_to(director).count(), PriceChange.objects.visible_to(finance).count()) == (0, 1)


def test_who_asked_withdraws_and_nobody_else(finance, second):
    product = make_product()
    change = ask(product, finance)
    before = fingerprint()
    with pytest.raises(PermissionDenied):
        withdraw_price(change, actor=second)
    assert fingerprint() == before
    withdraw_price(change, actor=finance)
    change.refresh_from_db()
    assert change.state == "withdrawn"


def test_prices_come_onto_a_list_and_off_it_by_two_people(finance, second):
    product, prices = make_product(), make_price_list()
    decide_prices([ask(product, finance, "900", "list_entry", price_list=prices)], actor=second, is_agreed=True)
    assert PriceListEntry.objects.get(price_list=prices, product=product).price == 900
    decide_prices([ask(product, finance, None, "list_entry", price_list=prices)], actor=second, is_agreed=True)
    assert not PriceListEntry.objects.filter(price_list=prices).exists()


def test_the_narrowest_and_newest_list_gives_the_price():
    product = make_product(minimum_price=Decimal(700))
    level = make_level("VIP")
    customer, other = make_customer(level=level), make_customer()
    assert price_for(product, customer, today()).price == 1000
    make_price_list("Everybody", {product: "950"})
    narrow = make_price_list("VIP", {product: "880"}, level=level)
    make_price_list("Newer for all", {product: "940"}, starts_on=today() - timedelta(days=5))
    make_price_list("Not yet", {product: "1"}, starts_on=today() + timedelta(days=1))
    make_price_list("Over", {product: "2"}, ends_on=today() - timedelta(days=1))
    make_price_list("Off", {product: "3"}, is_active=False)
    make_price_list("Dollars", {product: "4"}, currency="USD")
    found = price_for(product, customer, today())
    assert (found.price, found.floor, found.source) == (880, 700, narrow)
    assert price_for(product, other, today()).price == 940
    assert price_for(product, None, today()).price == 940


def test_two_hundred_prices_cost_one_query(django_assert_num_queries):
    products = [make_product() for _ in range(5)]
    make_price_list("All", dict.fromkeys(products, "10"))
    with django_assert_num_queries(1):
        assert {price.price for price in prices_for(products, None, today()).values()} == {10}
