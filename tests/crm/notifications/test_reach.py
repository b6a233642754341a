"""A notice tells of a record only while its reader sees the record."""

import pytest
from django.utils import translation

from crm.notifications.actions import new_notice, notify, notify_many
from crm.notifications.models import Notice
from customers.customers.models import Customer
from tests.factories import make_customer, make_department, make_user, sign_in

pytestmark = pytest.mark.django_db
GONE = "This notice is about something you no longer see."
PAGES = ("/notifications/", "/")


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def rep():
    return make_user("rep", role="rep", department=make_department("East"))


@pytest.fixture
def colleague():
    return make_user("other", role="rep", department=make_department("North"))


@pytest.fixture
def customer(rep):
    return make_customer(rep, name="Canary Works")


def tell(person, customer, about):
    notify(person, "team", "“Canary Works” waits.", about=about, url=customer.get_absolute_url(), dedupe_key="told")
    return Notice.objects.get(recipient=person)


def give(customer, owner):
    Customer.objects.filter(pk=customer.pk).update(owner=owner, department=owner.department)


def test_a_notice_is_read_while_its_customer_is_seen_and_again_once_it_is(rep, colleague, customer):
    tell(rep, customer, customer)
    client = sign_in(rep)
    for owner, text in ((rep, "Canary Works"), (colleague, GONE), (rep, "Canary Works")):
        give(customer, owner)
        for address in PAGES:
            page = client.get(address).text
            assert text in page, address
            assert ("Canary" in page) is (owner == rep), address


def test_a_notice_of_a_lost_customer_leads_nowhere_and_can_be_read_away(rep, colleague, customer):
    notice = tell(rep, customer, customer)
    give(customer, colleague)
    client = sign_in(rep)

    assert customer.get_absolute_url() not in client.get("/notifications/").text
    assert ">1<" in client.get("/notifications/count/").text
    assert client.post(f"/notifications/{notice.pk}/open/").url == "/notifications/"
    assert "count-hot" not in client.get("/notifications/count/").text
    assert "Canary" not in client.get("/notifications/").text


def test_who_lost_the_right_to_customers_reads_nothing_of_them(rep, customer):
    tell(rep, customer, customer)
    rep.roles.clear()

    assert GONE in sign_in(rep).get("/notifications/").text


def test_what_tells_of_the_loss_keeps_its_words(rep, colleague, customer):
    tell(rep, customer, None)
    give(customer, colleague)

    assert "Canary Works" in sign_in(rep).get("/notifications/").text


def test_a_notice_about_a_record_nobody_can_answer_for_is_refused(rep):
    with pytest.raises(ValueError, match=r"crm\.User"):
        notify(rep, "team", "About a colleague", about=rep, dedupe_key="never")
    assert Notice.objects.count() == 0


def test_many_are_told_at_once_and_each_of_its_own_customer(rep, colleague, customer):
    notify_many(
        [
            new_notice(rep, "team", one.name, about=one, dedupe_key=str(one.pk))
            for one in (customer, make_customer(colleague, name="Foreign Works"))
        ]
    )

    texts = [notice.shown_text for notice in Notice.objects.with_seen(rep).order_by("pk")]
    assert texts == ["Canary Works", GONE]


def test_a_notice_read_without_asking_who_sees_it_shows_nothing(rep, customer):
    assert tell(rep, customer, customer).shown_text == GONE
