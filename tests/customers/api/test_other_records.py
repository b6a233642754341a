"""Contacts, follow-ups, transfers, imports and reports in the API."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.history.models import Operation
from crm.jobs.models import Job
from crm.jobs.running import run_job
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.imports.models import ImportSet
from customers.transfers.models import Transfer
from tests.contract.fingerprints import fingerprint
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
)
from tests.factories.api import error, unchanged, wrong

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


# ── contacts ──


def test_a_contact_is_added_told_and_changed(api, rep):
    customer = make_customer(owner=rep, name="Works")
    client = api(rep)
    made = client.post(
        "contacts/", {"customer": customer.pk, "name": "丁兰", "phone": "13812345678", "power": "decides"}
    )
    assert made.status_code == 201
    moments = {name: made.body.pop(name) for name in ("created_at", "changed_at")}
    assert all(moments.values())
    assert made.body == {
        "id": Contact.objects.get().pk,
        "customer": customer.pk,
        "customer_name": "Works",
        "name": "丁兰",
        "job_title": "",
        "power": "decides",
        "attitude": "",
        "reports_to": None,
        "is_primary": True,
        "phone": "+8613812345678",
        "email": "",
        "wechat": "",
        "birthday": None,
        "remark": "",
        "custom": {},
    }
    changed = client.patch(f"contacts/{made.body['id']}/", {"job_title": "Head"})
    assert (changed.status_code, changed.body["name"], changed.body["job_title"]) == (200, "丁兰", "Head")
    assert [row["name"] for row in client.get(f"contacts/?customer={customer.pk}").body["results"]] == ["丁兰"]
    assert list(Operation.objects.filter(anchor_id=customer.pk).values_list("verb", "via")) == [
        ("contact_changed", "api"),
        ("contact_added", "api"),
    ]


def test_contacts_are_masked_and_stay_with_their_customer(api, rep, east):
    contact = make_contact(make_customer(owner=rep), phone="+8613812345678", email="d@example.com", wechat="dl")
    make_contact(make_pooled_customer(make_pool(department=east)))
    assert [row["id"] for row in api(rep).get("contacts/").body["results"]] == [contact.pk]
    finance = api(make_user(role="finance")).get(f"contacts/{contact.pk}/").body
    assert (finance["phone"], finance["email"], finance["wechat"]) == ("138****5678", "d***@example.com", "****")
    narrowed = api(rep, scopes=["contacts:read"]).get(f"contacts/{contact.pk}/").body
    assert narrowed["phone"] == "138****5678"
    assert (
        error(api(make_user(role="rep", department=make_department("North"))).get(f"contacts/{contact.pk}/"))[0] == 404
    )


def test_nobody_adds_a_contact_out_of_reach_or_without_the_right(api, rep, east):
    foreign = make_customer(owner=make_user(role="rep", department=make_department("North")))
    pooled = make_pooled_customer(make_pool(department=east))
    auditor, client = api(make_user(role="auditor")), api(rep)
    unchanged(auditor)
    before = unchanged(client)
    assert error(client.post("contacts/", {"customer": foreign.pk, "name": "x"})) == (404, "not_found")
    assert error(client.post("contacts/", {"customer": pooled.pk, "name": "x"})) == (403, "forbidden")
    assert error(auditor.post("contacts/", {"customer": foreign.pk, "name": "x"})) == (403, "forbidden")
    assert wrong(client.post("contacts/", {"name": "x"})) == (400, ["customer"])
    assert wrong(client.post("contacts/", {"customer": "1; DROP", "name": "x"})) == (400, ["customer"])
    assert fingerprint() == before


# ── follow-ups ──


def test_a_follow_up_by_the_owner_moves_the_clock(api, rep):
    customer = make_customer(owner=rep)
    tomorrow = timezone.localdate() + timedelta(days=1)
    body = {"customer": customer.pk, "kind": "call", "content": "Talked about prices", "next_follow_on": str(tomorrow)}
    made = api(rep).post("activities/", body)
    assert (made.status_code, made.body["author"], made.body["is_valid_follow_up"]) == (201, "rep", True)
    customer.refresh_from_db()
    assert (customer.last_followed_at, customer.next_follow_on) == (Activity.objects.get().happened_at, tomorrow)
    changed = api(rep).patch(f"activities/{made.body['id']}/", {"content": "Talked about terms"})
    assert (changed.status_code, changed.body["content"], changed.body["kind"]) == (200, "Talked about terms", "call")


@pytest.mark.parametrize(
    "body, answer",
    [
        ({"kind": "fax"}, (400, ["kind"])),
        ({"content": ""}, (400, ["content"])),
        ({"content": "x" * 5001}, (400, ["content"])),
        ({"happened_at": "yesterday"}, (400, ["happened_at"])),
        ({"happened_at": "2099-01-01T00:00:00Z"}, (422, ["happened_at"])),
        ({"next_follow_on": "2001-01-01"}, (422, ["next_follow_on"])),
        ({"contact": 999999}, (404, [])),
        ({"author": "rep"}, (400, ["author"])),
    ],
)
def test_a_follow_up_that_cannot_be_is_refused_and_nothing_is_written(api, rep, body, answer):
    customer = make_customer(owner=rep)
    client = api(rep)
    before = unchanged(client)
    assert (
        wrong(client.post("activities/", {"customer": customer.pk, "kind": "call", "content": "x", **body})) == answer
    )
    assert fingerprint() == before


def test_follow_ups_of_others_are_not_corrected(api, rep, director):
    activity = make_activity(make_customer(owner=rep), author=rep)
    client = api(director)
    before = unchanged(client)
    assert error(client.patch(f"activities/{activity.pk}/", {"content": "x"})) == (403, "forbidden")
    assert fingerprint() == before


@pytest.mark.parametrize("path", ["contacts/", "activities/"])
def test_lists_cost_the_same_queries_for_1_3_and_50_rows(api, rep, path):
    customer, client, costs = make_customer(owner=rep), api(rep), []
    client.get(path)
    for more in (1, 2, 47):
        for _n in range(more):
            make_contact(customer)
            make_activity(customer, author=make_user())
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{path}?page_size=200")
        costs.append(len(queries))
    assert costs == [costs[0]] * 3
    assert costs[0] <= 12


# ── transfers ──


def test_a_transfer_runs_tells_each_record_and_is_undone(api, director, rep, east):
    peer = make_user("peer", role="rep", department=east)
    mine, other = make_customer(owner=rep), make_customer(owner=rep)
    theirs = make_customer(owner=peer)
    client = api(director)
    started = client.post(
        "transfers/",
        {"ids": [mine.pk, other.pk, theirs.pk], "targets": ["peer"], "reason": "rep leaves"},
        Idempotency_Key="t",
    )
    assert (started.status_code, set(started.body)) == (202, {"id", "job"})
    run_job(started.body["job"])
    assert client.get(f"jobs/{started.body['job']}/").body["state"] == "done"
    detail = client.get(f"transfers/{started.body['id']}/").body
    assert (detail["state"], detail["targets"], detail["reason"], detail["keep_clock"], detail["count"]) == (
        "done",
        ["peer"],
        "rep leaves",
        True,
        3,
    )
    outcomes = {row["customer"]: (row["old_owner"], row["new_owner"], row["outcome"]) for row in detail["results"]}
    assert outcomes == {
        mine.pk: ("rep", "peer", "moved"),
        other.pk: ("rep", "peer", "moved"),
        theirs.pk: ("peer", None, "stays"),
    }
    assert set(Customer.objects.values_list("owner__username", flat=True)) == {"peer"}
    again = client.post(
        "transfers/",
        {"ids": [mine.pk, other.pk, theirs.pk], "targets": ["peer"], "reason": "rep leaves"},
        Idempotency_Key="t",
    )
    assert (again.body, Transfer.objects.count()) == (started.body, 1)
    undone = client.post(f"transfers/{started.body['id']}/undo/")
    assert undone.status_code == 202
    run_job(undone.body["job"])
    assert list(Customer.objects.order_by("pk").values_list("owner__username", flat=True)) == ["rep", "rep", "peer"]


def test_a_filter_moves_what_the_list_shows(api, director, rep, east):
    make_user("peer", role="rep", department=east)
    going = make_customer(owner=rep, name="苏州恒曜精密")
    staying = make_customer(owner=rep, name="Other")
    body = {"filter": {"search": "恒曜", "owner": [rep.pk]}, "targets": ["peer"], "reason": "x"}
    run_job(api(director).post("transfers/", body).body["job"])
    going.refresh_from_db(), staying.refresh_from_db()
    assert (going.owner.username, staying.owner.username) == ("peer", "rep")


@pytest.mark.parametrize(
    "body, status",
    [
        ({}, 400),
        ({"ids": []}, 400),
        ({"ids": ["x"]}, 400),
        ({"ids": [2**70]}, 400),
        ({"filter": {"nonsense": 1}}, 400),
        ({"filter": "x"}, 400),
        ({"filter": {"stage": "x"}}, 400),
        ({"ids": [1], "filter": {}}, 400),
        ({"ids": [999999]}, 422),
        ({"ids": [1], "targets": ["none such"]}, 400),
        ({"ids": [1], "targets": []}, 400),
        ({"ids": [1], "reason": ""}, 400),
        ({"ids": [1], "moves_along": ["gold"]}, 400),
        ({"ids": [1], "effective_on": "2031-01-01"}, 422),
        ({"ids": [1], "effective_on": "2001-01-01"}, 422),
        ({"ids": [1], "effective_on": "soon"}, 400),
        ({"ids": [1], "old_owner_stays": "view"}, 422),
        ({"ids": [1], "old_owner_stays": "own"}, 400),
        ({"ids": [1], "split": "weight", "weights": {"rep": 0}}, 400),
        ({"ids": [1], "split": "weight", "weights": {"nobody": 1}}, 400),
        ({"ids": [1], "split": "region", "regions": {"999999": "rep"}}, 400),
        ({"ids": list(range(1, 1002))}, 400),
        ({"filter": {"stage": {"a": 1}}}, 400),
    ],
)
def test_a_transfer_that_makes_no_sense_is_refused_and_nothing_is_kept(api, director, rep, body, status):
    make_customer(owner=rep)
    client = api(director)
    before = unchanged(client)
    answer = client.post("transfers/", {"targets": ["rep"], "reason": "x", **body})
    assert (answer.status_code, fingerprint()) == (status, before)


def test_a_transfer_for_a_later_day_waits_and_can_be_cancelled(api, director, rep, east):
    make_user("peer", role="rep", department=east)
    customer = make_customer(owner=rep)
    day = timezone.localdate() + timedelta(days=3)
    terms = {
        "effective_on": day.isoformat(), "moves_along": ["contacts", "tasks", "team"], "old_owner_stays": "view",
        "old_owner_until": (day + timedelta(days=9)).isoformat(), "split": "weight", "weights": {"peer": 3},
    }  # fmt: skip
    client = api(director)
    started = client.post("transfers/", {"ids": [customer.pk], "targets": ["peer"], "reason": "x", **terms})
    assert (started.status_code, started.body["job"]) == (202, None)
    told = client.get(f"transfers/{started.body['id']}/").body
    assert told["state"] == "scheduled"
    assert {key: told[key] for key in terms if key != "weights"} == {k: v for k, v in terms.items() if k != "weights"}
    assert client.post(f"transfers/{started.body['id']}/cancel/").body["state"] == "cancelled"
    customer.refresh_from_db()
    assert customer.owner == rep


def test_a_transfer_names_today_and_records_that_are_not_kept_yet(api, director, rep, east):
    make_user("peer", role="rep", department=east)
    body = {"ids": [make_customer(owner=rep).pk], "targets": ["peer"], "reason": "x"}
    body |= {"effective_on": timezone.localdate().isoformat(), "moves_along": ["contacts", "contracts", "tickets"]}
    answer = api(director).post("transfers/", body)
    assert answer.status_code == 202
    assert Transfer.objects.get(pk=answer.body["id"]).moves_along == ["contacts", "contracts"]


def test_only_directors_move_and_only_to_their_people(api, director, rep, east):
    customer = make_customer(owner=rep)
    foreign = make_user("foreign", role="rep", department=make_department("North"))
    clients = [api(rep), api(director)]
    for client in clients:
        unchanged(client)
    before = fingerprint()
    assert error(clients[0].post("transfers/", {"ids": [customer.pk], "targets": ["rep"], "reason": "x"})) == (
        403,
        "forbidden",
    )
    answer = clients[1].post("transfers/", {"ids": [customer.pk], "targets": [foreign.username], "reason": "x"})
    assert answer.status_code == 422
    assert fingerprint() == before


def test_the_transfers_of_other_departments_are_404(api, director, rep, east):
    make_user("peer", role="rep", department=east)
    started = (
        api(director)
        .post("transfers/", {"ids": [make_customer(owner=rep).pk], "targets": ["peer"], "reason": "x"})
        .body
    )
    other = api(make_user(role="director", department=make_department("North")))
    assert error(other.get(f"transfers/{started['id']}/")) == (404, "not_found")
    assert error(other.post(f"transfers/{started['id']}/undo/")) == (404, "not_found")
    assert error(other.get(f"jobs/{started['job']}/")) == (404, "not_found")


# ── imports ──

SHEET = """客户名称,统一社会信用代码,联系电话
苏州恒曜精密,91320594MA1X8H6T3K,13812345678
无锡启明,123,
,,
苏州恒曜精密,,
"""


def upload(client, text=SHEET, name="customers.csv", **fields):
    file = SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)
    headers = {
        "Authorization": f"Bearer {client.token}",
        **{key.replace("_", "-"): value for key, value in fields.pop("headers", {}).items()},
    }
    answer = client.client.post("/api/v1/imports/", {"file": file, **fields}, headers=headers)
    answer.body = json.loads(answer.content)
    return answer


def test_an_import_is_checked_told_applied_and_undone(api, rep):
    client = api(rep)
    started = upload(client)
    assert (started.status_code, set(started.body)) == (202, {"id", "job"})
    run_job(started.body["job"])
    path = f"imports/{started.body['id']}/"
    checked = client.get(path).body
    assert (checked["state"], checked["total"]) == ("checked", sum(checked["counts"].values()))
    assert set(checked["counts"]) == {"created", "changed", "unchanged", "duplicate", "refused"}
    assert (checked["counts"]["created"], Customer.objects.count()) == (1, 0)
    rows = client.get(f"{path}rows/").body
    assert [row["row_number"] for row in rows["results"]] == sorted(row["row_number"] for row in rows["results"])
    refused = client.get(f"{path}rows/?outcome=refused").body["results"]
    assert refused and all(row["reasons"] for row in refused)
    applied = client.post(f"{path}apply/")
    assert applied.status_code == 202
    run_job(applied.body["job"])
    assert (client.get(path).body["state"], Customer.objects.get().name) == ("applied", "苏州恒曜精密")
    undone = client.post(f"{path}undo/")
    run_job(undone.body["job"])
    assert (undone.status_code, client.get(path).body["state"]) == (202, "undone")


def test_a_mapping_goes_by_header_or_number(api, rep):
    client = api(rep)
    by_header = upload(client, mapping=json.dumps({"客户名称": "name", "联系电话": "phone"})).body
    assert client.get(f"imports/{by_header['id']}/").body["mapping"] == {"0": "name", "2": "phone"}
    by_number = upload(client, mapping=json.dumps({"0": "name"})).body
    assert client.get(f"imports/{by_number['id']}/").body["mapping"] == {"0": "name"}


@pytest.mark.parametrize(
    "fields, status",
    [
        ({"mapping": "{"}, 400),
        ({"mapping": "[1]"}, 400),
        ({"mapping": json.dumps({"None such": "name"})}, 422),
        ({"mapping": json.dumps({"0": "owner_id"})}, 422),
        ({"mode": "delete"}, 400),
        ({"target": "orders"}, 400),
        ({"nonsense": "1"}, 400),
        ({"has_lawful_basis": "false"}, 422),
        ({"text": b""}, 422),
        ({"name": "customers.exe"}, 422),
        ({"text": "客户名称\n"}, 422),
        ({"text": b"PK\x03\x04 not a workbook", "name": "a.xlsx"}, 422),
        ({"name": "a\x00.csv", "nonsense": "1"}, 400),
    ],
)
def test_an_upload_that_makes_no_sense_is_refused_and_nothing_is_kept(api, rep, media, fields, status):
    client = api(rep)
    before = unchanged(client)
    answer = upload(client, **fields)
    assert (answer.status_code, fingerprint()) == (status, before)
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_an_upload_repeated_with_its_key_is_one_import(api, rep):
    client = api(rep)
    first = upload(client, headers={"Idempotency_Key": "file-1"})
    again = upload(client, headers={"Idempotency_Key": "file-1"})
    other = upload(client, text=SHEET + "x,,\n", headers={"Idempotency_Key": "file-1"})
    assert (first.status_code, again.body, other.status_code) == (202, first.body, 422)
    assert (ImportSet.objects.count(), Job.objects.count()) == (1, 1)


def test_the_imports_of_others_are_404_and_without_the_right_403(api, rep, director):
    started = upload(api(rep)).body
    client, agent = api(director), api(make_user(role="agent"))
    unchanged(agent)
    before = unchanged(client)
    for path in (f"imports/{started['id']}/", f"imports/{started['id']}/rows/"):
        assert error(client.get(path)) == (404, "not_found")
    assert error(client.post(f"imports/{started['id']}/apply/")) == (404, "not_found")
    assert upload(agent).status_code == 403
    assert fingerprint() == before


def test_an_import_is_not_applied_before_it_is_checked(api, rep):
    client = api(rep)
    started = upload(client).body
    before = unchanged(client)
    assert client.post(f"imports/{started['id']}/apply/").status_code == 422
    assert client.post(f"imports/{started['id']}/undo/").status_code == 422
    assert fingerprint() == before


# ── reports ──


def test_a_report_tells_the_numbers_of_its_page(api, rep, director, east):
    make_customer(owner=rep), make_customer(owner=make_user(role="rep", department=east))
    report = api(director).get("reports/new-business/?period=year&group=owner").body
    assert (report["slug"], report["row_count"], report["figures"][0]["value"]) == ("new-business", 2, 2)
    assert api(rep).get("reports/new-business/").body["row_count"] == 1
    assert [row["slug"] for row in api(rep).get("reports/").body["results"]] == ["new-business"]


def test_a_pdf_is_a_job(api, rep):
    answer = api(rep).post("reports/new-business/pdf/", {"period": "month"})
    job = Job.objects.get()
    assert (answer.status_code, answer.body["job"], job.kind, job.requested_by) == (202, job.pk, "report-pdf", rep)


@pytest.mark.parametrize(
    "query", ["period=century", "nonsense=1", "period=custom&start=2026-05-01&end=2026-04-01", "start=%00"]
)
def test_a_report_asked_for_nonsense_is_400(api, rep, query):
    client = api(rep)
    before = unchanged(client)
    assert client.get(f"reports/new-business/?{query}").status_code == 400
    assert client.post(f"reports/new-business/pdf/?{query}").status_code == 400
    assert fingerprint() == before


@pytest.mark.parametrize("value", [True, -1, 2**63 - 1, [[]], {"a": {}}, "century"])
def test_a_pdf_asked_for_nonsense_in_the_body_is_400(api, rep, value):
    client = api(rep)
    before = unchanged(client)
    assert client.post("reports/new-business/pdf/", {"period": value, "start": value}).status_code == 400
    assert wrong(client.post("reports/new-business/pdf/", {"nonsense": value})) == (400, ["nonsense"])
    assert fingerprint() == before


def test_a_report_there_is_not_or_one_may_not_see(api, rep):
    assert error(api(rep).get("reports/none-such/")) == (404, "not_found")
    assert error(api(rep).post("reports/none-such/pdf/")) == (404, "not_found")
    assert error(api(make_user(role="agent")).get("reports/new-business/")) == (403, "forbidden")
    assert error(api(rep, scopes=["reports:read"]).post("reports/new-business/pdf/")) == (403, "missing_scope")
    assert Job.objects.count() == 0
