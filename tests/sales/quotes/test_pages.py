from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone
from django.utils.html import escape

from sales.quotes.actions import change_quote, send_quote, submit_quote
from sales.quotes.models import Quote
from sales.quotes.versions import new_version
from tests.factories import make_contact, make_customer, make_user
from tests.factories.people import sign_in
from tests.factories.sales import make_opportunity, make_product, make_quote, make_requirement
from tests.sales.quotes.stories import approved, contradictions, decide, draft, line, submitted


def posted(*rows, **more):
    """What the form of a quote sends."""
    today = timezone.localdate()
    data = {"title": "MES", "currency": "CNY", "is_tax_included": "on", "issued_on": today.isoformat(),
            "valid_until": (today + timedelta(days=30)).isoformat(), "lines-count": str(len(rows)), **more}  # fmt: skip
    for place, row in enumerate(rows):
        full = {"id": "", "product": "", "name": "", "spec": "", "unit": "", "quantity": "1", "price": "",
                "discount": "", "tax_rate": "0.13", **row}  # fmt: skip
        data |= {f"lines-{place}-{name}": value for name, value in full.items()}
    return data


def test_a_quote_is_written_on_one_page_and_made_once(people):
    product = make_product("Gateway", code="GW-200", list_price=D(6800))
    browser = sign_in(people.rep)
    place = f"/sales/quotes/new/?customer={people.customer.pk}"
    assert browser.get(place).status_code == 200
    data = posted(
        {"product": "gw-200", "quantity": "24", "discount": "15"}, {"name": "Travel", "price": "1,500.00"},
        discount="10", key="0b0e0d0c-1111-4222-8333-444455556666",
    )  # fmt: skip
    for _turn in range(2):
        answer = browser.post(place, data)
        assert answer.status_code == 302, answer.content.decode()
    quote = Quote.objects.get()
    assert answer.url == quote.get_absolute_url()
    first, second = quote.lines.all()
    assert (first.product, first.name, first.price, first.own_discount) == (product, "Gateway", D(7684), D("0.15"))
    assert (second.name, second.price, second.discount) == ("Travel", D(1500), D("0.1"))
    assert (first.gross, second.gross, quote.gross) == (D("141078.24"), D("1350.00"), D("142428.24"))
    assert contradictions() == []


def test_without_a_script_the_buttons_of_the_rows_change_the_rows_and_save_nothing(people):
    product = make_product("Gateway", code="GW-200", list_price=D(1000))
    browser = sign_in(people.rep)
    place = f"/sales/quotes/new/?customer={people.customer.pk}"
    rows = [{"name": "a", "price": "1"}, {"name": "b", "price": "2"}, {"product": product.code}]
    page = browser.post(place, posted(*rows, line="down-0"))
    assert page.status_code == 200
    editor = page.context["editor"]
    assert [row.texts["name"] for row in editor.rows] == ["b", "a", "Gateway"]
    assert editor.rows[2].texts["price"] == "1130"
    assert len(browser.post(place, posted(*rows, line="add")).context["editor"].rows) == 4
    left = browser.post(place, posted(*rows, line="remove-1")).context["editor"]
    assert [row.texts["name"] for row in left.rows] == ["a", "Gateway"]
    assert left.totals.gross == D("1131.00")
    for odd in ("remove-99", "up-x", "explode", "down-2"):
        assert browser.post(place, posted(*rows, line=odd)).status_code == 200
    assert not Quote.objects.exists()


def test_wrong_rows_are_refused_at_the_row_and_nothing_is_saved(people):
    browser = sign_in(people.rep)
    off_sale = make_product(is_on_sale=False)
    place = f"/sales/quotes/new/?customer={people.customer.pk}"
    page = browser.post(place, posted(
        {"name": "a", "price": "1e30"}, {"name": "b", "price": "1", "quantity": "-3"}, {"product": "unknown"},
        {"name": "c", "price": "1", "discount": "101"}, {"product": off_sale.code},
    ))  # fmt: skip
    assert page.status_code == 422
    wrong = [set(row.errors) for row in page.context["editor"].rows]
    assert wrong[:1] == [{"price"}]
    assert wrong[2] == {"product", "price"}
    page = browser.post(place, posted({"name": "b", "price": "1", "quantity": "-3"}, {"product": off_sale.code}))
    assert page.status_code == 422
    assert [set(row.errors) for row in page.context["editor"].rows] == [{"quantity"}, {"product"}]
    assert not Quote.objects.exists()


