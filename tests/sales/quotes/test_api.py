from datetime import timedelta
from decimal import Decimal as D

from django.utils import timezone

from sales.quotes.models import Quote
from tests.factories import make_customer
from tests.factories.api import error, unchanged, wrong
from tests.factories.sales import make_opportunity, make_product
from tests.sales.quotes.stories import decide, draft, line, request_of, submitted


def body(people, **more):
    day = timezone.localdate() + timedelta(days=30)
    lines = [{"name": "Thing", "quantity": "3", "price": "1000", "discount": "0.1", "tax_rate": "0.13"}]
    return {"customer": people.customer.pk, "title": "MES", "valid_until": day.isoformat(), "lines": lines, **more}


def test_a_quote_is_written_read_and_changed(people, api):
    client = api(people.rep)
    made = client.post("quotes/", body(people))
    assert made.status_code == 201, made.body
    assert {name: made.body[name] for name in ("net", "tax", "gross", "state", "version", "number", "owner")} == {
        "net": "2389.38", "tax": "310.62", "gross": "2700.00", "state": "draft", "version": 1, "number": "",
        "owner": "rep",
    }  # fmt: skip
    told = made.body["lines"][0]
    assert (told["quantity"], told["price"], told["discount"], told["gross"]) == (
        "3.0000", "1000.0000", "0.100000", "2700.00",
    )  # fmt: skip
    assert not {"floor_price", "cost_price", "list_price"} & told.keys()
    place = f"quotes/{made.body['id']}/"
    assert client.get(place).body == made.body
    changed = client.patch(place, {"discount": "0.5"})
    assert (changed.status_code, changed.body["gross"]) == (200, "1350.00")
    assert [row["id"] for row in client.get("quotes/?state=draft&search=MES").body["results"]] == [made.body["id"]]


def test_the_verbs_of_a_quote(people, api):
    client = api(people.rep)
    quote = draft(people)
    answer = client.post(f"quotes/{quote.pk}/submit/", {"comment": "Urgent"})
    assert (answer.status_code, answer.body["state"]) == (200, "pending"), answer.body
    answer = client.post(f"quotes/{quote.pk}/withdraw/")
    assert (answer.status_code, answer.body["state"]) == (200, "withdrawn")
    client.post(f"quotes/{quote.pk}/submit/")
    decide(quote, people.director)
    sent = client.post(f"quotes/{quote.pk}/send/")
    assert (sent.status_code, "/c/" in sent.body["address"]) == (200, True), sent.body
    made = client.post(f"quotes/{quote.pk}/new_version/")
    assert (made.status_code, made.body["version"], made.body["root"]) == (201, 2, quote.pk)
    answer = client.post(f"quotes/{made.body['id']}/void/", {"reason": "Mistake"})
    assert (answer.status_code, answer.body["state"]) == (200, "void")
    assert request_of(quote).state == "approved"


def test_what_cannot_be_is_refused_in_words_and_changes_nothing(people, api):
    client, peer, finance = api(people.rep), api(people.peer), api(people.finance)
    quote = submitted(people)
    other = make_opportunity(make_customer(owner=people.rep))
    dollars = make_product(currency="USD")
    before = [unchanged(one) for one in (client, peer, finance)][-1]
    rows = body(people)["lines"]

    def lines(**change):
        return {"lines": [{**rows[0], **change}]}

    assert wrong(client.post("quotes/", {**body(people), **lines(quantity="-1")})) == (422, ["lines.0.quantity"])
    assert client.post("quotes/", {**body(people), **lines(quantity="1e30")}).status_code == 400
    assert wrong(client.post("quotes/", {**body(people), **lines(discount="1.01")})) == (422, ["lines.0.discount"])
    assert wrong(client.post("quotes/", {**body(people), **lines(tax_rate="0.16")})) == (422, ["lines.0.tax_rate"])
    assert wrong(client.post("quotes/", {**body(people), **lines(product=dollars.pk)})) == (422, ["lines.0.product"])
    assert wrong(client.post("quotes/", {**body(people), **lines(id=1)})) == (422, ["lines.0.id"])
    assert wrong(client.post("quotes/", body(people, opportunity=other.pk))) == (422, ["opportunity"])
    assert wrong(client.post("quotes/", body(people, state="approved"))) == (400, ["state"])
    assert client.patch(f"quotes/{quote.pk}/", {"title": "Other"}).status_code in (409, 422)
    assert client.post(f"quotes/{quote.pk}/submit/").status_code in (409, 422)
    assert client.post(f"quotes/{quote.pk}/send/").status_code in (409, 422)
    assert client.post(f"quotes/{quote.pk}/new_version/").status_code in (409, 422)
    for verb in ("submit", "withdraw", "new_version", "void", "send"):
        assert error(peer.post(f"quotes/{quote.pk}/{verb}/", {}))[0] == 404
    assert error(peer.post("quotes/", body(people)))[0] == 404
    assert finance.get(f"quotes/{quote.pk}/").status_code == 200
    assert error(finance.post(f"quotes/{quote.pk}/withdraw/", {}))[0] == 403
    assert unchanged(client) == before


def test_a_list_costs_the_same_queries_for_one_and_for_many(people, api, django_assert_max_num_queries):
    for _turn in range(5):
        draft(people, line(), line(price=D(3)))
    client = api(people.rep)
    client.get("quotes/")
    with django_assert_max_num_queries(8):
        assert len(client.get("quotes/").body["results"]) == 5
    assert Quote.objects.count() == 5
