"""Adding and changing customers by API, and taking leads in."""

import threading
from datetime import date

import pytest
from django.db import connection, connections

from crm.history.models import Operation
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers.models import Customer
from tests.contract.fingerprints import fingerprint
from tests.factories import (
    make_contact,
    make_customer,
    make_department,
    make_industry,
    make_region,
    make_source,
    make_stage,
    make_tag,
    make_user,
)
from tests.factories.api import error, unchanged, wrong

pytestmark = pytest.mark.django_db


# ── create ──


def test_a_rep_adds_a_customer_of_their_own(api, rep, east):
    make_stage("Talks"), make_industry("Machines", code="C34"), make_tag("VIP"), make_source("Fair")
    make_region("Suzhou", parent=make_region("Jiangsu"), code="320500")
    body = {
        "name": " 苏州恒曜  精密 ",
        "stage": "Talks",
        "industry": "C34",
        "region": "320500",
        "source": "Fair",
        "tags": ["VIP"],
        "phone": "138 1234 5678",
        "email": "Info@Example.com",
        "next_follow_on": "2099-01-02",
        "contact": {"name": "丁兰", "phone": "13900001111"},
    }
    answer = api(rep).post("customers/", body)
    assert answer.status_code == 201
    shown = {
        name: answer.body[name]
        for name in ("name", "status", "owner", "department", "stage", "industry", "region", "tags", "phone", "email")
    }
    assert shown == {
        "name": "苏州恒曜 精密",
        "status": "lead",
        "owner": "rep",
        "department": "East",
        "stage": "Talks",
        "industry": "Machines",
        "region": "Jiangsu Suzhou",
        "tags": ["VIP"],
        "phone": "+8613812345678",
        "email": "info@example.com",
    }
    customer = Customer.objects.get(pk=answer.body["id"])
    assert (customer.created_by, customer.next_follow_on) == (rep, date(2099, 1, 2))
    assert list(Contact.objects.values_list("customer", "name", "phone", "is_primary")) == [
        (customer.pk, "丁兰", "+8613900001111", True)
    ]
    entry = Operation.objects.get(verb="customer_created")
    assert (entry.actor, entry.via) == (rep, "api")


def test_a_director_adds_for_their_people_and_for_nobody(api, director, rep):
    client = api(director)
    assert client.post("customers/", {"name": "One", "owner": "rep"}).body["owner"] == "rep"
    nobody = client.post("customers/", {"name": "Two", "owner": None}).body
    assert (nobody["owner"], nobody["status"]) == (None, "potential")
    foreign = make_user("foreign", role="rep", department=make_department("North"))
    before = unchanged(client)
    assert wrong(client.post("customers/", {"name": "Three", "owner": foreign.username})) == (422, ["owner"])
    assert wrong(client.post("customers/", {"name": "Three", "owner": "none such"})) == (400, ["owner"])
    assert wrong(api_without_new_token(client).post("customers/", {"name": "Three", "owner": 1})) == (400, ["owner"])
    assert fingerprint() == before


def api_without_new_token(client):
    return client


def test_a_rep_does_not_add_for_a_peer(api, rep, east):
    make_user("peer", role="rep", department=east)
    client = api(rep)
    before = unchanged(client)
    assert wrong(client.post("customers/", {"name": "One", "owner": "peer"})) == (422, ["owner"])
    assert fingerprint() == before


BAD_CUSTOMERS = {
    "no name": ({}, 400, ["name"]),
    "an empty name": ({"name": " "}, 400, ["name"]),
    "a long name": ({"name": "x" * 201}, 400, ["name"]),
    "a name that is a list": ({"name": ["x"]}, 400, ["name"]),
    "an unknown field": ({"name": "x", "nonsense": 1}, 400, ["nonsense"]),
    "a field one may only read": (
        {"name": "x", "status": "existing", "number": "KH-1", "id": 7},
        400,
        ["id", "number", "status"],
    ),
    "an unknown stage": ({"name": "x", "stage": "None such"}, 400, ["stage"]),
    "an unknown tag": ({"name": "x", "tags": ["None such"]}, 400, ["tags"]),
    "tags that are text": ({"name": "x", "tags": "VIP"}, 400, ["tags"]),
    "an impossible date": ({"name": "x", "next_follow_on": "2026-02-31"}, 400, ["next_follow_on"]),
    "an unknown size": ({"name": "x", "size": "tiny"}, 400, ["size"]),
    "a wrong credit code": ({"name": "x", "credit_code": "91320594MA1X8H6T3X"}, 422, ["credit_code"]),
    "an e-mail that is none": ({"name": "x", "email": "nobody"}, 422, ["email"]),
    "a website that is none": ({"name": "x", "website": "javascript:alert(1)"}, 422, ["website"]),
    "a contact without a name": ({"name": "x", "contact": {"phone": "13900001111"}}, 400, ["contact.name"]),
    "a contact that is text": ({"name": "x", "contact": "y"}, 400, ["contact"]),
}


