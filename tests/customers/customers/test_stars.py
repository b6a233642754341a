"""Following customers, the news about them, and what was opened lately."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.history.operations import operation
from crm.notifications.models import Notice
from customers.customers import stars
from customers.customers.models import Customer, Star
from customers.customers.recent import recent_customers
from customers.pool import actions as pool
from tests.factories import (
    make_customer,
    make_customers,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture
def rep():
    return make_user("rep", "rep", name="Lin")


@pytest.fixture
def director(rep):
    return make_user("director", "director", rep.department, name="Zhou")


def test_a_star_is_put_on_and_taken_off_on_the_page_and_fills_the_list_of_followed_ones(rep):
    starred, other = make_customer(rep, name="Starred"), make_customer(rep, name="Other")
    client = sign_in(rep)

    for _ in range(2):
        assert client.post(f"/customers/{starred.pk}/star/").status_code == 302
    part = client.post(f"/customers/{other.pk}/star/", headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in part.text
    assert client.post(f"/customers/{other.pk}/unstar/").status_code == 302

    page = client.get("/customers/?followed=on").text
    assert ("Starred" in page, "Other" in page) == (True, False)
    assert Star.objects.count() == 1


def test_only_customers_in_reach_can_be_followed_and_only_so_many(rep, monkeypatch):
    foreign = make_customer(make_user("stranger", "rep", make_department("North")))
    assert sign_in(rep).post(f"/customers/{foreign.pk}/star/").status_code == 404
    monkeypatch.setattr(stars, "STARS_AT_MOST", 1)
    stars.follow_customer(make_customer(rep), actor=rep)
    with pytest.raises(ValidationError, match="which is the limit"):
        stars.follow_customer(make_customer(rep), actor=rep)
    assert Star.objects.count() == 1


def test_who_follows_a_customer_is_told_once_what_another_did_with_it(rep, director):
    customer = make_customer(rep, name="Harbour")
    make_pool(department=rep.department)
    for person in (rep, director):
        stars.follow_customer(customer, actor=person)

    pool.release_customer(customer, actor=rep, reason="No budget this year.")

    told = Notice.objects.filter(kind="followed_customer")
    assert list(told.values_list("recipient__username", "text", "url")) == [
        (
            "director",
            "“Harbour”, which you follow: Lin moved this customer into the pool.",
            f"/customers/{customer.pk}/",
        )
    ]


def test_a_claim_is_told_and_many_customers_of_one_operation_make_one_notice(rep, director):
    pooled = make_pooled_customer(make_pool(department=rep.department), name="Pooled")
    stars.follow_customer(pooled, actor=director)
    pool.claim_customer(pooled, actor=rep)
    assert Notice.objects.filter(kind="followed_customer", recipient=director).count() == 1

    rows = make_customers(3, rep)
    for row in rows:
        stars.follow_customer(row, actor=director)
    with operation(rep, "customer_transferred") as entry:
        told = [stars.tell_followers(entry, [row.pk for row in rows]) for _ in range(2)]
    assert told == [1, 1]
    text = Notice.objects.filter(kind="followed_customer", recipient=director).latest("pk").text
    assert text == f"3 customers you follow, such as “{rows[0].name}”: Lin moved customers in bulk."
    assert Notice.objects.filter(kind="followed_customer", recipient=director).count() == 2


def test_who_sees_a_customer_no_longer_learns_that_it_left_but_not_its_name(rep, director):
    customer = make_customer(rep, name="Harbour")
    stars.follow_customer(customer, actor=rep)
    stranger = make_user("stranger", "rep", make_department("North"))
    Customer.objects.filter(pk=customer.pk).update(owner=stranger, department=stranger.department)

    with operation(director, "customer_transferred") as entry:
        stars.tell_followers(entry, [customer.pk])

    notice = Notice.objects.get(recipient=rep)
    assert (notice.text, notice.url) == ("A customer you follow was moved and is out of your reach now.", "")


# ── opened lately ──


def test_the_last_twenty_opened_are_remembered_latest_first_without_a_write(rep):
    rows = make_customers(22, rep)
    client = sign_in(rep)
    client.get("/help/")
    for row in rows:
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/customers/{row.pk}/")
        assert [q["sql"] for q in captured if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")] == []
    client.get(f"/customers/{rows[5].pk}/")

    assert [row.pk for row in recent_customers(rep)] == [rows[5].pk, *(r.pk for r in rows[:1:-1] if r != rows[5])]


def test_the_palette_offers_them_first_and_only_within_reach(rep):
    kept, lost = make_customer(rep, name="Kept Works"), make_customer(rep, name="Lost Works")
    client = sign_in(rep)
    for row in (kept, lost):
        client.get(f"/customers/{row.pk}/")
    stranger = make_user("stranger", "rep", make_department("North"))
    Customer.objects.filter(pk=lost.pk).update(owner=stranger, department=stranger.department)

    answer = client.get("/palette/?q=").text

    assert "Opened lately" in answer
    assert "Kept Works" in answer
    assert "Lost Works" not in answer
    assert answer.index("Kept Works") < answer.index("New customer")
    assert recent_customers(make_user("other", "rep")) == []
