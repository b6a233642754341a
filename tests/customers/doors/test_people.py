"""Who works at a customer is told nowhere to those who may not know it: neither out of reach nor in a pool."""

import csv
import io
from pathlib import Path

import pytest

from crm.jobs.running import run_job
from crm.records.exports import start_export
from crm.records.selection import Selection
from customers.contacts import actions as contacts
from customers.customers import actions
from customers.customers.timeline import CustomerStory
from customers.pool.actions import release_customer
from customers.tasks.actions import add_task
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
    role_named,
    sign_in,
)
from tests.factories.api import api as api

pytestmark = pytest.mark.django_db
CANARY = "Canary Person"


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def east():
    return make_department("East")


@pytest.fixture
def rep(east):
    return make_user("rep", "rep", east)


@pytest.fixture
def director(east):
    return make_user("director", "director", east)


@pytest.fixture
def pooled(east):
    customer = make_pooled_customer(make_pool(department=east), name="Pooled Works")
    contact = make_contact(customer, name=CANARY, is_primary=True, birthday="1980-02-03")
    make_activity(customer, author=make_user("before", "rep", east), contact=contact)
    return customer


def exported(user, model, columns, settings):
    job = start_export(user, model, Selection(is_all=True), columns, "csv", "for a test")
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    content = (Path(settings.MEDIA_ROOT) / job.file_out).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))[1:]


@pytest.mark.parametrize("address", ["/contacts/?customer={}", "/activities/?customer={}", "/tasks/?customer={}"])
def test_a_filter_by_a_customer_out_of_reach_names_it_no_better_than_one_that_does_not_exist(rep, address):
    foreign = make_customer(make_user("far", "rep", make_department("North")), name="Secret Works")
    client = sign_in(rep)

    there, nowhere = client.get(address.format(foreign.pk)), client.get(address.format(987654321))

    assert "Secret Works" not in there.text
    assert there.status_code == nowhere.status_code == 400
    assert str(foreign.pk) in there.text


@pytest.mark.parametrize("address", ["/contacts/?customer={}", "/activities/?customer={}"])
def test_a_filter_by_a_customer_in_reach_names_it(rep, address):
    mine = make_customer(rep, name="Mine Works")

    answer = sign_in(rep).get(address.format(mine.pk))

    assert answer.status_code == 200
    assert "Mine Works" in answer.text


@pytest.mark.parametrize(
    ("role", "refusals"),
    [("director", [404, 404, 404]), ("auditor", [403, 404, 403]), ("finance", [403, 403, 403])],
)
def test_the_people_of_a_pooled_customer_are_found_through_no_door(pooled, east, role, refusals, api):
    user = make_user(f"{role}2", role, east)
    client, contact = sign_in(user), pooled.contacts.get()

    assert api(user).get("contacts/").body["results"] == []
    assert api(user).get(f"contacts/{contact.pk}/").status_code == 404
    for address in ("/contacts/", "/activities/?columns=contact,content", f"/customers/{pooled.pk}/"):
        assert CANARY not in client.get(address).text, address
    pages = [client.get(f"/contacts/{contact.pk}/{address}/") for address in ("edit", "consents", "mail")]
    assert [page.status_code for page in pages] == refusals


def test_files_of_customers_contacts_and_follow_ups_name_no_people_of_a_pool(pooled, rep, director, settings):
    mine = make_customer(rep, name="Own Works")
    contact = make_contact(mine, name="Ding Lan", job_title="Buyer", is_primary=True)
    make_activity(mine, contact=contact, content="Hello")

    columns = ["name", "contact_name", "contact_title", "contact_phone", "contact_email"]
    rows = exported(director, "customers.Customer", columns, settings)
    people = exported(director, "customers.Contact", ["customer", "name"], settings)
    talks = exported(director, "customers.Activity", ["customer", "contact"], settings)

    assert sorted(rows) == [["Own Works", "Ding Lan", "Buyer", "", ""], ["Pooled Works", "", "", "", ""]]
    assert people == [["Own Works", "Ding Lan"]]
    assert sorted(talks) == [["Own Works", "Ding Lan"], ["Pooled Works", ""]]