@pytest.mark.parametrize("body, status, fields", BAD_CUSTOMERS.values(), ids=BAD_CUSTOMERS)
def test_a_customer_that_cannot_be_is_refused_by_field_and_nothing_is_written(api, rep, body, status, fields):
    client = api(rep)
    before = unchanged(client)
    answer = client.post("customers/", body, Idempotency_Key="k")
    assert (wrong(answer), fingerprint()) == ((status, fields), before)


def test_a_known_customer_is_refused_until_a_reason_is_given(api, rep):
    make_customer(owner=rep, name="苏州恒曜精密有限公司", phone="+8613812345678")
    client = api(rep)
    body = {"name": "苏州恒曜精密", "phone": "13812345678"}
    before = unchanged(client)
    refused = client.post("customers/", body)
    assert refused.status_code == 422
    assert "phone" in refused.body["error"]["fields"]
    assert fingerprint() == before
    assert client.post("customers/", {**body, "duplicate_reason": "Another site"}).status_code == 201


def test_who_may_not_add_customers_is_403(api):
    client = api(make_user(role="finance"))
    before = unchanged(client)
    assert error(client.post("customers/", {"name": "x"})) == (403, "forbidden")
    assert error(client.post("leads/", {"name": "x"})) == (403, "forbidden")
    assert fingerprint() == before


def test_a_post_repeated_with_its_key_makes_one_customer(api, rep):
    client = api(rep)
    first = client.post("customers/", {"name": "One"}, Idempotency_Key="new-1")
    again = client.post("customers/", {"name": "One"}, Idempotency_Key="new-1")
    other = client.post("customers/", {"name": "Two"}, Idempotency_Key="new-1")
    assert (first.status_code, again.status_code, again.body) == (201, 201, first.body)
    assert error(other) == (422, "idempotency_key_reused")
    assert Customer.objects.count() == 1


# ── change ──


def test_only_the_given_fields_change(api, rep):
    customer = make_customer(
        owner=rep, name="Works", remark="old", stage=make_stage("Talks"), tag_ids=[make_tag("A").pk]
    )
    make_tag("B")
    answer = api(rep).patch(f"customers/{customer.pk}/", {"remark": "new", "stage": None, "tags": ["B"]})
    assert (answer.status_code, answer.body["name"], answer.body["remark"]) == (200, "Works", "new")
    assert (answer.body["stage"], answer.body["tags"]) == (None, ["B"])
    assert Operation.objects.get(verb="customer_changed").via == "api"


def test_a_change_of_something_that_changed_meanwhile_is_409(api, rep):
    customer = make_customer(owner=rep, name="Works")
    client = api(rep)
    path = f"customers/{customer.pk}/"
    seen = client.get(path)
    assert client.patch(path, {"remark": "first"}, If_Match=seen.headers["ETag"]).status_code == 200
    assert error(client.patch(path, {"remark": "second"}, If_Match=seen.headers["ETag"])) == (409, "stale")
    assert error(client.patch(path, {"remark": "second", "changed_at": seen.body["changed_at"]})) == (409, "stale")
    now = client.get(path)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET remark = 'by psql' WHERE id = %s", [customer.pk])
    assert error(client.patch(path, {"remark": "second"}, If_Match=now.headers["ETag"])) == (409, "stale")
    customer.refresh_from_db()
    assert customer.remark == "by psql"
    fresh = client.get(path).body["changed_at"]
    assert client.patch(path, {"remark": "third", "changed_at": fresh}).body["remark"] == "third"


def test_a_change_out_of_reach_is_404_and_of_what_one_only_sees_403(api, rep, east):
    foreign = make_customer(owner=make_user(role="rep", department=make_department("North")))
    client, marketing = api(rep), api(make_user(role="auditor"))
    unchanged(marketing)
    before = unchanged(client)
    assert error(client.patch(f"customers/{foreign.pk}/", {"remark": "x"})) == (404, "not_found")
    assert error(marketing.patch(f"customers/{foreign.pk}/", {"remark": "x"})) == (403, "forbidden")
    assert error(client.patch(f"customers/{foreign.pk}/", {"owner": "rep"})) == (404, "not_found")
    assert fingerprint() == before


def test_owner_and_status_are_not_changed_by_patch(api, rep):
    customer = make_customer(owner=rep)
    client = api(rep)
    before = unchanged(client)
    for body in ({"owner": None}, {"status": "existing"}, {"pool": "x"}, {"contact": {"name": "x"}}):
        assert wrong(client.patch(f"customers/{customer.pk}/", body)) == (400, list(body))
    assert fingerprint() == before


def test_an_archived_customer_is_not_changed(api, rep):
    from django.utils import timezone

    customer = make_customer(owner=rep, archived_at=timezone.now())
    assert error(api(rep).patch(f"customers/{customer.pk}/", {"remark": "x"})) == (422, "archived")


# ── leads ──

