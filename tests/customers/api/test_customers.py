"""Customers in the API: the rows of the page, its filters, its masks, its rules."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.history.models import Operation
from customers.customers.models import Customer
from tests.contract.fingerprints import fingerprint
from tests.factories import (
    make_customer,
    make_department,
    make_industry,
    make_level,
    make_pool,
    make_pooled_customer,
    make_region,
    make_source,
    make_stage,
    make_tag,
    make_user,
)
from tests.factories.api import error

pytestmark = pytest.mark.django_db


def names(answer):
    return [row["name"] for row in answer.body["results"]]


# ── reading ──


def test_a_customer_tells_all_its_fields(api, rep):
    customer = make_customer(
        owner=rep,
        name="苏州恒曜",
        credit_code="91320594MA1X8H6T3K",
        stage=make_stage("Talks"),
        level=make_level("A"),
        industry=make_industry("Machines"),
        region=make_region("Jiangsu"),
        source=make_source("Fair"),
        phone="+8613812345678",
        email="info@example.com",
        address="Road 1",
        tag_ids=[make_tag("VIP").pk, make_tag("North").pk],
        next_follow_on=date(2026, 12, 1),
        external_id="erp-7",
    )
    body = api(rep).get(f"customers/{customer.pk}/").body
    moments = {name: body.pop(name) for name in ("created_at", "changed_at", "received_at")}
    assert all(moments.values())
    assert body == {
        "id": customer.pk,
        "number": customer.number,
        "name": "苏州恒曜",
        "short_name": "",
        "credit_code": "91320594MA1X8H6T3K",
        "status": "lead",
        "stage": "Talks",
        "level": "A",
        "owner": "rep",
        "department": "East",
        "pool": None,
        "industry": "Machines",
        "region": "Jiangsu",
        "source": "Fair",
        "size": "",
        "phone": "+8613812345678",
        "email": "info@example.com",
        "website": "",
        "address": "Road 1",
        "remark": "",
        "tags": ["VIP", "North"],
        "custom": {},
        "parent": None,
        "external_id": "erp-7",
        "last_followed_at": None,
        "next_follow_on": "2026-12-01",
    }


def test_a_list_holds_what_its_page_would(api, rep, director, east):
    make_customer(owner=rep, name="Mine")
    make_customer(owner=make_user(role="rep", department=east), name="A peer's")
    make_customer(owner=make_user(role="rep", department=make_department("North")), name="Foreign")
    make_pooled_customer(make_pool(department=east), name="In our pool")
    make_customer(owner=rep, name="In the bin", archived_at=timezone.now())
    assert sorted(names(api(rep).get("customers/"))) == ["In our pool", "Mine"]
    assert sorted(names(api(director).get("customers/"))) == ["A peer's", "In our pool", "Mine"]
    assert names(api(rep).get("customers/?archived=1")) == ["In the bin"]
    agent = make_user(role="agent", department=east)
    assert error(api(agent).get("customers/")) == (403, "forbidden")


def test_the_filters_of_the_page_work_under_the_same_names(api, rep):
    stage = make_stage("Talks")
    make_customer(owner=rep, name="苏州恒曜精密", stage=stage, phone="+8613812345678")
    make_customer(owner=rep, name="Other", status="existing")
    client = api(rep)
    assert names(client.get(f"customers/?stage={stage.pk}")) == ["苏州恒曜精密"]
    assert names(client.get("customers/?status=existing")) == ["Other"]
    assert names(client.get("customers/?search=恒曜")) == ["苏州恒曜精密"]
    assert names(client.get("customers/?search=hyjm")) == ["苏州恒曜精密"]
    assert names(client.get("customers/?search=1381234")) == ["苏州恒曜精密"]
    assert names(client.get("customers/?owner=me&search=Other")) == ["Other"]


@pytest.mark.parametrize(
    "query, field",
    [
        ("stage=x", "stage"),
        ("status=gone", "status"),
        ("created_from=2026-02-31", "created_from"),
        ("owner=1;DROP", "owner"),
        ("nonsense=1", "nonsense"),
        ("stage=" + "9" * 40, "stage"),
        ("q=%00", "q"),
        ("ordering=custom", "ordering"),
        ("page_size=500", "page_size"),
    ],
)
def test_a_filter_that_makes_no_sense_is_400_and_named(api, rep, query, field):
    make_customer(owner=rep)
    answer = api(rep).get(f"customers/?{query}")
    assert error(answer) == (400, "bad_filter")
    assert list(answer.body["error"]["fields"]) == [field]


def test_a_search_of_one_character_is_400(api, rep):
    assert api(rep).get("customers/?search=恒").status_code == 400


def test_lists_are_ordered_as_asked_and_paged_without_gaps(api, rep):
    now = timezone.now()
    for number in range(7):
        make_customer(
            owner=rep, name=f"C{number}", last_followed_at=now - timedelta(days=number) if number % 2 else None
        )
    client = api(rep)
    assert names(client.get("customers/?ordering=-last_followed"))[:3] == ["C1", "C3", "C5"]
    assert names(client.get("customers/?ordering=last_followed"))[:3] == ["C5", "C3", "C1"]
    seen, path = [], "customers/?page_size=2"
    while path:
        page = client.get(path)
        seen += names(page)
        assert page.body["count"] == 7
        path = page.body["next"] and page.body["next"].removeprefix("http://testserver")
    assert sorted(seen) == [f"C{number}" for number in range(7)]


def test_out_of_reach_is_404_and_without_the_right_403(api, rep):
    foreign = make_customer(owner=make_user(role="rep"))
    assert error(api(rep).get(f"customers/{foreign.pk}/")) == (404, "not_found")
    assert error(api(rep).get("customers/99999999999999999999/")) == (404, "not_found")
    assert error(api(make_user(role="agent")).get(f"customers/{foreign.pk}/")) == (403, "forbidden")


def test_a_list_costs_the_same_queries_for_1_3_and_50_rows(api, rep):
    client, costs = api(rep), []
    client.get("customers/")
    for more in (1, 2, 47):
        for _n in range(more):
            make_customer(owner=rep, stage=make_stage(), region=make_region(), tag_ids=[make_tag().pk])
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get("customers/?page_size=200").body["results"]) >= more
        costs.append(len(queries))
    assert costs == [costs[0]] * 3
    assert costs[0] <= 12


# ── masks ──


def test_contact_details_are_masked_for_those_who_do_not_see_them(api, rep):
    make_customer(owner=rep, phone="+8613812345678", email="info@example.com", address="Road 1")
    marketing = make_user(role="marketing")
    row = api(marketing).get("customers/").body["results"][0]
    assert (row["phone"], row["email"], row["address"]) == ("138****5678", "i***@example.com", "****")
    assert error(api(marketing).get("customers/?phone=138123")) == (400, "bad_filter")
    assert api(marketing).get("customers/?search=1381234").body["results"] == []


def test_a_narrowed_token_shows_contact_details_only_with_the_word_pii(api, rep):
    customer = make_customer(owner=rep, phone="+8613812345678")
    path = f"customers/{customer.pk}/"
    assert api(rep, scopes=["customers:read"]).get(path).body["phone"] == "138****5678"
    assert api(rep, scopes=["customers:read", "pii"]).get(path).body["phone"] == "+8613812345678"
    assert api(rep).get(path).body["phone"] == "+8613812345678"
    assert error(api(rep, scopes=["customers:read"]).get("customers/?phone=138123")) == (400, "bad_filter")


def test_a_token_for_reading_does_not_write(api, rep, east):
    customer = make_pooled_customer(make_pool(department=east))
    reader = api(rep, scopes=["customers:read"])
    reader.get("customers/")
    before = fingerprint()
    assert error(reader.post(f"customers/{customer.pk}/claim/")) == (403, "missing_scope")
    assert fingerprint() == before
    assert api(rep, scopes=["customers:write"]).post(f"customers/{customer.pk}/claim/").status_code == 200
    assert error(api(rep, scopes=["customers:write"]).get("customers/")) == (403, "missing_scope")


# ── verbs ──


def test_claiming_gives_the_customer_to_the_person_of_the_token(api, rep, east):
    customer = make_pooled_customer(make_pool(department=east))
    answer = api(rep).post(f"customers/{customer.pk}/claim/")
    assert (answer.status_code, answer.body["owner"], answer.body["status"], answer.body["pool"]) == (
        200,
        "rep",
        "lead",
        None,
    )
    entry = Operation.objects.get(verb="customer_claimed")
    assert (entry.actor, entry.via, entry.anchor_id) == (rep, "api", customer.pk)


def test_a_claim_that_comes_too_late_is_refused_and_changes_nothing(api, rep, east):
    peer = make_user("peer", role="rep", department=east)
    customer = make_pooled_customer(make_pool(department=east))
    api(peer).post(f"customers/{customer.pk}/claim/")
    client = api(rep)
    client.get("customers/")
    before = fingerprint()
    assert error(client.post(f"customers/{customer.pk}/claim/"))[0] == 404
    director = api(make_user(role="director", department=east))
    director.get("customers/")
    before = fingerprint()
    assert error(director.post(f"customers/{customer.pk}/claim/")) == (409, "taken")
    assert fingerprint() == before


def test_a_rule_of_the_pool_is_told_as_422(api, rep, east):
    customer = make_pooled_customer(make_pool(department=east, can_claim=False))
    client = api(rep)
    client.get("customers/")
    before = fingerprint()
    assert error(client.post(f"customers/{customer.pk}/claim/")) == (422, "claiming_off")
    assert fingerprint() == before


def test_releasing_wants_a_reason_and_takes_the_pool_by_name(api, rep, east):
    customer, pool = make_customer(owner=rep), make_pool("East pool", department=east)
    client = api(rep)
    assert error(client.post(f"customers/{customer.pk}/release/")) == (400, "invalid")
    assert error(client.post(f"customers/{customer.pk}/release/", {"reason": "x", "pool": "None such"})) == (
        400,
        "invalid",
    )
    assert error(client.post(f"customers/{customer.pk}/release/", {"reason": "x", "owner": "rep"})) == (400, "invalid")
    answer = client.post(f"customers/{customer.pk}/release/", {"reason": "No budget", "pool": "East pool"})
    assert (answer.status_code, answer.body["status"], answer.body["pool"], answer.body["owner"]) == (
        200,
        "pool",
        "East pool",
        None,
    )
    customer.refresh_from_db()
    assert (customer.pool, customer.previous_owner) == (pool, rep)
    assert Operation.objects.get(verb="customer_released").reason == "No budget"


def test_only_directors_assign_and_only_to_their_people(api, rep, director, east):
    customer = make_pooled_customer(make_pool(department=east))
    foreign = make_user("foreign", role="rep", department=make_department("North"))
    path = f"customers/{customer.pk}/assign/"
    clients = [api(rep), api(director)]
    for client in clients:
        client.get("customers/")
    before = fingerprint()
    assert error(clients[0].post(path, {"owner": "rep"})) == (403, "forbidden")
    assert error(clients[1].post(path, {"owner": foreign.username})) == (422, "bad_owner")
    assert error(clients[1].post(path, {"owner": "nobody"})) == (400, "invalid")
    assert fingerprint() == before
    answer = clients[1].post(path, {"owner": "rep"})
    assert (answer.status_code, answer.body["owner"]) == (200, "rep")


def test_a_verb_repeated_with_its_key_is_done_once(api, rep, east):
    customer = make_pooled_customer(make_pool(department=east))
    client = api(rep)
    first = client.post(f"customers/{customer.pk}/claim/", Idempotency_Key="claim-1")
    again = client.post(f"customers/{customer.pk}/claim/", Idempotency_Key="claim-1")
    assert (first.status_code, again.status_code, again.body) == (200, 200, first.body)
    assert Operation.objects.filter(verb="customer_claimed").count() == 1


# ── history ──


def test_the_history_says_who_did_what_and_names_what_came_from_outside(api, rep, east):
    customer = make_pooled_customer(make_pool("East pool", department=east), name="Works")
    api(rep).post(f"customers/{customer.pk}/claim/")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET remark = 'by psql' WHERE id = %s", [customer.pk])
    answer = api(rep).get(f"customers/{customer.pk}/history/")
    assert answer.status_code == 200
    outside, claimed, *_earlier = answer.body["results"]
    assert (outside["actor"], outside["via"], outside["verb"], outside["reason"]) == (None, "outside", "changed", "")
    assert outside["changes"] == [{"field": "remark", "before": None, "after": "by psql"}]
    assert (claimed["actor"], claimed["via"], claimed["verb"]) == ("rep", "api", "customer_claimed")
    told = {change["field"]: (change["before"], change["after"]) for change in claimed["changes"]}
    assert (told["owner"], told["status"], told["pool"]) == ((None, "rep"), ("pool", "lead"), ("East pool", None))
    assert set(answer.body) == {"results", "next", "previous", "count"}


def test_the_history_masks_contact_details(api, rep):
    customer = make_customer(owner=rep, phone="+8613812345678")
    Customer.objects.filter(pk=customer.pk).update(phone="+8613900001111")
    change = {"field": "phone", "before": "138****5678", "after": "139****1111"}
    assert (
        change in api(make_user(role="auditor")).get(f"customers/{customer.pk}/history/").body["results"][0]["changes"]
    )
    assert (
        "13900001111"
        not in api(rep, scopes=["customers:read"]).get(f"customers/{customer.pk}/history/").content.decode()
    )
    full = api(rep).get(f"customers/{customer.pk}/history/").body["results"][0]["changes"]
    assert full == [{"field": "phone", "before": "+8613812345678", "after": "+8613900001111"}]


def test_the_history_comes_in_pages(api, rep):
    customer = make_customer(owner=rep)
    for number in range(5):
        Customer.objects.filter(pk=customer.pk).update(remark=f"note {number}")
    first = api(rep).get(f"customers/{customer.pk}/history/?page_size=3")
    second = api(rep).get(first.body["next"].removeprefix("http://testserver"))
    notes = [row["changes"][0]["after"] for page in (first, second) for row in page.body["results"]]
    assert notes[:5] == [f"note {number}" for number in (4, 3, 2, 1, 0)]
    assert (len(notes), second.body["next"]) == (6, None)


def test_the_history_of_a_pooled_customer_and_without_the_right_is_closed(api, rep, east):
    pooled = make_pooled_customer(make_pool(department=east))
    assert error(api(rep).get(f"customers/{pooled.pk}/history/")) == (403, "forbidden")
    assert error(api(make_user(role="marketing")).get(f"customers/{pooled.pk}/history/")) == (403, "forbidden")
    assert error(api(rep).get(f"customers/{pooled.pk}/history/?cursor=x"))[0] == 403