def test_live_totals_answer_with_amounts_or_with_the_whole_editor(people):
    make_product("Gateway", code="GW-200", list_price=D(1000))
    browser = sign_in(people.rep)
    place = f"/sales/quotes/totals/?customer={people.customer.pk}"
    rows = [{"name": "a", "price": "100", "quantity": "3"}, {"name": "b", "price": "x"}]
    part = browser.post(place, posted(*rows), headers={"HX-Request": "true"}).content.decode()
    assert '<output id="amount-0" hx-swap-oob="true">300.00</output>' in part
    assert '<output id="amount-1" hx-swap-oob="true"></output>' in part
    assert 'id="lines"' not in part
    rows[1]["product"] = "GW-200"
    whole = browser.post(
        place, posted(*rows), headers={"HX-Request": "true", "HX-Trigger-Name": "lines-1-product"}
    ).content.decode()
    assert 'id="lines"' in whole
    assert 'value="Gateway"' in whole
    assert not Quote.objects.exists()


def test_a_quote_begins_with_its_opportunity_or_its_approved_requirement(people):
    opportunity = make_opportunity(people.customer, name="Networked machines")
    requirement = make_requirement(people.customer, state="approved", number="XQ-1", title="Forty machines")
    browser = sign_in(people.rep)
    page = browser.get(f"/sales/quotes/new/?opportunity={opportunity.pk}")
    assert page.context["form"].initial["title"] == "Networked machines"
    page = browser.get(f"/sales/quotes/new/?requirement={requirement.pk}")
    row = page.context["editor"].rows[0].texts
    assert (row["name"], row["quantity"], row["price"]) == ("Gateway", "2", "6800")
    peer = sign_in(people.peer)
    for name, row in (("opportunity", opportunity), ("requirement", requirement), ("customer", people.customer)):
        assert b'name="q"' in peer.get(f"/sales/quotes/new/?{name}={row.pk}").content


def test_foreign_contacts_and_opportunities_cannot_be_chosen(people):
    other = make_customer(owner=people.rep)
    browser = sign_in(people.rep)
    place = f"/sales/quotes/new/?customer={people.customer.pk}"
    for field, row in (("contact", make_contact(other)), ("opportunity", make_opportunity(other))):
        page = browser.post(place, posted({"name": "a", "price": "1"}, **{field: str(row.pk)}))
        assert (page.status_code, set(page.context["form"].errors)) == (422, {field})
    assert not Quote.objects.exists()


def test_editing_keeps_the_lines_and_notices_what_changed_meanwhile(people):
    quote = draft(people, line(name="a"), line(name="b"))
    first, second = quote.lines.all()
    browser = sign_in(people.rep)
    page = browser.get(f"/sales/quotes/{quote.pk}/edit/")
    seen = page.context["form"].initial["seen"]
    rows = [{"id": str(second.pk), "name": "b", "price": "7"}, {"id": str(first.pk), "name": "a", "price": "1000"}]
    answer = browser.post(f"/sales/quotes/{quote.pk}/edit/", posted(*rows, seen=seen))
    assert answer.status_code == 302, answer.context["editor"].errors
    assert [(row.pk, row.price) for row in quote.lines.all()] == [(second.pk, D(7)), (first.pk, D(1000))]
    stale = browser.post(f"/sales/quotes/{quote.pk}/edit/", posted(*rows, seen=seen, title="Other"))
    assert stale.status_code == 409
    quote.refresh_from_db()
    assert (quote.title, quote.gross) == ("MES", D("1007.00"))


def test_line_ids_of_another_quote_are_refused(people):
    mine, other = draft(people), draft(people)
    foreign = other.lines.get()
    browser = sign_in(people.rep)
    page = browser.post(
        f"/sales/quotes/{mine.pk}/edit/", posted({"id": str(foreign.pk), "name": "Stolen", "price": "1"})
    )
    assert page.status_code == 422
    assert page.context["editor"].rows[0].errors == {"id": ["This line is not one of this document."]}
    foreign.refresh_from_db()
    assert (foreign.document_id, foreign.price) == (other.pk, D(1000))


