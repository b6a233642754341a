"""Lines that no document can hold: each refused in words, on the page and by the API, and nothing is changed."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.utils import timezone

from sales.contracts.models import Contract
from tests.factories import sign_in
from tests.factories.api import unchanged
from tests.factories.sales import make_contract, make_opportunity, make_product, make_quote, make_tax_rate
from tests.sales.quotes.stories import draft

# how each is typed on the page, and how a program sends it
LINES = {
    "a negative quantity": ({"quantity": "-1"}, {"quantity": "-1"}),
    "no quantity": ({"quantity": "0"}, {"quantity": "0"}),
    "a quantity of 1e30": ({"quantity": "1e30"}, {"quantity": "1e30"}),
    "a quantity beyond the largest": ({"quantity": "10000000000"}, {"quantity": "10000000000"}),
    "a quantity that is no number": ({"quantity": "NaN"}, {"quantity": "NaN"}),
    "a quantity finer than four places": ({"quantity": "0.00005"}, {"quantity": "0.00005"}),
    "a negative price": ({"price": "-0.01"}, {"price": "-0.01"}),
    "a price of 1e30": ({"price": "1e30"}, {"price": "1e30"}),
    "a price finer than four places": ({"price": "0.00005"}, {"price": "0.00005"}),
    "an amount beyond the largest": (
        {"quantity": "9999999999", "price": "999999999999"}, {"quantity": "9999999999", "price": "999999999999"},
    ),
    "a discount above 100 percent": ({"discount": "100.01"}, {"discount": "1.0001"}),
    "a discount below nothing": ({"discount": "-1"}, {"discount": "-0.01"}),
    "a discount that is no number": ({"discount": "Infinity"}, {"discount": "Infinity"}),
    "a tax rate of another day": ({"tax_rate": "0.16"}, {"tax_rate": "0.16"}),
    "a tax rate nobody knows": ({"tax_rate": "0.131313"}, {"tax_rate": "0.131313"}),
    "an unknown product": ({"product": "NO-SUCH"}, {"product": 987654321}),
    "a line key of nobody": ({"id": "987654321"}, {"id": 987654321}),
    "a changed line key": ({"id": "1 OR 1=1"}, {"id": "1 OR 1=1"}),
    "a line key of another document": ({"id": "FOREIGN"}, {"id": "FOREIGN"}),
    "a product withdrawn from sale": ({"product": "GONE"}, {"product": "GONE"}),
    "a product that was put aside": ({"product": "ASIDE"}, {"product": "ASIDE"}),
    "a product in another currency": ({"product": "DOLLAR"}, {"product": "DOLLAR"}),
}  # fmt: skip


@pytest.fixture
def shop(people):
    """Products that cannot be sold here, a rate of other days, and a line of somebody else's quote."""
    make_tax_rate("0.16", valid_from=date(2018, 5, 1), valid_until=date(2019, 3, 31))
    products = {
        "GONE": make_product(code="GONE", is_on_sale=False),
        "ASIDE": make_product(code="ASIDE", archived_at=timezone.now()),
        "DOLLAR": make_product(code="DOLLAR", currency="USD"),
    }
    foreign = make_quote(people.customer, owner=people.peer).lines.get().pk
    return {"FOREIGN": foreign, **{code: product.pk for code, product in products.items()}}


def on_page(fields, shop, kept=""):
    """What the editor of lines sends."""
    row = {"id": kept, "product": "", "name": "Thing", "spec": "", "unit": "", "quantity": "1", "price": "10",
           "discount": "", "tax_rate": "0.13", **fields}  # fmt: skip
    row["id"] = str(shop.get(row["id"], row["id"]))
    return {"lines-count": "1", **{f"lines-0-{name}": value for name, value in row.items()}}


def by_program(fields, shop):
    """What a program sends."""
    row = {"name": "Thing", "quantity": "1", "price": "10", "tax_rate": "0.13", **fields}
    return {name: shop.get(value, value) if name in ("id", "product") else value for name, value in row.items()}


def heading():
    today = timezone.localdate().isoformat()
    return {"title": "MES", "currency": "CNY", "is_tax_included": "on", "issued_on": today, "valid_until": today}


@pytest.mark.parametrize("typed", LINES)
def test_no_quote_is_written_or_changed_with_such_a_line(people, shop, api, typed):
    quote, browser, client = draft(people), sign_in(people.rep), api(people.rep)
    on_screen, sent = LINES[typed]
    body = {"title": "MES", "valid_until": timezone.localdate().isoformat(), "lines": [by_program(sent, shop)]}
    before = unchanged(client)
    for place in (f"/sales/quotes/new/?customer={people.customer.pk}", f"/sales/quotes/{quote.pk}/edit/"):
        answer = browser.post(place, {**heading(), **on_page(on_screen, shop)})
        editor = answer.context["editor"]
        assert answer.status_code == 422 and (editor.errors or any(row.errors for row in editor.rows)), place
    for answer in (
        client.post("quotes/", {**body, "customer": people.customer.pk}), client.patch(f"quotes/{quote.pk}/", body),
    ):  # fmt: skip
        assert answer.status_code in (400, 422) and answer.body["error"]["message"], answer.body
        assert any(name.startswith("lines") for name in answer.body["error"]["fields"]), answer.body
    assert unchanged(client) == before


