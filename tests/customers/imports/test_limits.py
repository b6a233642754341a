"""An import asks the limits of the owners its rows name: in its check, again when it writes, and beside a claim."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone, translation

from crm.history.models import Operation
from crm.jobs.running import run_job
from crm.operations.invariants import all_rules, broken
from crm.people.models import User
from customers.customers.models import Customer
from customers.imports import actions, applying, jobs
from customers.imports.causes import Cause, groups
from customers.imports.models import ImportSet
from customers.imports.repairing import Choice, repair_row, repair_rows
from customers.imports.wording import reasons
from customers.pool import actions as pool_actions
from customers.pool.actions import claim_customer
from tests.customers.imports.conftest import apply, as_csv, check, counts, errors, upload
from tests.customers.pool.test_races import together
from tests.factories import (
    make_customer,
    make_customers,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
    sign_in,
)
from tests.factories.api import api as api

HEAD = ["Company", "Owner"]
WHY = "Li opens the new region"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def li(admin):
    person = make_user("li", "rep", make_department("East"), customer_capacity=3)
    make_customer(person)
    make_customer(person, status="existing")
    return person


def rows(*owners):
    return [HEAD, *([f"Works {chr(65 + at) * 4}", owner] for at, owner in enumerate(owners))]


def held(person):
    return Customer.objects.filter(owner=person).exclude(status="existing").count()


def offences():
    return {found.sentence: ids for found in all_rules() if found.number == 54 and (ids := broken(found))}


# ── the check ──


@pytest.mark.django_db
def test_rows_beyond_the_limit_of_their_owner_are_refused_with_rule_value_and_what_to_do(admin, li):
    other = make_user("wang", "rep", make_department("East"))
    before = held(li)
    import_set = check(upload(admin, rows("li", "wang", "li", "li", "wang", "", "li")))

    assert counts(import_set) == {"created": 5, "refused": 2}
    full = {"owner": ["owner_full", {"name": "Li", "held": 3, "limit": 3}]}
    assert errors(import_set) == {5: full, 8: full}
    assert reasons(full) == ["Li holds 3 of 3 customers, with the rows before; raise the limit or choose another owner"]
    assert held(li) == before == 1
    apply(import_set)
    assert (held(li), held(other), Customer.objects.filter(owner=None).count()) == (3, 2, 1)
    assert offences() == {}


@pytest.mark.django_db
def test_places_are_counted_across_the_parts_of_a_check(admin, li, monkeypatch):
    monkeypatch.setattr(jobs, "CHECK_ROWS", 1)
    monkeypatch.setattr(jobs, "APPLY_ROWS", 1)
    import_set = check(upload(admin, rows("li", "li", "li")))
    assert counts(import_set) == {"created": 2, "refused": 1}
    assert counts(apply(import_set)) == {"created": 2, "refused": 1}
    assert held(li) == 3


@pytest.mark.django_db
def test_a_repaired_row_takes_the_place_its_new_owner_has_left(admin, li):
    import_set = check(upload(admin, rows("li", "nobody", "nobody")))
    repaired = [repair_row(import_set.rows.get(row_number=at), {1: "li"}, actor=admin, check=import_set.job_id)
                for at in (3, 4)]  # fmt: skip
    assert [(row.outcome, list(row.errors)) for row in repaired] == [("created", []), ("refused", ["owner"])]


@pytest.mark.django_db
def test_rows_of_a_full_owner_go_to_another_one_together(admin, li):
    other = make_user("wang", "rep", make_department("East"))
    import_set = check(upload(admin, rows(*["li"] * 4)))
    (group,) = groups(import_set, admin)
    assert (group["field"], group["value"], group["count"]) == ("owner", "li", 2)
    shared = Cause(group["field"], group["code"], group["key"])
    done = repair_rows(
        import_set, shared, Choice.SET, "wang", actor=admin, check=import_set.job_id, count=2
    )  # fmt: skip
    assert (done.rows, done.passed) == (2, 2)
    import_set.refresh_from_db()
    apply(import_set)
    assert (held(li), held(other)) == (3, 2)


@pytest.mark.django_db
def test_a_row_that_finds_a_known_customer_takes_no_place(admin, li):
    make_customers(2, owner=li)
    make_customer(li, name="Works AAAA", status="existing")
    import_set = check(upload(admin, [[*HEAD, "Remark"], ["Works AAAA", "li", "new"], ["Works BBBB", "li", ""]]))
    assert counts(import_set) == {"changed": 1, "refused": 1}


# ── writing ──


@pytest.mark.django_db
def test_places_taken_after_the_check_are_refused_when_it_writes(admin, li):
    import_set = check(upload(admin, rows("li", "li")))
    assert counts(import_set) == {"created": 2}
    make_customer(li)

    apply(import_set)

    assert (counts(import_set), held(li)) == ({"created": 1, "refused": 1}, 3)
    assert errors(import_set) == {3: {"": ["owner_full", {"name": "Li", "held": 3, "limit": 3}]}}


@pytest.mark.django_db
def test_the_rule_sees_an_import_that_broke_a_limit(admin, li, monkeypatch):
    import_set = check(upload(admin, rows("li", "li")))
    monkeypatch.setattr(applying.Room, "refusal", lambda room, holder: None)
    make_customer(li)
    Customer.objects.update(received_at=timezone.now() - timedelta(days=1))
    with connection.cursor() as cursor:  # the limit has stood for long
        cursor.execute("ALTER TABLE crm_userevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE crm_userevent SET pgh_created_at = now() - interval '1 day'")
    apply(import_set)
    assert held(li) == 4
    assert list(offences()) == [
        "Who claimed, was assigned or got by import a customer last holds no more than they may."
    ]


# ── above the limits ──


@pytest.mark.django_db
def test_who_may_name_owners_may_lift_the_limits_with_a_reason_that_is_kept(admin, li):
    import_set = check(upload(admin, rows(*["li"] * 5)), exceeds_limit=True, limit_reason=f" {WHY} ")
    assert counts(import_set) == {"created": 5}
    apply(import_set)

    assert held(li) == 6
    entry = Operation.objects.get(verb="customers_imported")
    assert (entry.actor, entry.reason, entry.facts["exceeds_limit"]) == (admin, WHY, True)
    assert offences() == {}


@pytest.mark.django_db
def test_limits_are_lifted_neither_without_a_reason_nor_without_the_right(admin, li):
    director = make_user("dora", "director", make_department("East"))
    tries = [(admin, " ", "limit_reason", "Say why owners"), (director, WHY, "exceeds_limit", "You may not let owners")]
    for actor, reason, field, words in tries:
        import_set = upload(actor, [["Company"], ["Works"]])
        with pytest.raises(ValidationError, match=words) as refused:
            actions.map_columns(
                import_set, import_set.mapping, actor=actor, exceeds_limit=True, limit_reason=reason
            )  # fmt: skip
        assert list(refused.value.message_dict) == [field]
        import_set.refresh_from_db()
        assert (import_set.exceeds_limit, import_set.limit_reason) == (False, "")


@pytest.mark.django_db
def test_limits_stand_again_when_the_importer_lost_the_right_before_writing(admin, li):
    import_set = check(upload(admin, rows(*["li"] * 5)), exceeds_limit=True, limit_reason=WHY)
    for role in admin.roles.all():
        role.grants.filter(right="customers.import_any_owner").delete()
    apply(import_set)
    assert held(li) == 3


@pytest.mark.django_db
def test_the_page_offers_the_tick_to_those_who_may_and_asks_why(admin, li):
    import_set, browser = upload(admin, rows("li", "li", "li")), sign_in(admin)
    mapping = {"column_0": "name", "column_1": "owner", "mode": "both", "match_key": "name", "exceeds_limit": "on"}
    assert 'name="exceeds_limit"' in browser.get(import_set.get_absolute_url()).text

    refused = browser.post(f"{import_set.get_absolute_url()}map/", mapping)
    assert (refused.status_code, "Say why owners may hold more" in refused.text) == (422, True)
    browser.post(f"{import_set.get_absolute_url()}map/", {**mapping, "limit_reason": WHY})
    import_set.refresh_from_db()
    run_job(import_set.job_id)
    assert f"Owners may go above their limits: {WHY}" in browser.get(import_set.get_absolute_url()).text

    rep = make_user("rep", "rep", make_department("East"))
    own = upload(rep, [["Company"], ["Works"]])
    client = sign_in(rep)
    assert "exceeds_limit" not in client.get(own.get_absolute_url()).text
    client.post(
        f"{own.get_absolute_url()}map/",
        {"column_0": "name", "mode": "both", "match_key": "name", "exceeds_limit": "on", "limit_reason": WHY},
    )
    own.refresh_from_db()
    assert (own.state, own.exceeds_limit) == ("checking", False)


@pytest.mark.django_db
def test_the_api_lifts_the_limits_by_the_same_rule(admin, li, api):
    director = make_user("dora", "director", make_department("East"))

    def send(actor, content, **fields):
        client = api(actor)
        fields["file"] = SimpleUploadedFile("a.csv", as_csv(content))
        return client.client.post("/api/v1/imports/", fields, headers={"Authorization": f"Bearer {client.token}"})

    lifted = {"exceeds_limit": "true", "limit_reason": WHY}
    refused = send(director, [["Company"], ["Works"]], **lifted)
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["exceeds_limit"])
    assert send(admin, rows("li", "li", "li"), exceeds_limit="true").json()["error"]["fields"].keys() == {
        "limit_reason"
    }
    assert ImportSet.objects.count() == 0

    assert send(admin, rows("li", "li", "li"), **lifted).status_code == 202
    found = ImportSet.objects.get()
    run_job(found.job_id)
    told = api(admin).get(f"imports/{found.pk}/").body
    assert (told["exceeds_limit"], told["limit_reason"], told["counts"]["created"]) == (True, WHY, 3)


# ── two at once ──


def two_imports(monkeypatch, *, together_with=None):
    """Two imports of two rows each for somebody with one place left, written at the same moment."""
    make_department("Intake", takes_intake=True)
    admin = make_user("admin", "admin")
    li = make_user("li", "rep", make_department("East"), customer_capacity=3)
    make_customers(2, owner=li)
    sets = [check(upload(admin, [HEAD, [f"Works {name}", "li"]])) for name in ("AAAA", "BBBB")]
    works = [lambda found=found: run_job(actions.start_apply(found, actor=admin).pk) for found in sets]
    if together_with:
        works.append(together_with(li))
    faults = together(*works)
    assert faults == []
    return held(li)


def claiming(li):
    customer = make_pooled_customer(make_pool("Pool", department=li.department, claims_per_day=0, held_at_most=0))

    def work():
        try:
            claim_customer(Customer.objects.get(pk=customer.pk), actor=User.objects.get(pk=li.pk))
        except ValidationError:
            pass

    return work


@pytest.mark.django_db(transaction=True)
def test_two_imports_and_a_claim_at_once_share_one_last_place(monkeypatch):
    assert two_imports(monkeypatch, together_with=claiming) == 3
    assert offences() == {}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_imports_take_the_last_place_twice(monkeypatch):
    gate = threading.Barrier(2)
    counted = applying.Room

    def late(*args):
        found = counted(*args)
        gate.wait(10)  # both have counted before the first one writes
        return found

    monkeypatch.setattr(applying, "hold_quota", lambda user_ids: None)
    monkeypatch.setattr(applying, "Room", late)
    assert two_imports(monkeypatch) == 4


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_of_claims_an_import_and_a_claim_take_it_twice(monkeypatch):
    gate = threading.Barrier(2)
    counted, loads = applying.Room, pool_actions.loads

    def late(found):
        gate.wait(10)
        return found

    monkeypatch.setattr(applying, "hold_quota", lambda user_ids: None)
    monkeypatch.setattr(pool_actions, "hold_quota", lambda user_ids: None)
    monkeypatch.setattr(applying, "Room", lambda *args: late(counted(*args)))
    monkeypatch.setattr(pool_actions, "loads", lambda people: late(loads(people)))
    make_department("Intake", takes_intake=True)
    admin = make_user("admin", "admin")
    li = make_user("li", "rep", make_department("East"), customer_capacity=1)
    found = check(upload(admin, [HEAD, ["Works AAAA", "li"]]))
    assert together(claiming(li), lambda: run_job(actions.start_apply(found, actor=admin).pk)) == []
    assert held(li) == 2
