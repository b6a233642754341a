"""Pages and API around the rules: what goes back, trying rules, confirming them, hidden columns, members."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.customers.models import Customer
from customers.pool.models import Pool, PoolLevelRule, PoolMember, RecycleExtension
from tests.factories import (
    make_customer,
    make_customers,
    make_level,
    make_pool,
    make_pooled_customer,
    make_user,
    sign_in,
)
from tests.factories.api import api, error, wrong  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(east):
    return make_pool("East pool", department=east, recycles=True, no_follow_up_days=30)


@pytest.fixture
def keeper():
    return make_user("keeper", role="admin")


def ago(days):
    return timezone.now() - timedelta(days=days)


def rules_of(pool, **changed):
    """The form as the page would send it."""
    form = {
        "name": pool.name, "department": pool.department_id, "recycles": "on", "no_follow_up_days": "30",
        "combines": "any", "spares_existing": "on", "spares_opportunities": "on", "can_claim": "on",
    }  # fmt: skip
    return {**form, **changed}


def test_the_page_shows_who_goes_back_in_fourteen_days_and_to_whom_only_ones_own(pool, rita, east):
    ryan = make_user("ryan", role="rep", department=east)
    make_customer(rita, name="Soon Works", received_at=ago(25))
    make_customer(rita, name="Later Works", received_at=ago(1))
    make_customer(ryan, name="Foreign Works", received_at=ago(25))
    client = sign_in(rita)
    page = client.get("/customers/pool/due/").content.decode()
    assert ("Soon Works" in page, "Later Works" in page, "Foreign Works" in page) == (True, False, False)


def test_the_page_costs_the_same_queries_for_one_row_and_for_many(pool, rita, django_assert_max_num_queries):
    make_customers(1, owner=rita, received_at=ago(25))
    client = sign_in(rita)
    client.get("/customers/pool/due/")
    with django_assert_max_num_queries(40) as one:
        client.get("/customers/pool/due/")
    make_customers(30, owner=rita, received_at=ago(25))
    with django_assert_max_num_queries(len(one)):
        client.get("/customers/pool/due/")


@pytest.mark.parametrize("address", ["?day=x", "?day=2020-01-01", "?day=2026-99-99"])
def test_days_made_up_by_hand_are_not_found(pool, rita, address):
    client = sign_in(rita)
    assert client.get(f"/customers/pool/due/{address}").status_code == 404


def test_a_rep_protects_and_asks_for_more_time_on_the_pages(pool, rita):
    first, second = make_customers(2, owner=rita, received_at=ago(25))
    client = sign_in(rita)
    until = (timezone.localdate() + timedelta(days=9)).isoformat()
    assert client.post(f"/customers/{first.pk}/protect/", {"until": until}).status_code == 302
    assert client.post(f"/customers/{first.pk}/protect/", {"until": "2999-01-01"}).status_code == 422
    assert client.post(f"/customers/{second.pk}/extend/", {"reason": "a tender"}).status_code == 302
    first.refresh_from_db()
    assert first.protected_until.isoformat() == until
    assert RecycleExtension.objects.get().customer == second


def test_a_rep_decides_on_nothing(pool, rita, dora):
    customer = make_customer(rita, received_at=ago(25))
    wish = RecycleExtension.objects.create(
        customer=customer, pool=pool, asked_by=rita, reason="x", until=timezone.localdate()
    )
    client = sign_in(rita)
    assert client.post(f"/customers/extensions/{wish.pk}/decide/", {"decision": "grant"}).status_code == 403
    wish.refresh_from_db()
    assert wish.state == "open"
    client = sign_in(dora)
    assert client.post(f"/customers/extensions/{wish.pk}/decide/", {"decision": "grant"}).status_code == 302
    wish.refresh_from_db()
    assert wish.state == "granted"


@pytest.mark.parametrize(
    "wrong_value",
    [
        {"no_follow_up_days": "0"}, {"no_follow_up_days": "-1"}, {"claims_per_day": "-1"}, {"warning_days": "7,99"},
        {"no_follow_up_days": ""}, {"extension_days": "9999"}, {"hidden_columns": ["phone_of_all"]},
    ],
)  # fmt: skip
def test_impossible_rules_are_refused_beside_the_field_and_nothing_is_kept(pool, keeper, wrong_value):
    before = Pool.objects.values().get()
    client = sign_in(keeper)
    assert client.post(f"/settings/pools/{pool.pk}/", rules_of(pool, **wrong_value)).status_code == 422
    assert Pool.objects.values().get() == before


def test_rules_that_take_most_customers_at_once_are_confirmed_with_the_number(pool, rita, keeper):
    make_customers(3, owner=rita, received_at=ago(20))
    client = sign_in(keeper)
    form = rules_of(pool, no_follow_up_days="10")
    assert client.post(f"/settings/pools/{pool.pk}/", form).status_code == 422
    assert client.post(f"/settings/pools/{pool.pk}/", {**form, "confirmed_count": "2"}).status_code == 422
    pool.refresh_from_db()
    assert pool.no_follow_up_days == 30
    assert client.post(f"/settings/pools/{pool.pk}/", {**form, "confirmed_count": "3"}).status_code == 302
    pool.refresh_from_db()
    assert pool.no_follow_up_days == 10


def test_levels_get_days_of_their_own_and_lose_them_again(pool, keeper):
    gold, silver = make_level("Gold"), make_level("Silver")
    client = sign_in(keeper)
    said = {f"level_{gold.pk}": "0", f"level_{silver.pk}": "60"}
    client.post(f"/settings/pools/{pool.pk}/", rules_of(pool, **said))
    assert dict(PoolLevelRule.objects.values_list("level", "no_follow_up_days")) == {gold.pk: None, silver.pk: 60}
    client.post(f"/settings/pools/{pool.pk}/", rules_of(pool, **{f"level_{silver.pk}": "90"}))
    assert dict(PoolLevelRule.objects.values_list("level", "no_follow_up_days")) == {silver.pk: 90}


def test_trying_rules_counts_and_keeps_nothing(pool, rita, keeper):
    make_customers(2, owner=rita, received_at=ago(20))
    make_customer(rita, received_at=ago(40))
    before = list(Customer.objects.order_by("pk").values()), Pool.objects.values().get()
    client = sign_in(keeper)
    page = client.get(f"/settings/pools/{pool.pk}/try/?no_follow_up_days=10&combines=any&spares_existing=on")
    trial = page.context["trial"]
    assert (trial.owned, trial.due, trial.gained.count, trial.lost.count) == (3, 3, 2, 0)
    assert trial.gained.shown == []
    assert (list(Customer.objects.order_by("pk").values()), Pool.objects.values().get()) == before


def test_members_are_added_and_removed(pool, keeper, rita, east):
    client = sign_in(keeper)
    assert (
        client.post(f"/settings/pools/{pool.pk}/members/", {"user": rita.pk, "department": east.pk}).status_code == 422
    )
    assert not PoolMember.objects.exists()
    client.post(f"/settings/pools/{pool.pk}/members/", {"user": rita.pk, "is_administrator": "on"})
    member = PoolMember.objects.get()
    assert (member.user, member.is_administrator) == (rita, True)
    client.post(f"/settings/pools/{pool.pk}/members/{member.pk}/remove/")
    assert not PoolMember.objects.exists()


def test_a_hidden_column_is_hidden_in_list_page_filter_and_api_but_not_from_who_keeps_the_pool(
    pool, rita, dora, api  # noqa: F811
):  # fmt: skip
    pool.hidden_columns = ["level"]
    pool.save()
    gold = make_level("Goldschatz")
    customer = make_pooled_customer(pool, level=gold)
    for person, is_shown in ((rita, False), (dora, True)):
        client = sign_in(person)
        pages = ["/customers/pool/", f"/customers/{customer.pk}/", "/customers/?status=pool"]
        rows = {address: client.get(address).content.decode().count(">Goldschatz<") > 0 for address in pages}
        assert rows == dict.fromkeys(pages, is_shown), person
        told = api(person).get(f"customers/{customer.pk}/").body
        assert told["level"] == ("Goldschatz" if is_shown else None)
        found = api(person).get(f"customers/?level={gold.pk}").body["results"]
        assert len(found) == is_shown


def test_the_api_protects_extends_and_lists_pools(pool, rita, api):  # noqa: F811
    customer = make_customer(rita, received_at=ago(25))
    client = api(rita)
    until = (timezone.localdate() + timedelta(days=9)).isoformat()
    assert client.post(f"customers/{customer.pk}/extend/", {"reason": "a tender"}).status_code == 200
    assert client.post(f"customers/{customer.pk}/protect/", {"until": until}).status_code == 200
    assert wrong(client.post(f"customers/{customer.pk}/protect/", {"until": "2999-01-01"})) == (422, ["until"])
    assert [row["name"] for row in client.get("pools/").body["results"]] == ["East pool"]
