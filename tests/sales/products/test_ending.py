"""A price list that has prices ends early by two people only, because other prices and minimums count then."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

import crm.celery  # noqa: F401 - the doorbell of what is started here
from crm.history.models import Operation
from crm.notifications.models import Notice
from sales.products.ending import agree_to_end, ask_to_end, refuse_to_end, withdraw_end
from sales.products.models import PriceList
from sales.products.prices import price_for
from tests.contract.fingerprints import fingerprint
from tests.factories import make_user, sign_in
from tests.factories.sales import make_price_list, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance():
    return make_user("finance", "finance")


@pytest.fixture
def second():
    return make_user("second", "finance")


def in_days(count):
    return timezone.localdate() + timedelta(days=count)


def asked(person, day=None, **fields):
    prices = make_price_list("Autumn", {make_product(): "900"}, **fields)
    return ask_to_end(prices, actor=person, day=day or in_days(3), reason="Costs rose")


def refused(work, code=None, kind=ValidationError):
    before = fingerprint()
    with pytest.raises(kind) as refusal:
        work()
    assert fingerprint() == before
    if code:
        assert refusal.value.code == code


def verbs():
    return list(Operation.objects.order_by("pk").values_list("verb", flat=True))


def test_a_list_ends_on_the_day_two_people_agreed_on(finance, second):
    product = make_product()
    prices = make_price_list("Autumn", {product: "900"})
    ask_to_end(prices, actor=finance, day=in_days(3), reason="Costs rose")
    prices.refresh_from_db()
    assert (prices.ends_on, prices.is_ending, prices.ending_asked_by) == (None, True, finance)
    assert [notice.recipient for notice in Notice.objects.filter(kind="price_asked")] == [second]
    agree_to_end(prices, actor=second, day=in_days(3))
    prices.refresh_from_db()
    assert (prices.ends_on, prices.is_ending, prices.ending_agreed_by) == (in_days(3), False, second)
    assert [price_for(product, None, in_days(day)).price for day in (3, 4)] == [Decimal(900), Decimal(1000)]
    assert verbs() == ["price_list_end_asked", "price_list_end_agreed"]
    assert Notice.objects.get(kind="price_decided").recipient == finance


def test_one_that_would_not_have_begun_is_put_out_of_use(finance, second):
    prices = asked(finance, starts_on=in_days(10))
    agree_to_end(prices, actor=second, day=in_days(3))
    prices.refresh_from_db()
    assert (prices.is_active, prices.ends_on) == (False, None)


def test_whoever_asked_does_not_agree_nor_refuse(finance):
    prices = asked(finance)
    refused(lambda: agree_to_end(prices, actor=finance, day=in_days(3)), kind=PermissionDenied)
    refused(lambda: refuse_to_end(prices, actor=finance), kind=PermissionDenied)


def test_nor_does_somebody_without_the_right(finance):
    prices = asked(finance)
    rep = make_user("rep", "rep")
    refused(lambda: agree_to_end(prices, actor=rep, day=in_days(3)), kind=PermissionDenied)


def test_the_database_keeps_two_people_apart(finance):
    prices = asked(finance)
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceList.objects.filter(pk=prices.pk).update(ending_agreed_by=finance)


def test_nobody_agrees_to_another_day_than_the_one_they_saw(finance, second):
    prices = asked(finance)
    withdraw_end(prices, actor=finance)
    ask_to_end(prices, actor=finance, day=in_days(1), reason="Sooner")
    refused(lambda: agree_to_end(prices, actor=second, day=in_days(3)), "stale")


def test_a_refused_wish_changes_nothing_and_another_may_follow(finance, second):
    prices = asked(finance)
    refuse_to_end(prices, actor=second)
    prices.refresh_from_db()
    assert (prices.ends_on, prices.ending_on, prices.ending_asked_by) == (None, None, None)
    refused(lambda: agree_to_end(prices, actor=second, day=in_days(3)), "decided")
    ask_to_end(prices, actor=second, day=in_days(5), reason="Again")
    agree_to_end(prices, actor=finance, day=in_days(5))
    assert PriceList.objects.get().ends_on == in_days(5)


def test_only_who_asked_withdraws(finance, second):
    prices = asked(finance)
    refused(lambda: withdraw_end(prices, actor=second), kind=PermissionDenied)
    withdraw_end(prices, actor=finance)
    refused(lambda: withdraw_end(prices, actor=finance), "decided")


def test_wishes_that_make_no_sense_are_refused(finance):
    prices = make_price_list("Autumn", {make_product(): "900"}, ends_on=in_days(9))

    def ask(row=prices, day=3, reason="Why"):
        return lambda: ask_to_end(row, actor=finance, day=in_days(day), reason=reason)

    refused(ask(reason=" "))
    refused(ask(day=-1))
    refused(ask(day=9))
    refused(ask(day=800))
    refused(ask(make_price_list("Empty")), "empty")
    refused(ask(make_price_list("Off", {make_product(): "1"}, is_active=False)), "over")
    refused(ask(make_price_list("Over", {make_product(): "1"}, ends_on=in_days(-1))), "over")
    ask()()
    refused(ask(day=2), "waiting")


def test_two_people_end_a_list_on_its_page(finance, second):
    prices = make_price_list("Autumn", {make_product(): "900"})
    page, one, other = prices.get_absolute_url(), sign_in(finance), sign_in(second)
    end = reverse("sales:price_list_end", args=[prices.pk])
    assert end in one.get(page).content.decode()
    assert one.post(end, {"day": in_days(-1).isoformat(), "reason": "Late"}).status_code == 422
    assert one.post(end, {"day": in_days(2).isoformat(), "reason": "Costs rose"}).status_code == 302
    agree = reverse("sales:price_list_end_agree", args=[prices.pk])
    shown = [browser.get(page).content.decode() for browser in (one, other)]
    assert [agree in text for text in shown] == [False, True]
    assert "Autumn" in other.get(reverse("sales:price_changes")).content.decode()
    for sent in ({}, {"day": "x"}, {"day": in_days(1).isoformat()}):
        before = PriceList.objects.values().get()
        other.post(agree, sent)
        assert PriceList.objects.values().get() == before
    one.post(agree, {"day": in_days(2).isoformat()})
    assert PriceList.objects.get().ends_on is None
    other.post(agree, {"day": in_days(2).isoformat()})
    assert PriceList.objects.get().ends_on == in_days(2)
    assert sign_in(make_user("rep", "rep")).post(end, {}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_an_agreement_and_a_withdrawal_at_once_one_counts(finance, second):
    prices = asked(finance)
    gate, ends = threading.Barrier(2), []

    def run(work):
        gate.wait(10)
        try:
            work()
            ends.append("done")
        except ValidationError:
            ends.append("refused")
        finally:
            connection.close()

    works = [
        lambda: agree_to_end(prices, actor=second, day=in_days(3)),
        lambda: withdraw_end(prices, actor=finance),
    ]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ends) == ["done", "refused"]
