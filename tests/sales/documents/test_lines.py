from datetime import date
from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError

from crm.history.operations import operation
from sales.documents.lines import LineValues, Terms, checked_lines, keep_lines, line_refusals, refuse_unsellable
from sales.quotes.models import Quote, QuoteLine
from tests.factories.customers import make_customer
from tests.factories.people import make_user
from tests.factories.sales import make_price_list, make_product, make_tax_rate

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 18)
TERMS = Terms("CNY", is_tax_included=True, day=DAY)


def draft(**fields) -> Quote:
    """A quote without lines."""
    owner = make_user(role="rep")
    customer = make_customer(owner=owner)
    return Quote.objects.create(
        customer=customer,
        owner=owner,
        department=owner.department,
        title="MES",
        issued_on=DAY,
        valid_until=DAY,
        **fields,
    )


def one(**fields) -> LineValues:
    return LineValues(**{"quantity": D(1), "price": D(100), "tax_rate": D("0.13"), "name": "Thing", **fields})


def kept(quote: Quote, given, terms=TERMS) -> list[QuoteLine]:
    lines = checked_lines(quote, given, terms)
    with operation(quote.owner, "quote_changed", quote):
        keep_lines(quote, lines)
        quote.save()
    return list(quote.lines.all())


def test_a_line_with_tax_included_is_rounded_from_its_gross():
    make_tax_rate()
    line = kept(draft(), [one(quantity=D(3), price=D("33.3333"), discount=D("0.1"))])[0]
    assert (line.net, line.tax, line.gross) == (D("79.65"), D("10.35"), D("90.00"))


def test_a_line_without_tax_adds_the_tax_to_its_net():
    make_tax_rate()
    terms = Terms("CNY", is_tax_included=False, day=DAY)
    line = kept(draft(), [one(quantity=D("0.5"), price=D("0.01"))], terms)[0]
    assert (line.net, line.tax, line.gross) == (D("0.01"), D("0.00"), D("0.01"))


def test_the_document_is_the_sum_of_its_rounded_lines():
    make_tax_rate()
    quote = draft()
    kept(quote, [one(price=D("0.3333")), one(price=D("0.3333")), one(price=D("0.3333"))])
    quote.refresh_from_db()
    assert (quote.net, quote.tax, quote.gross) == (D("0.87"), D("0.12"), D("0.99"))


def test_the_discount_on_the_whole_is_combined_into_each_line():
    make_tax_rate()
    terms = Terms("CNY", is_tax_included=True, day=DAY, discount=D("0.1"))
    line = kept(draft(), [one(discount=D("0.2"))], terms)[0]
    assert (line.own_discount, line.discount, line.gross) == (D("0.2"), D("0.28"), D("72.00"))


def test_a_product_is_copied_with_its_prices_and_later_changes_change_nothing():
    product = make_product("MES", minimum_price=D(800), cost_price=D(300))
    quote = draft()
    kept(quote, [one(product_id=product.pk, name="")])
    type(product).objects.filter(pk=product.pk).update(
        name="MES 2", list_price=D(2000), minimum_price=D(1500), cost_price=D(1), is_on_sale=False
    )
    line = kept(quote, [one(product_id=product.pk, name="MES", id=quote.lines.get().pk, quantity=D(2))])[0]
    assert (line.name, line.code, line.unit, line.quantity) == ("MES", product.code, "套", D(2))
    assert (line.list_price, line.floor_price, line.cost_price) == (D(1000), D(800), D(300))


def test_the_price_list_of_the_customer_counts():
    product = make_product()
    make_price_list("Everybody", {product: "900"})
    assert kept(draft(), [one(product_id=product.pk)])[0].list_price == D(900)