@pytest.mark.parametrize("typed", LINES)
def test_no_supplement_is_drawn_up_with_such_a_line(people, shop, api, typed):
    contract, browser, client = make_contract(people.customer), sign_in(people.rep), api(people.rep)
    on_screen, sent = LINES[typed]
    before = unchanged(client)
    form = {"title": "More", "direction": "1", "starts_on": timezone.localdate().isoformat()}
    answer = browser.post(f"/sales/contracts/{contract.pk}/supplement/", {**form, **on_page(on_screen, shop)})
    editor = answer.context["editor"]
    assert answer.status_code == 422 and (editor.errors or any(row.errors for row in editor.rows))
    told = client.post(
        f"contracts/{contract.pk}/supplement/", {"title": "More", "lines": [by_program(sent, shop)]}
    )  # fmt: skip
    assert told.status_code in (400, 422) and told.body["error"]["message"], told.body
    assert unchanged(client) == before
    assert Contract.objects.count() == 1


def test_the_same_line_twice_and_more_lines_than_a_document_holds_are_refused(people, shop, api):
    quote, browser, client = draft(people), sign_in(people.rep), api(people.rep)
    own = quote.lines.get().pk
    row = {"name": "Thing", "quantity": "1", "price": "10", "tax_rate": "0.13"}
    before = unchanged(client)
    for lines in ([{**row, "id": own}] * 2, [row] * 201):
        typed = {"lines-count": str(len(lines))}
        for place, line in enumerate(lines):
            typed |= {f"lines-{place}-{name}": str(value) for name, value in line.items()}
        answer = browser.post(f"/sales/quotes/{quote.pk}/edit/", {**heading(), **typed})
        assert answer.status_code == 422 and answer.context["editor"].errors
        told = client.patch(f"quotes/{quote.pk}/", {"lines": lines})
        assert told.status_code in (400, 422) and told.body["error"]["message"]
    assert unchanged(client) == before


def test_half_a_cent_is_rounded_up_line_by_line_and_never_kept(people, api):
    client = api(people.rep)
    line = {"name": "Screw", "quantity": "1", "price": "0.005", "tax_rate": "0.13"}
    body = {"customer": people.customer.pk, "title": "Screws", "valid_until": timezone.localdate().isoformat()}
    told = client.post("quotes/", {**body, "lines": [line] * 3, "is_tax_included": False}).body
    assert [one["net"] for one in told["lines"]] == ["0.01", "0.01", "0.01"]
    assert (told["net"], told["tax"], told["gross"]) == ("0.03", "0.00", "0.03")


@pytest.mark.parametrize("currency", ["USD", "XXX"])
def test_currencies_are_not_mixed_in_a_chain(people, api, currency):
    talk = make_opportunity(people.customer, currency="EUR")
    browser, client = sign_in(people.rep), api(people.rep)
    before = unchanged(client)
    form = {**heading(), "currency": currency, "opportunity": str(talk.pk)}
    answer = browser.post(f"/sales/quotes/new/?customer={people.customer.pk}", {**form, **on_page({}, {})})
    assert answer.status_code == 422 and answer.context["form"].errors["currency"]
    body = {"customer": people.customer.pk, "title": "MES", "valid_until": timezone.localdate().isoformat(),
            "currency": currency, "opportunity": talk.pk, "lines": [by_program({}, {})]}  # fmt: skip
    told = client.post("quotes/", body)
    assert told.status_code in (400, 422) and "currency" in told.body["error"]["fields"], told.body
    assert unchanged(client) == before


def test_a_contract_is_not_made_from_quotes_in_two_currencies(people, api):
    quotes = [make_quote(people.customer, owner=people.rep, state="approved", currency=one) for one in ("CNY", "USD")]
    kind = make_contract().type
    browser, client = sign_in(people.rep), api(people.rep)
    ids, before = [quote.pk for quote in quotes], unchanged(client)
    form = {"quotes": ids, "type": kind.pk, "starts_on": timezone.localdate().isoformat()}
    answer = browser.post("/sales/contracts/new/", form)
    assert answer.status_code == 422 and "currency" in str(answer.context["form"].errors)
    told = client.post("contracts/", {"quotes": ids, "type": kind.name})
    assert told.status_code == 422 and "currency" in told.body["error"]["message"], told.body
    assert unchanged(client) == before


def test_a_product_that_went_off_sale_stops_the_submission_on_page_and_api(people, api):
    product = make_product("Old", code="OLD", list_price=D(100))
    quote, browser, client = draft(people), sign_in(people.rep), api(people.rep)
    line = {"name": "", "product": product.pk, "quantity": "1", "price": "113", "tax_rate": "0.13"}
    assert client.patch(f"quotes/{quote.pk}/", {"lines": [line]}).status_code == 200
    type(product).objects.filter(pk=product.pk).update(is_on_sale=False)
    before = unchanged(client)
    assert browser.post(f"/sales/quotes/{quote.pk}/submit/", {}).status_code == 422
    told = client.post(f"quotes/{quote.pk}/submit/")
    assert told.status_code == 422 and "not on sale" in told.body["error"]["message"], told.body
    assert unchanged(client) == before
