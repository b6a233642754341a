"""The pages of the public pools and of their settings."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.history.models import Operation
from customers.customers.models import Customer
from customers.pool.models import ClaimRecord, Pool
from tests.factories import (
    make_customer,
    make_customers,
    make_department,
    make_pooled_customer,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db
LIST = "/customers/pool/"


@pytest.fixture
def nora(sales):
    return make_user("nora", role="rep", department=make_department("North", parent=sales))


def unchanged():
    return list(Customer.objects.order_by("pk").values()), ClaimRecord.objects.count(), Operation.objects.count()


def test_one_sees_the_pools_of_ones_departments_with_masked_phones(pool, rita, nora):
    make_pooled_customer(pool, name="Harbour Works", phone="+8613812345678")
    mine = sign_in(rita).get(LIST).content.decode()
    theirs = sign_in(nora).get(LIST).content.decode()
    assert "Harbour Works" in mine and "138****5678" in mine
    assert "12345678" not in mine
    assert "Harbour Works" not in theirs and "East pool" not in theirs


def test_an_overseer_sees_the_pools_below(pool, sales):
    make_pooled_customer(pool, name="Harbour Works")
    vera = make_user("vera", role="director", department=sales)
    assert "Harbour Works" in sign_in(vera).get(LIST).content.decode()


def test_the_pool_of_others_is_not_found_by_its_id(pool, nora):
    assert sign_in(nora).get(f"{LIST}?pool={pool.pk}").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"), [("cursor=made-up", 400), ("q=%00", 400), ("pool=x", 404), ("cursor=WzAsbnVsbCwxXQ", 400)]
)
def test_addresses_made_up_by_hand_are_refused_in_words(pool, rita, query, status):
    assert sign_in(rita).get(f"{LIST}?{query}").status_code == status


def test_the_list_costs_the_same_queries_for_one_row_and_for_fifty(pool, rita):
    def cost():
        browser = sign_in(rita)
        browser.get(LIST)  # the first page of a session also writes the session
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LIST).status_code == 200
        return len(queries)

    make_pooled_customer(pool, previous_owner=rita)
    one = cost()
    make_customers(49, status="pool", pool=pool, department=pool.department, pooled_at=Customer.objects.get().pooled_at)
    assert cost() == one
    assert one <= 12


def test_a_rep_claims_on_the_page(pool, rita):
    customer = make_pooled_customer(pool)
    answer = sign_in(rita).post(f"/customers/{customer.pk}/claim/")
    customer.refresh_from_db()
    assert (answer.status_code, customer.owner) == (302, rita)


def test_several_are_claimed_at_once_and_each_is_answered(pool, rita):
    pool.claims_per_day = 2
    pool.save()
    customers = [make_pooled_customer(pool) for _ in range(3)]
    page = sign_in(rita).post("/customers/claim/", {"ids": [customer.pk for customer in customers]}).content.decode()
    assert "2 customers done" in page and "1 customer refused" in page
    assert Customer.objects.filter(owner=rita).count() == 2


def test_what_is_not_in_reach_is_not_found_and_nothing_changes(pool, rita, nora):
    pooled, owned = make_pooled_customer(pool), make_customer(owner=rita)
    before, browser = unchanged(), sign_in(nora)
    assert browser.post(f"/customers/{pooled.pk}/claim/").status_code == 404
    assert browser.post(f"/customers/{owned.pk}/release/", {"reason": "x"}).status_code == 404
    assert browser.post(f"/customers/{owned.pk}/assign/", {"owner": nora.pk}).status_code == 403
    assert browser.post("/customers/assign/", {"ids": owned.pk, "owner": nora.pk}).status_code == 403
    browser.post("/customers/release/", {"ids": owned.pk, "reason": "x"})
    browser.post("/customers/claim/", {"ids": pooled.pk})
    assert unchanged() == before


@pytest.mark.parametrize("role", ["finance", "auditor", "admin", "security", "marketing"])
def test_roles_without_the_right_claim_nothing(pool, east, role):
    customer, person = make_pooled_customer(pool), make_user(role=role, department=east)
    before, browser = unchanged(), sign_in(person)
    assert browser.post(f"/customers/{customer.pk}/claim/").status_code == 403
    assert browser.post("/customers/claim/", {"ids": customer.pk}).status_code == 403
    assert unchanged() == before


def test_a_rep_releases_with_a_reason(pool, rita):
    customer = make_customer(owner=rita)
    browser, path = sign_in(rita), f"/customers/{customer.pk}/release/"
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"reason": ""}).status_code == 422
    assert browser.post(path, {"reason": "no interest"}).status_code == 302
    customer.refresh_from_db()
    assert (customer.status, customer.pool) == ("pool", pool)


def test_several_are_released_after_a_reason_was_asked_for(pool, rita):
    customers = make_customers(2, owner=rita)
    browser, chosen = sign_in(rita), {"ids": [customer.pk for customer in customers]}
    assert "Release 2 customers" in browser.post("/customers/release/", chosen).content.decode()
    assert Customer.objects.filter(owner=rita).count() == 2
    browser.post("/customers/release/", {**chosen, "reason": "no interest"})
    assert Customer.objects.filter(pool=pool).count() == 2


def test_a_director_assigns_one_and_several(pool, dora, rita):
    one, *several = [make_pooled_customer(pool) for _ in range(3)]
    browser = sign_in(dora)
    assert browser.get(f"/customers/{one.pk}/assign/").status_code == 200
    browser.post(f"/customers/{one.pk}/assign/", {"owner": rita.pk})
    browser.post("/customers/assign/", {"ids": [row.pk for row in several], "owner": rita.pk})
    assert Customer.objects.filter(owner=rita).count() == 3


RULES = {"claims_per_day": 3, "held_at_most": 50, "cool_down_days": 10, "frozen_hours": 1, "position": 1}


def test_an_administrator_keeps_pools(east):
    browser = sign_in(make_user("adam", role="admin"))
    assert browser.get("/settings/pools/").status_code == 200
    assert browser.post("/settings/pools/new/", {"name": ""}).status_code == 422
    browser.post("/settings/pools/new/", {"name": "New", "department": east.pk, "can_claim": "on", **RULES})
    pool = Pool.objects.get()
    assert (pool.name, pool.claims_per_day, pool.can_claim) == ("New", 3, True)
    browser.post(f"/settings/pools/{pool.pk}/", {"name": "Old", "department": east.pk, **RULES})
    pool.refresh_from_db()
    assert (pool.name, pool.can_claim) == ("Old", False)
    browser.post(f"/settings/pools/{pool.pk}/delete/")
    assert Pool.objects.count() == 0
    assert list(Operation.objects.order_by("pk").values_list("verb", flat=True)) == [
        "pool_saved", "pool_saved", "pool_deleted",
    ]  # fmt: skip


def test_a_pool_that_holds_customers_is_not_removed(pool):
    make_pooled_customer(pool)
    sign_in(make_user("adam", role="admin")).post(f"/settings/pools/{pool.pk}/delete/")
    assert Pool.objects.get() == pool


def test_only_administrators_keep_pools(pool, dora):
    browser = sign_in(dora)
    assert browser.get("/settings/pools/").status_code == 403
    assert browser.post(f"/settings/pools/{pool.pk}/", {"name": "Mine"}).status_code == 403
    assert browser.post(f"/settings/pools/{pool.pk}/delete/").status_code == 403
    assert Pool.objects.get().name == "East pool"