def test_the_page_shows_what_is_offered_in_words_and_what_changed(people):
    first = decide(submitted(people, line(name="Gateway", quantity=D(32), price=D("6800"))), people.director, people.vp)
    second = new_version(first, actor=people.rep)
    kept = second.lines.get()
    change_quote(
        second, actor=people.rep, values={},
        lines=[line(id=kept.pk, name="Gateway", quantity=D(24), price=D("6800"))],
    )  # fmt: skip
    page = sign_in(people.rep).get(second.get_absolute_url()).content.decode()
    assert "¥163,200.00" in page
    assert "人民币壹拾陆万叁仟贰佰元整" in page
    assert '<del class="diff-old">32</del><ins class="diff-new">24</ins>' in page
    assert '<del class="diff-old">217,600.00</del><ins class="diff-new">163,200.00</ins>' in page
    compared = sign_in(people.rep).get(f"/sales/quotes/{second.pk}/compare/?with=1").content.decode()
    assert '<ins class="diff-new">24</ins>' in compared


def test_minimum_prices_cost_and_margin_are_for_those_who_see_them(people):
    product = make_product(list_price=D(1000), minimum_price=D("871.3579"), cost_price=D("333.1917"))
    quote = submitted(people, line(product_id=product.pk, price=D(800)))
    secrets = ("871.3579", "984.6344", "333.1917", "374.77")

    def told(user):
        browser = sign_in(user)
        pages = [quote.get_absolute_url(), f"/sales/quotes/{quote.pk}/compare/", "/sales/quotes/"]
        text = " ".join(browser.get(page).content.decode() for page in pages)
        return [secret for secret in secrets if secret in text]

    assert told(people.rep) == []
    assert told(people.director) == ["984.6344"]
    assert set(told(people.finance)) == {"984.6344", "374.77"}
    rep = sign_in(people.rep)
    Quote.objects.filter(pk=quote.pk).update(state="draft")
    for page in (f"/sales/quotes/{quote.pk}/edit/", f"/sales/quotes/{quote.pk}/submit/"):
        text = rep.get(page).content.decode()
        assert [secret for secret in secrets if secret in text] == []


def test_the_whole_way_by_the_buttons_of_the_pages(people):
    quote = draft(people)
    rep, director = sign_in(people.rep), sign_in(people.director)
    assert (
        "/sales/contracts/new/" not in rep.get(quote.get_absolute_url()).content.decode().split('class="page-body"')[0]
    )
    page = rep.get(f"/sales/quotes/{quote.pk}/submit/")
    assert escape(str(people.director)) in page.content.decode()
    assert rep.post(f"/sales/quotes/{quote.pk}/submit/", {"comment": "Urgent"}).status_code == 302
    quote.refresh_from_db()
    assert quote.state == "pending"
    assert director.get(quote.get_absolute_url()).context["approval"]["turn"] is not None
    decide(quote, people.director)
    assert f"/sales/contracts/new/?quote={quote.pk}" in rep.get(quote.get_absolute_url()).content.decode()
    sent = rep.post(f"/sales/quotes/{quote.pk}/send/", {"until": quote.valid_until.isoformat()})
    assert "/c/" in sent.content.decode()
    assert rep.post(f"/sales/quotes/{quote.pk}/revoke-link/").status_code == 302
    assert quote.links.get().revoked_at is not None
    answer = rep.post(f"/sales/quotes/{quote.pk}/new-version/")
    made = Quote.objects.get(version=2)
    assert answer.url == f"/sales/quotes/{made.pk}/edit/"
    assert rep.post(f"/sales/quotes/{made.pk}/void/", {"reason": ""}).status_code == 422
    assert rep.post(f"/sales/quotes/{made.pk}/void/", {"reason": "Mistake"}).status_code == 302
    assert rep.post(f"/sales/quotes/{quote.pk}/copy/").status_code == 302
    assert Quote.objects.filter(number="").count() == 1