def test_lines_are_changed_moved_and_removed_in_one_go():
    make_tax_rate()
    quote = draft()
    first, second, third = kept(quote, [one(name="a"), one(name="b"), one(name="c")])
    lines = kept(quote, [one(name="c", id=third.pk), one(name="new"), one(name="a", id=first.pk, price=D(7))])
    assert [(line.position, line.name, line.price) for line in lines] == [
        (1, "c", D(100)), (2, "new", D(100)), (3, "a", D(7)),
    ]  # fmt: skip
    assert lines[0].pk == third.pk
    assert lines[2].pk == first.pk
    assert not QuoteLine.objects.filter(pk=second.pk).exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"quantity": D(0)}, "quantity"),
        ({"quantity": D(-1)}, "quantity"),
        ({"quantity": D("1e30")}, "quantity"),
        ({"quantity": D("NaN")}, "quantity"),
        ({"quantity": D("10000000000")}, "quantity"),
        ({"price": D("-0.01")}, "price"),
        ({"price": D("Infinity")}, "price"),
        ({"quantity": D(9999999999), "price": D(999999999999)}, "price"),
        ({"discount": D("1.000001")}, "discount"),
        ({"discount": D("-0.1")}, "discount"),
        ({"tax_rate": D("0.16")}, "tax_rate"),
        ({"name": ""}, "name"),
        ({"product_id": 987654}, "product"),
    ],
)
def test_what_no_line_can_be_is_refused_at_its_field(fields, field):
    make_tax_rate()
    quote = draft()
    with pytest.raises(ValidationError) as refusal:
        checked_lines(quote, [one(), one(**fields)], TERMS)
    assert set(refusal.value.error_dict) == {f"lines.1.{field}"}
    assert quote.lines.count() == 0


def test_a_rate_is_asked_on_the_day_of_the_document():
    make_tax_rate("0.16", valid_from=date(2018, 5, 1), valid_until=date(2019, 3, 31))
    line = one(tax_rate=D("0.16"))
    assert checked_lines(draft(), [line], Terms("CNY", is_tax_included=True, day=date(2019, 3, 31)))
    with pytest.raises(ValidationError) as refusal:
        checked_lines(draft(), [line], Terms("CNY", is_tax_included=True, day=date(2019, 4, 1)))
    assert line_refusals(refusal.value) == ["Line 1: A tax rate of 16% is not in force on 2019-04-01."]


def test_lines_of_other_documents_and_lines_named_twice_are_refused():
    make_tax_rate()
    mine, other = draft(), draft()
    foreign = kept(other, [one()])[0]
    own = kept(mine, [one()])[0]
    for given, name in (([one(id=foreign.pk)], "lines.0.id"), ([one(id=own.pk), one(id=own.pk)], "lines")):
        with pytest.raises(ValidationError) as refusal:
            checked_lines(mine, given, TERMS)
        assert set(refusal.value.error_dict) == {name}
    assert list(other.lines.values_list("price", flat=True)) == [D(100)]


def test_more_than_two_hundred_lines_are_refused():
    make_tax_rate()
    with pytest.raises(ValidationError) as refusal:
        checked_lines(draft(), [one()] * 201, TERMS)
    assert set(refusal.value.error_dict) == {"lines"}


def test_products_off_sale_archived_or_of_another_currency_are_refused():
    off_sale, foreign = make_product(is_on_sale=False), make_product(currency="USD")
    with pytest.raises(ValidationError) as refusal:
        checked_lines(draft(), [one(product_id=off_sale.pk), one(product_id=foreign.pk)], TERMS)
    assert line_refusals(refusal.value) == [
        "Line 1: This product is not on sale.", "Line 2: This product is sold in USD.",
    ]  # fmt: skip


def test_a_document_is_not_submitted_with_a_product_that_went_off_sale():
    product = make_product("Old")
    quote = draft()
    lines = kept(quote, [one(product_id=product.pk, name="")])
    refuse_unsellable(lines, DAY)
    type(product).objects.filter(pk=product.pk).update(is_on_sale=False)
    with pytest.raises(ValidationError) as refusal:
        refuse_unsellable(lines, DAY)
    assert line_refusals(refusal.value) == ["Line 1: “Old” is not on sale any more."]