LEAD = {
    "name": "无锡启明自动化",
    "contact_name": "赵强",
    "phone": "13712345678",
    "email": "zhao@example.com",
    "source": "Website",
    "campaign": "Spring fair",
    "note": "Wants a demo",
    "external_id": "web-1",
}


def test_a_lead_becomes_a_potential_customer_with_contact_and_note(api, sales, east):
    make_source("Website")
    marketing = make_user("marketing", role="marketing", department=east)
    answer = api(marketing).post("leads/", LEAD)
    assert answer.status_code == 201
    shown = {name: answer.body[name] for name in ("name", "status", "owner", "department", "source", "external_id")}
    assert shown == {
        "name": "无锡启明自动化",
        "status": "potential",
        "owner": None,
        "department": "Sales",
        "source": "Website",
        "external_id": "web-1",
    }
    customer = Customer.objects.get()
    contact = Contact.objects.get()
    assert (contact.customer, contact.name, contact.phone, contact.email, contact.is_primary) == (
        customer,
        "赵强",
        "+8613712345678",
        "zhao@example.com",
        True,
    )
    note = Activity.objects.get()
    assert (note.customer, note.kind, note.content) == (customer, "note", "Wants a demo\nCampaign: Spring fair")
    assert set(Operation.objects.exclude(verb__startswith="api_token").values_list("via", flat=True)) == {"api"}


def test_a_lead_whose_external_id_is_known_is_answered_with_its_customer(api, sales):
    marketing = make_user(role="marketing")
    client = api(marketing)
    first = client.post("leads/", LEAD)
    again = client.post("leads/", {**LEAD, "name": "Changed"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.body == {**first.body, "changed_at": again.body["changed_at"]}
    assert (Customer.objects.count(), Contact.objects.count(), Activity.objects.count()) == (1, 1, 1)


def test_a_known_lead_out_of_reach_tells_only_its_number(api, sales, rep):
    customer = make_customer(
        owner=make_user(role="rep", department=make_department("North")), external_id="web-1", phone="+8613812345678"
    )
    answer = api(rep).post("leads/", {"name": "x", "external_id": "web-1"})
    assert (answer.status_code, answer.body) == (
        200,
        {"id": customer.pk, "number": customer.number, "external_id": "web-1"},
    )


@pytest.mark.parametrize("body", [{"phone": "137 1234 5678"}, {"email": "ZHAO@example.com"}])
def test_a_lead_of_a_known_phone_or_mail_is_409_and_names_nobody(api, sales, rep, body):
    make_contact(make_customer(owner=rep, name="Secret Works"), phone="+8613712345678", email="zhao@example.com")
    client = api(make_user(role="marketing"))
    before = unchanged(client)
    answer = client.post("leads/", {"name": "Another", **body})
    assert error(answer) == (409, "duplicate")
    assert "Secret" not in answer.content.decode() and "rep" not in answer.content.decode().lower().replace(
        "report", ""
    )
    assert fingerprint() == before


def test_a_lead_with_an_unknown_source_is_not_lost(api, sales):
    api(make_user(role="marketing")).post("leads/", {"name": "Works", "source": "Bus stop"})
    assert Customer.objects.get().source is None
    assert Activity.objects.get().content == "Source: Bus stop"


def test_a_lead_without_a_contact_name_keeps_phone_and_mail_with_the_company(api, sales):
    api(make_user(role="marketing")).post("leads/", {"name": "Works", "phone": "13712345678", "email": "a@example.com"})
    customer = Customer.objects.get()
    assert (customer.phone, customer.email, Contact.objects.count()) == ("+8613712345678", "a@example.com", 0)


@pytest.mark.parametrize(
    "body, fields",
    [({}, ["name"]), ({"name": "x", "status": "existing"}, ["status"]), ({"name": "x", "note": "y" * 4001}, ["note"])],
)
def test_a_lead_that_cannot_be_is_400(api, sales, body, fields):
    client = api(make_user(role="marketing"))
    before = unchanged(client)
    assert wrong(client.post("leads/", body)) == (400, fields)
    assert fingerprint() == before


def test_a_token_for_leads_takes_leads_and_nothing_else(api, sales):
    client = api(make_user(role="marketing"), scopes=["leads:write"])
    assert client.post("leads/", LEAD).status_code == 201
    assert error(client.post("customers/", {"name": "x"})) == (403, "missing_scope")
    assert error(client.get("customers/")) == (403, "missing_scope")


@pytest.mark.django_db(transaction=True)
def test_the_same_lead_sent_eight_times_at_once_becomes_one_customer(api):
    make_department("Sales", takes_intake=True)
    client = api(make_user(role="marketing"))
    gate, answers = threading.Barrier(8), []

    def send():
        try:
            gate.wait(10)
            answers.append(
                client.__class__(token=client.token)
                .post("leads/", {"name": "Works", "external_id": "web-9"})
                .status_code
            )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 7 + [201]
    assert Customer.objects.count() == 1
