"""Errors in one shape, bad input without a fault, limits, idempotency."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test import override_settings

from crm.access.rights import catalogue as right_catalogue
from crm.api.documentation import _schema
from crm.api.idempotency import delete_old_keys
from crm.api.models import IdempotencyKey
from crm.api.routes import viewsets
from crm.api.scopes import catalogue as scope_catalogue
from crm.jobs.models import Job
from tests.contract.fingerprints import fingerprint
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", role="rep")


def make_job(person, **fields):
    return Job.objects.create(kind="transfer", title="Transfer", requested_by=person, **fields)


def error(answer):
    return answer.status_code, answer.body["error"]["code"], answer.body["error"]["fields"]


# ── gate ──


def test_every_action_of_every_resource_declares_a_known_right():
    for address, viewset in viewsets().items():
        actions = {name for name in ("list", "retrieve", "create", "partial_update") if hasattr(viewset, name)}
        actions |= {extra.__name__ for extra in viewset.get_extra_actions()}
        assert set(viewset.rights) == actions, address
        assert {right for right in viewset.rights.values() if right} <= set(right_catalogue()), address
        assert viewset.gate.kind == "api"


def test_an_action_without_a_declared_right_is_refused(api, rep, monkeypatch):
    scope_catalogue()  # made before, so that the test leaves it whole
    monkeypatch.setattr(viewsets()["users"], "rights", {})
    assert error(api(rep).get("users/")) == (403, "forbidden", {})


def test_a_view_without_a_person_is_401_in_json(api):
    answer = api().get("jobs/")
    assert error(answer) == (401, "unauthenticated", {})
    assert answer.headers["Content-Type"] == "application/json"


# ── errors ──


@pytest.mark.parametrize("path", ["nothing/", "users", "users/abc/", "customers/1/melt/", "", "users/1/../../x/"])
def test_an_unknown_address_is_404_in_json(api, rep, path):
    assert error(api(rep).get(path)) == (404, "not_found", {})


def test_a_wrong_method_is_405_in_json(api, rep):
    for method in ("DELETE", "PUT", "OPTIONS", "PATCH", "POST"):
        assert error(api(rep).send(method, "users/")) == (405, "method_not_allowed", {})


def test_html_is_never_answered(api, rep):
    answer = api(rep).get("users/", Accept="text/html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


BAD_BODIES = {
    "half of an object": b'{"a":',
    "a list": b"[1]",
    "a word": b'"x"',
    "not a number": b'{"a": NaN}',
    "endless": b'{"a": 1e999}',
    "a NUL": b'{"a": "x\\u0000"}',
    "half of a pair": b'{"a": "\\ud800"}',
    "a NUL in a name": b'{"a\\u0000": 1}',
    "a huge number": b'{"a": 99999999999999999999}',
    "a number of 5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "a hundred levels": b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
    "a hundred thousand levels": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_damaged_body_is_400_and_changes_nothing(api, rep, body):
    job, client = make_job(rep), api(rep)
    client.get("jobs/")
    before = fingerprint()
    assert error(client.post(f"jobs/{job.pk}/cancel/", body, Idempotency_Key="k")) == (400, "bad_request", {})
    assert fingerprint() == before


def test_a_body_of_another_type_is_400(api, rep):
    job, client = make_job(rep), api(rep)
    answer = client.client.post(
        f"/api/v1/jobs/{job.pk}/cancel/",
        "a=1",
        content_type="text/plain",
        headers={"Authorization": f"Bearer {client.token}", "Idempotency-Key": "k"},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_body_over_the_limit_is_413(api, rep):
    job = make_job(rep)
    answer = api(rep).post(f"jobs/{job.pk}/cancel/", {"a": "x" * 200}, Idempotency_Key="k")
    assert error(answer) == (413, "too_large", {})
    job.refresh_from_db()
    assert job.cancel_requested_at is None


@pytest.mark.parametrize(
    "query, names",
    [
        ("page_size=201", ["page_size"]),
        ("page_size=0", ["page_size"]),
        ("page_size=-1", ["page_size"]),
        ("page_size=x", ["page_size"]),
        ("page_size=%00", ["page_size"]),
        ("page_size=" + "9" * 30, ["page_size"]),
        ("ordering=password", ["ordering"]),
        ("ordering=--name", ["ordering"]),
        ("nonsense=1", ["nonsense"]),
        ("is_active=perhaps", ["is_active"]),
        ("department=999999", ["department"]),
        ("department=" + "9" * 30, ["department"]),
        ("search=%00", ["search"]),
        ("a=1&b=2", ["a", "b"]),
    ],
)
def test_a_parameter_that_makes_no_sense_is_400_and_named(api, rep, query, names):
    status, code, fields = error(api(rep).get(f"users/?{query}"))
    assert (status, code, sorted(fields)) == (400, "bad_filter", names)


@pytest.mark.parametrize("cursor", ["x", "!!!!", "W10", "WzAsbnVsbCwxXQ", "%00", "W1tbW10", "a" * 5000])
def test_a_cursor_made_up_by_hand_is_400(api, rep, cursor):
    answer = api(rep).get(f"users/?cursor={cursor}")
    assert (answer.status_code, answer.body["error"]["code"]) == (400, "bad_cursor")


def test_a_fault_of_ours_is_500_in_json_with_the_number_of_the_request(api, rep, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(viewsets()["users"], "list", broken)
    answer = api(rep).get("users/")
    assert answer.status_code == 500
    assert answer.body["error"]["code"] == "fault"
    assert answer.body["error"]["request_id"] == answer.headers["X-Request-Id"]
    assert "secret" not in answer.content.decode()


def test_messages_speak_the_language_of_the_person(api):
    chinese = make_user("wang", role="rep", language="zh-hans")
    assert api(chinese).get("users/?page_size=201").body["error"]["message"] == "每页 1 到 200 条。"


# ── pages ──


def test_pages_follow_each_other_and_go_back(api, rep):
    for name in ("anna", "bob", "carl", "dora"):
        make_user(name)
    client = api(rep)
    first = client.get("users/?page_size=2&ordering=username")
    second = client.get(first.body["next"].removeprefix("http://testserver"))
    third = client.get(second.body["next"].removeprefix("http://testserver"))
    back = client.get(third.body["previous"].removeprefix("http://testserver"))
    names = [[row["username"] for row in page.body["results"]] for page in (first, second, third, back)]
    assert names == [["anna", "bob"], ["carl", "dora"], ["rep"], ["carl", "dora"]]
    assert [page.body["count"] for page in (first, second, third)] == [5, 5, 5]
    assert (first.body["previous"], third.body["next"]) == (None, None)


def test_a_minus_turns_an_order_round(api, rep):
    make_user("anna")
    rows = api(rep).get("users/?ordering=-username").body["results"]
    assert [row["username"] for row in rows] == ["rep", "anna"]


# ── rate ──


@override_settings(API_REQUESTS_PER_MINUTE=3)
def test_the_fourth_request_of_a_minute_is_429_and_refused_ones_count(api, rep, monkeypatch):
    monkeypatch.setattr("crm.api.throttling.time.time", lambda: 1_800_000_010.0)
    client, other = api(rep), api(rep)
    answers = [client.get(path).status_code for path in ("users/", "users/?x=1", "users/999999/", "users/")]
    assert answers == [200, 400, 404, 429]
    blocked = client.get("users/")
    assert error(blocked) == (429, "too_many_requests", {})
    assert blocked.headers["Retry-After"] == "50"
    assert other.get("users/").status_code == 200


# ── idempotency ──


def test_a_repeated_key_gets_the_first_answer_and_does_nothing_again(api, rep):
    job, client = make_job(rep), api(rep)
    first = client.post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k1")
    Job.objects.filter(pk=job.pk).update(state="cancelled")
    again = client.post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.body == first.body
    assert again.headers["Idempotent-Replay"] == "true"
    assert client.post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k2").status_code == 422


def test_a_key_used_for_another_request_is_422_and_does_nothing(api, rep):
    job, other, client = make_job(rep), make_job(rep), api(rep)
    client.post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k")
    assert error(client.post(f"jobs/{other.pk}/cancel/", Idempotency_Key="k")) == (422, "idempotency_key_reused", {})
    other.refresh_from_db()
    assert other.cancel_requested_at is None


def test_the_keys_of_two_people_do_not_meet(api, rep):
    peer = make_user(role="rep")
    mine, theirs = make_job(rep), make_job(peer)
    assert api(rep).post(f"jobs/{mine.pk}/cancel/", Idempotency_Key="k").status_code == 200
    assert api(peer).post(f"jobs/{theirs.pk}/cancel/", Idempotency_Key="k").body["id"] == theirs.pk


def test_a_refusal_is_not_remembered(api, rep):
    job, client = make_job(rep, state="done"), api(rep)
    assert client.post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k").status_code == 422
    assert IdempotencyKey.objects.count() == 0
    Job.objects.filter(pk=job.pk).update(state="running")
    assert client.post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k").status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 121, "a b", "ä"])
def test_a_key_that_is_none_is_400(api, rep, key):
    job = make_job(rep)
    assert error(api(rep).post(f"jobs/{job.pk}/cancel/", Idempotency_Key=key)) == (400, "bad_request", {})
    job.refresh_from_db()
    assert job.cancel_requested_at is None


def test_answers_are_forgotten_after_two_days(api, rep):
    job = make_job(rep)
    api(rep).post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k")
    assert delete_old_keys() == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_idempotencykey SET created_at = now() - interval '48 hours 1 second'")
    assert delete_old_keys() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_in_flight_is_409_and_the_work_happens_once(api):
    rep = make_user("rep2", role="rep")
    job, client = make_job(rep), api(rep)
    holds, may_go = threading.Event(), threading.Event()

    def first():
        try:
            with transaction.atomic():
                from crm.api.idempotency import _lock

                _lock(rep.pk, "k")
                holds.set()
                may_go.wait(10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    holds.wait(10)
    during = client.post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k")
    may_go.set()
    thread.join()
    after = client.post(f"jobs/{job.pk}/cancel/", Idempotency_Key="k")
    assert (error(during), after.status_code) == ((409, "conflict", {}), 200)
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_row_somebody_holds_is_409_busy(api):
    rep = make_user("rep3", role="rep")
    job, client = make_job(rep), api(rep)
    holds, may_go = threading.Event(), threading.Event()

    def holder():
        try:
            with transaction.atomic():
                Job.objects.select_for_update().get(pk=job.pk)
                holds.set()
                may_go.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=holder)
    thread.start()
    holds.wait(10)
    answer = client.post(f"jobs/{job.pk}/cancel/")
    may_go.set()
    thread.join()
    assert error(answer) == (409, "busy", {})
    job.refresh_from_db()
    assert job.cancel_requested_at is None


# ── jobs and users ──


def test_the_jobs_of_others_are_404_and_a_system_administrator_sees_but_cannot_cancel_them(api, rep):
    job, peer, admin = make_job(rep, total=10, done=4), make_user(role="rep"), make_user(role="admin")
    assert api(peer).get(f"jobs/{job.pk}/").status_code == 404
    assert api(peer).post(f"jobs/{job.pk}/cancel/").status_code == 404
    assert api(admin).get(f"jobs/{job.pk}/").body["done"] == 4
    assert api(admin).post(f"jobs/{job.pk}/cancel/").status_code == 403
    job.refresh_from_db()
    assert job.cancel_requested_at is None
    assert [len(api(person).get("jobs/").body["results"]) for person in (rep, peer, admin)] == [1, 0, 1]


def test_a_job_says_how_far_it_is(api, rep):
    job = make_job(rep, state="running", total=10, done=4, failed=1)
    body = api(rep).get(f"jobs/{job.pk}/").body
    told = {name: body[name] for name in ("id", "kind", "state", "total", "done", "failed", "result", "requested_by")}
    assert told == {
        "id": job.pk,
        "kind": "transfer",
        "state": "running",
        "total": 10,
        "done": 4,
        "failed": 1,
        "result": {},
        "requested_by": "rep",
    }


def test_colleagues_tell_nothing_about_sign_in(api, rep):
    body = api(rep).get(f"users/{rep.pk}/").body
    assert set(body) == {"id", "username", "name", "department", "is_active"}


@pytest.mark.parametrize("path", ["users/", "jobs/"])
def test_a_list_costs_the_same_queries_for_one_and_fifty_rows(api, rep, path, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    client = api(rep)
    client.get(path)
    make_job(rep)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for _n in range(40):
        make_job(rep)
        make_user()
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(path).body["results"]) >= 40
    assert len(many) == len(few) <= 12


# ── schema ──


def test_every_address_is_in_the_schema():
    from tests.contract.routes import all_routes

    paths = _schema()["paths"]
    known = {
        path.removeprefix("/").replace("{id}", "<int:pk>").replace("{", "<slug:").replace("}", ">") for path in paths
    }
    routed = {
        route.pattern for route in all_routes() if route.pattern.startswith("api/v1/") and hasattr(route.view, "cls")
    }
    assert routed == known


def test_the_schema_names_errors_keys_and_the_way_to_sign_in(api, rep):
    answer = api(rep).get("/api/schema/")
    assert answer.status_code == 200
    schema = answer.body
    cancel = schema["paths"]["/api/v1/jobs/{id}/cancel/"]["post"]
    assert {"400", "401", "403", "404", "409", "413", "422", "429"} <= set(cancel["responses"])
    assert "Idempotency-Key" in [parameter["name"] for parameter in cancel["parameters"]]
    assert schema["components"]["securitySchemes"] == {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "crm_<id>_<secret>"}
    }
    listed = [parameter["name"] for parameter in schema["paths"]["/api/v1/users/"]["get"]["parameters"]]
    assert sorted(listed) == ["cursor", "department", "is_active", "ordering", "page_size", "search", "username"]


def test_the_schema_and_its_pages_want_a_person(api, rep):
    assert error(api().get("/api/schema/"))[0] == 401
    assert sign_in(rep).get("/api/schema/").status_code == 200
    assert api().client.get("/api/docs/").status_code == 302
    page = sign_in(rep).get("/api/docs/")
    assert page.status_code == 200
    assert "<script>" not in page.content.decode() and "<style" not in page.content.decode()
    # in no fixed order: the middleware keeps the directives in a set, so the hash seed of the process decides it
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    script = sign_in(rep).get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")


def test_the_schema_is_valid():
    from io import StringIO

    from django.core.management import call_command

    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())
