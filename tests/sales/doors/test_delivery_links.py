"""The link under which a customer answers a delivery: made by whoever delivers, used once, over when it is over."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from sales.links.actions import find_link, link_path
from sales.links.models import CustomerLink
from sales.orders import acceptance, actions
from sales.orders.links import make_delivery_link, revoke_delivery_links
from sales.orders.models import Delivery
from tests.contract.fingerprints import fingerprint
from tests.factories import make_user, sign_in
from tests.factories.sales import make_delivery


@pytest.fixture
def delivery(db):
    made = make_delivery()
    owner = made.order.owner
    owner.roles.add(make_user("other", "rep").roles.get())
    return actions.record_delivered(made, actor=owner, delivered_on=timezone.localdate())


def made_link(delivery, days=3):
    link, token = make_delivery_link(
        delivery, actor=delivery.order.owner, until=timezone.localdate() + timedelta(days=days)
    )
    return link, link_path(token)


def customer():
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["django_language"] = "en"
    return browser


def sent(browser, place, answer="accept", **more):
    """What the form of the page sends."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(place).content.decode())
    data = {"name": "Ms Li", "note": "", "answer": answer, **more}
    return browser.post(place, {**data, "csrfmiddlewaretoken": found[1] if found else ""})


def refused(work, code=""):
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        work()
    assert fingerprint() == before
    assert code in ("", getattr(caught.value, "code", ""))


def test_whoever_delivers_makes_the_link_on_the_page_and_the_customer_accepts_once(delivery):
    browser = sign_in(delivery.order.owner)
    assert "Link of the customer" in browser.get(delivery.get_absolute_url()).content.decode()
    place = f"/sales/deliveries/{delivery.pk}/link/"
    assert browser.get(place).status_code == 200
    assert browser.post(place, {"until": "2020-01-01"}).status_code == 422
    answer = browser.post(place, {"until": timezone.localdate().isoformat()})
    assert answer["Cache-Control"] == "no-store"
    path = re.search(r"/c/[^/]+/", answer.content.decode())[0]
    stranger = customer()
    assert sent(stranger, path).status_code == 200
    delivery.refresh_from_db()
    assert (delivery.state, delivery.answered_by, delivery.answer_address) == ("accepted", "Ms Li", "127.0.0.1")
    link = CustomerLink.objects.get()
    assert (link.answered_at is not None, link.revoked_at) == (True, None)
    assert stranger.get(path).status_code == 410


def test_a_refusal_by_link_needs_words_and_opens_the_quantities_again(delivery):
    _link, path = made_link(delivery)
    stranger = customer()
    assert sent(stranger, path, "decline").status_code == 422
    assert sent(stranger, path, "decline", note="Scratched").status_code == 200
    delivery.refresh_from_db()
    assert (delivery.state, delivery.answer_note) == ("refused", "Scratched")
    assert delivery.order.lines.get().delivered == 0


def test_a_page_that_was_opened_before_its_link_was_taken_back_or_replaced_takes_no_answer(delivery):
    link, path = made_link(delivery)
    owner = delivery.order.owner
    revoke_delivery_links(delivery, actor=owner)
    for act in (acceptance.accept_delivery, acceptance.refuse_delivery):
        refused(lambda act=act: act(delivery, actor=None, name="Li", note="No", link=link), "over")
    assert customer().get(path).status_code == 410
    second, _path = made_link(delivery)
    made_link(delivery)
    refused(lambda: acceptance.accept_delivery(delivery, actor=None, name="Li", link=second), "over")
    delivery.refresh_from_db()
    assert delivery.state == "delivered"


def test_a_link_that_ran_out_while_its_page_was_open_takes_no_answer(delivery):
    link, path = made_link(delivery)
    CustomerLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused(lambda: acceptance.accept_delivery(delivery, actor=None, name="Li", link=link), "over")
    assert customer().get(path).status_code == 410


def test_only_what_was_delivered_gets_a_link_and_only_for_some_days(delivery):
    planned, owner, today = make_delivery(), delivery.order.owner, timezone.localdate()
    refused(lambda: make_delivery_link(planned, actor=owner, until=today), "state")
    for day in (today - timedelta(days=1), today + timedelta(days=91)):
        refused(lambda day=day: make_delivery_link(delivery, actor=owner, until=day))
    refused(lambda: revoke_delivery_links(delivery, actor=owner), "state")
    _link, path = made_link(delivery)
    actions.cancel_delivery(delivery, actor=owner, reason="Lost on the way")
    assert customer().get(path).status_code == 410
    assert find_link(path.split("/")[2]).revoked_at is not None


def test_a_colleague_makes_no_link_to_deliveries_of_others(delivery):
    browser = sign_in(make_user("peer", "rep"))
    for verb in ("link", "revoke-link"):
        assert browser.post(f"/sales/deliveries/{delivery.pk}/{verb}/", {"until": "2030-01-01"}).status_code == 404
    assert not CustomerLink.objects.exists()
    assert Delivery.objects.get(pk=delivery.pk).state == "delivered"
