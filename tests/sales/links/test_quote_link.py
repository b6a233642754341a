import re
from datetime import timedelta
from decimal import Decimal as D

import pytest
import time_machine
from django.utils import timezone

from crm.history.models import Operation
from crm.notifications.models import Notice
from sales.links.actions import find_link, link_path
from sales.links.models import CustomerLink
from sales.quotes.actions import revoke_links, send_quote, submit_quote, void_quote
from sales.quotes.versions import new_version
from tests.factories.people import sign_in
from tests.factories.sales import make_product
from tests.sales.quotes.stories import approved, contradictions, decide, line, submitted


def sent(people, *lines, **more):
    quote = approved(people, *lines, **more)
    _link, token = send_quote(quote, actor=people.rep)
    return quote, link_path(token)


def answer(browser, place, what="accept", **more):
    """What the form sends, with the token of the page where there is one."""
    page = browser.get(place).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    data = {"name": "Xu Jianping", "note": "", "answer": what, **more}
    return browser.post(place, {**data, "csrfmiddlewaretoken": found[1] if found else ""})


def test_a_customer_reads_the_quote_without_signing_in_and_without_secrets(people, customer):
    product = make_product("Gateway", list_price=D(1000), minimum_price=D("871.3579"), cost_price=D("333.1917"))
    quote = submitted(people, line(product_id=product.pk, name="", price=D(800)), internal_note="Our last offer")
    decide(quote, people.director, people.vp, people.finance)
    _link, token = send_quote(quote, actor=people.rep)
    page = customer.get(link_path(token))
    text = page.content.decode()
    assert page.status_code == 200
    assert "¥800.00" in text
    assert "Gateway" in text
    secrets = ("871.3579", "984.63", "333.1917", "Our last offer", people.rep.name)
    assert [secret for secret in secrets if secret in text] == []
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "same-origin"
    assert CustomerLink.objects.get().opened_count == 1


def test_a_customer_accepts_once_and_the_owner_is_told(people, customer):
    quote, place = sent(people)
    done = answer(customer, place, note="As discussed")
    assert done.status_code == 200
    assert "Your acceptance is recorded" in done.content.decode()
    quote.refresh_from_db()
    assert (quote.state, quote.answered_by, quote.answer_address, quote.answer_note) == (
        "accepted", "Xu Jianping", "127.0.0.1", "As discussed",
    )  # fmt: skip
    told = Operation.objects.get(verb="quote_accepted")
    assert (told.actor, told.via, told.facts, told.anchor_id) == (
        None, "link", {"name": "Xu Jianping"}, people.customer.pk,
    )  # fmt: skip
    assert Notice.objects.get(kind="quote_answered").recipient == people.rep
    assert customer.get(place).status_code == 410
    again = answer(customer, place, "decline", note="No")
    assert again.status_code in (403, 410)
    quote.refresh_from_db()
    assert quote.state == "accepted"
    assert contradictions() == []


def test_a_customer_asks_for_changes_with_words(people, customer):
    quote, place = sent(people)
    assert answer(customer, place, "decline").status_code == 422
    assert answer(customer, place, "decline", name=" ", note="Cheaper").status_code == 422
    assert answer(customer, place, "explode", note="Cheaper").status_code == 422
    quote.refresh_from_db()
    assert quote.state == "sent"
    assert answer(customer, place, "decline", note="Cheaper").status_code == 200
    quote.refresh_from_db()
    assert (quote.state, quote.answer_note) == ("declined", "Cheaper")
    assert new_version(quote, actor=people.rep).version == 2


def test_an_answer_needs_the_token_of_the_page(people, customer):
    quote, place = sent(people)
    refused = customer.post(place, {"name": "X", "answer": "accept"})
    assert refused.status_code == 403
    quote.refresh_from_db()
    assert quote.state == "sent"


@pytest.mark.parametrize("end", ["revoked", "renewed", "expired", "void", "replaced", "short"])
def test_a_link_that_is_over_says_so_and_takes_no_answer(people, customer, end):
    quote, place = sent(people)
    page = customer.get(place).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    later = timezone.now()
    if end == "revoked":
        revoke_links(quote, actor=people.rep)
    elif end == "renewed":
        send_quote(quote, actor=people.rep)
    elif end == "void":
        void_quote(quote, actor=people.rep, reason="Gone")
    elif end == "replaced":
        decide(submit_quote(new_version(quote, actor=people.rep), actor=people.rep), people.director)
    elif end == "short":
        _link, secret = send_quote(quote, actor=people.rep, until=timezone.localdate())
        place, later = link_path(secret), later + timedelta(days=1)
    else:
        later += timedelta(days=31)
    quote.refresh_from_db()
    before = quote.state
    with time_machine.travel(later, tick=False):
        shown = customer.get(place)
        assert shown.status_code == 410
        assert "This page is closed" in shown.content.decode()
        data = {"name": "X", "answer": "accept", "csrfmiddlewaretoken": token}
        assert customer.post(place, data).status_code == 410
    quote.refresh_from_db()
    assert (quote.state, quote.answered_at) == (before, None)


def test_a_made_up_or_changed_token_is_unknown_without_asking_the_database(people, customer, django_assert_num_queries):
    quote, place = sent(people)
    token = place.split("/")[2]
    for wrong in (token[:-1], "x" + token, token.replace(".", "-"), "." * 20, "a.b.c", "%00", "あ"):
        assert customer.get(f"/c/{wrong}/").status_code == 404
    with django_assert_num_queries(0):
        assert find_link("made.up") is None
    assert find_link(token).quote == quote


def test_the_token_is_kept_nowhere(people):
    quote, place = sent(people)
    token = place.split("/")[2]
    kept = CustomerLink.objects.values().get()
    assert not any(token in str(value) or token.split(".")[0] in str(value) for value in kept.values())
    page = sign_in(people.rep).get(quote.get_absolute_url()).content.decode()
    assert token not in page


def test_somebody_who_guesses_is_slowed_down(people, customer):
    _quote, place = sent(people)
    answers = [customer.get("/c/guess/").status_code for _turn in range(31)]
    assert set(answers[:30]) == {404}
    assert answers[30] == 429
    assert customer.get(place).status_code == 429


def test_looking_is_no_part_of_the_history(people, customer):
    _quote, place = sent(people)
    before = Operation.objects.count()
    customer.get(place)
    customer.head(place)
    assert Operation.objects.count() == before