def test_a_peer_neither_sees_nor_changes_the_quote(people):
    quote = approved(people)
    send_quote(quote, actor=people.rep)
    peer = sign_in(people.peer)
    before = list(Quote.objects.values())
    for verb in ("", "edit/", "compare/", "submit/", "send/", "void/", "withdraw/"):
        assert peer.get(f"/sales/quotes/{quote.pk}/{verb}").status_code == 404
    for verb in ("edit/", "submit/", "send/", "void/", "withdraw/", "new-version/", "copy/", "revoke-link/", "totals/"):
        assert peer.post(f"/sales/quotes/{quote.pk}/{verb}", {"reason": "x"}).status_code == 404
    assert list(Quote.objects.values()) == before
    finance = sign_in(people.finance)
    assert finance.get(f"/sales/quotes/{quote.pk}/").status_code == 200
    assert finance.get(f"/sales/quotes/{quote.pk}/edit/").status_code == 403


def test_the_owner_of_the_customer_sees_what_others_quoted_it(people):
    quote = make_quote(people.customer, owner=people.peer)
    assert sign_in(people.rep).get(quote.get_absolute_url()).status_code == 200
    assert sign_in(people.rep).get(f"/sales/quotes/{quote.pk}/edit/").status_code == 403


def test_the_list_shows_the_newest_versions_and_is_narrowed_down(people):
    first = approved(people)
    second = new_version(first, actor=people.rep)
    browser = sign_in(people.rep)

    def ids(query=""):
        page = browser.get(f"/sales/quotes/{query}")
        assert page.status_code == 200, page.content.decode()
        return [int(text.split('"')[0]) for text in page.content.decode().split('data-id="')[1:]]

    assert ids() == [second.pk]
    assert ids("?old_versions=on") == [second.pk, first.pk]
    assert ids("?state=approved&old_versions=on") == [first.pk]
    assert ids(f"?q={first.number}") == [second.pk]
    assert ids("?q=Hengyao") == [second.pk]
    assert ids("?validity=good&old_versions=true") == [first.pk]
    assert ids("?gross_from=2000") == []
    assert browser.get("/sales/quotes/?state=nonsense").status_code == 400
    for order in ("gross", "-gross", "valid", "-issued"):
        assert ids(f"?sort={order}") == [second.pk]
    assert browser.get("/sales/quotes/filter/").status_code == 200


def test_the_palette_finds_quotes_in_reach(people):
    quote = submitted(people)
    found = sign_in(people.rep).get(f"/search/?q={quote.number}").content.decode()
    assert quote.get_absolute_url() in found
    assert quote.get_absolute_url() not in sign_in(people.peer).get(f"/search/?q={quote.number}").content.decode()


@pytest.mark.parametrize("count", [1, 200])
def test_a_page_costs_the_same_queries_whatever_its_length(people, django_assert_max_num_queries, count):
    quote = draft(people, *[line(name=f"Line {place}") for place in range(count)])
    submit_quote(quote, actor=people.rep)
    browser = sign_in(people.rep)
    browser.get(quote.get_absolute_url())
    with django_assert_max_num_queries(12):
        browser.get(quote.get_absolute_url())


def test_submitting_costs_the_same_whatever_its_length(people, django_assert_max_num_queries):
    quote = draft(people, *[line(name=f"Line {place}") for place in range(20)])
    with django_assert_max_num_queries(40):
        submit_quote(quote, actor=people.rep)


def test_two_hundred_lines_are_posted_and_more_are_refused(people):
    browser = sign_in(people.rep)
    place = f"/sales/quotes/new/?customer={people.customer.pk}"
    rows = [{"name": f"Line {number}", "price": "1"} for number in range(201)]
    assert browser.post(place, posted(*rows[:200])).status_code == 302
    page = browser.post(place, posted(*rows))
    assert page.status_code == 422
    assert page.context["editor"].errors == ["A document has 200 lines at most."]
    assert Quote.objects.get().lines.count() == 200


def test_a_stranger_to_sales_has_no_quotes(people):
    agent = sign_in(make_user("agent", "agent"))
    assert agent.get("/sales/quotes/").status_code == 403
    assert agent.get("/sales/quotes/new/").status_code == 403
