"""The first page after signing in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_activity, make_customer, make_customers, make_user, sign_in

pytestmark = pytest.mark.django_db
QUERIES_AT_MOST = 12


def test_due_and_overdue_customers_of_ones_own_are_shown():
    rep, peer = make_user("rep", role="rep"), make_user("peer", role="rep")
    today = timezone.localdate()
    make_customer(owner=rep, name="Due Works", next_follow_on=today)
    make_customer(owner=rep, name="Late Works", next_follow_on=today - timedelta(days=3))
    make_customer(owner=rep, name="Later Works", next_follow_on=today + timedelta(days=3))
    make_customer(owner=peer, name="Foreign Works", next_follow_on=today)
    page = sign_in(rep).get("/").content.decode()
    due = page[page.index('id="due"') : page.index("</section>", page.index('id="due"'))]
    assert "Due Works" in due
    assert "Late Works" in due
    assert "3 days late" in due
    assert "Later Works" not in due
    assert "Foreign Works" not in page


@pytest.mark.parametrize("role", ["rep", "director", "auditor", "admin", "agent", "marketing"])
@pytest.mark.parametrize("count", [1, 40])
def test_the_number_of_queries_does_not_grow(role, count, django_assert_max_num_queries):
    person = make_user(role, role=role)
    owner = person if role in ("rep", "director") else make_user("owner", role="rep")
    for customer in make_customers(count, owner=owner, next_follow_on=timezone.localdate()):
        make_activity(customer)
    client = sign_in(person)
    client.get("/")
    with django_assert_max_num_queries(QUERIES_AT_MOST):
        assert client.get("/").status_code == 200


def test_an_administrator_sees_the_system_and_no_customer():
    make_customer(owner=make_user("rep", role="rep"), name="Secret Works")
    page = sign_in(make_user("boss", role="admin")).get("/").content.decode()
    assert "/settings/system/" in page
    assert "Secret Works" not in page