def test_files_name_no_people_to_those_who_do_not_see_contacts(rep, settings):
    contact = make_contact(make_customer(rep, name="Own Works"), name=CANARY, is_primary=True)
    make_activity(contact.customer, contact=contact)
    role_named("rep").grants.filter(right="customers.view_contact").delete()

    assert exported(rep, "customers.Customer", ["name", "contact_name"], settings) == [["Own Works", ""]]
    assert exported(rep, "customers.Activity", ["customer", "contact"], settings) == [["Own Works", ""]]
    assert CANARY not in sign_in(rep).get(contact.customer.get_absolute_url()).text


def told(customer, user):
    client = sign_in(user)
    pages = [client.get(f"/customers/{customer.pk}/{part}") for part in ("", "timeline/?show=changes", "history/")]
    return "".join(page.text for page in pages)


def test_the_story_names_no_people_to_those_who_do_not_see_contacts(rep, east):
    customer = make_customer(rep, name="Own Works")
    contacts.add_contact(customer, actor=rep, values={"name": CANARY})

    assert CANARY in told(customer, rep)
    for role in ("marketing",):
        assert CANARY not in told(customer, make_user(f"{role}2", role, east))


def test_changes_are_told_on_the_timeline_only_to_those_who_may_read_the_history(rep, east):
    customer = make_customer(rep, remark="before")
    actions.update_customer(customer, actor=rep, values={"remark": "was it Canary"})
    actions.update_customer(customer, actor=rep, values={"remark": "after"})
    marketing, finance = make_user("m", "marketing", east), make_user("f", "finance", east)

    assert "was it Canary" in told(customer, rep)
    for user in (marketing, finance):
        client = sign_in(user)
        assert "was it Canary" not in client.get(f"/customers/{customer.pk}/").text
        assert client.get(f"/customers/{customer.pk}/timeline/?show=changes").status_code == 400


def test_the_story_of_a_pooled_customer_names_no_people_and_no_files(rep, east):
    pool = make_pool(department=east, history_days=30)
    customer = make_customer(rep, name="Own Works")
    contact = contacts.add_contact(customer, actor=rep, values={"name": CANARY})
    contacts.make_primary(contact, actor=rep)
    release_customer(customer, actor=rep, reason="no need", pool=pool)
    customer.refresh_from_db()

    for user in (make_user("peer", "rep", east), make_user("d", "director", east), make_user("a", "auditor", east)):
        entries = CustomerStory(customer, user).page(None).entries
        assert entries
        assert not [entry.text for entry in entries if CANARY in entry.text]


def test_the_changes_of_a_pooled_customer_reach_back_as_far_as_its_pool_says(rep, east, api):
    pool = make_pool(department=east, history_days=0)
    customer = make_customer(rep, remark="before")
    actions.update_customer(customer, actor=rep, values={"remark": "was it Canary"})
    actions.update_customer(customer, actor=rep, values={"remark": "after"})
    release_customer(customer, actor=rep, reason="no need", pool=pool)
    customer.refresh_from_db()
    peer = make_user("peer", "rep", east)

    assert CustomerStory(customer, peer).page(None).entries == []
    assert "was it Canary" not in sign_in(peer).get(f"/customers/{customer.pk}/").text


def test_the_history_names_tasks_of_others_only_by_their_number(rep, east):
    customer, colleague = make_customer(rep), make_user("colleague", "director", make_department("North"))
    role_named("director").grants.filter(right="customers.view_customer").update(scope="all")
    add_task(actor=colleague, values={"title": "Canary plan", "customer": customer})

    assert "Canary plan" not in told(customer, rep)
