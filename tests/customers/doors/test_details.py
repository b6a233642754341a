"""A contact detail one may not know answers no question: no search, filter, segment, look-up, message or file."""

import smtplib

import pytest
from django.core.cache import cache
from django.core.mail.backends.base import BaseEmailBackend

from crm.customfields import actions as customfields
from crm.jobs.models import Job, Outbox
from crm.jobs.running import process_outbox_row, run_job
from crm.notifications.models import Notice
from crm.records.export_requests import start_or_ask
from crm.records.exports import Order, start_export
from crm.records.models import ExportRequest
from crm.records.selection import Selection
from customers.contacts.search import palette_results
from customers.customers import team
from customers.duplicates.checking import find_duplicates
from customers.messages.actions import plan_mail
from customers.privacy.consents import record_consent
from customers.segments.actions import save_segment
from tests.factories import (
    make_contact,
    make_customer,
    make_customers,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
    sign_in,
)
from tests.factories.api import api as api

pytestmark = pytest.mark.django_db
PHONE, EMAIL = "+8613912345678", "canary@example.com"


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
def shared(rep):
    """A customer of another rep, on whose team ours is: its phone is masked for ours, and cannot be uncovered."""
    owner = make_user("owner", "rep", make_department("North"))
    customer = make_customer(owner, name="Shared Works", phone=PHONE, email=EMAIL)
    make_contact(customer, name="Ding Lan", phone="+8613700001111")
    team.add_members(customer, actor=owner, colleagues=[rep])
    return customer


@pytest.mark.parametrize(
    "query",
    ["phone=1391234", "email=canary", "q=1391234", "q=canary", "q=13700001", "quality_until=100", "problem=no_email"],
)
def test_a_masked_detail_of_a_shared_customer_answers_no_filter_and_no_search(shared, rep, query, api):
    mine = make_customer(rep, name="Own Works", phone=PHONE, email=EMAIL)
    client = sign_in(rep)

    assert "139****5678" in client.get(shared.get_absolute_url()).text
    assert "Shared Works" in client.get("/customers/").text
    assert "Shared Works" not in client.get(f"/customers/?{query}").text
    assert shared.name not in [row["name"] for row in api(rep).get("customers/?phone=1391234").body["results"]]
    if "1391234" in query or "canary" in query:
        assert mine.name in client.get(f"/customers/?{query}").text


def test_contacts_of_a_shared_customer_are_found_by_name_and_not_by_phone(shared, rep):
    client = sign_in(rep)

    assert [hit["label"] for hit in palette_results("Ding", rep)] == ["Ding Lan"]
    assert palette_results("13700001", rep) == []
    assert "Ding Lan" not in client.get("/contacts/?q=13700001").text
    assert "Ding Lan" in client.get("/contacts/?q=Ding").text


def test_a_segment_by_phone_holds_no_shared_customer(shared, rep):
    rows = [{"field": "phone", "operator": "contains", "value": "1391234"}]
    conditions = {"match": "all", "groups": [{"match": "all", "rows": rows}]}
    segment = save_segment(None, actor=rep, name="By phone", conditions=conditions)

    assert "Shared Works" not in sign_in(rep).get(f"/customers/?segment={segment.pk}").text
    assert sign_in(rep).get(segment.get_absolute_url()).context["count"] == 0


@pytest.fixture
def passport(rep):
    return customfields.add_field(
        actor=make_user("admin", "admin"), model="customers.Customer", kind="text", label="Passport", is_personal=True
    )


def test_a_personal_custom_field_answers_no_filter_where_it_is_hidden(shared, rep, east, passport, api):
    key = passport.key
    pooled = make_pooled_customer(make_pool(department=east), name="Pooled Works", custom={key: "E-CANARY"})
    type(shared).objects.filter(pk=shared.pk).update(custom={key: "E-CANARY"})
    make_customer(rep, name="Own Works", custom={key: "E-CANARY"})
    found = [row["name"] for row in api(rep).get(f"customers/?{passport.parameter}=CANARY").body["results"]]

    assert found == ["Own Works"]
    assert pooled.name in sign_in(rep).get("/customers/").text


def test_a_phone_in_a_pool_or_a_team_tells_where_it_is_known_and_not_at_whom(shared, rep, east):
    pooled = make_pooled_customer(make_pool("East pool", department=east), name="Pooled Works", phone="+8613811112222")
    mine = make_customer(rep, name="Own Works", phone="+8613833334444")

    def told(**asked):
        return [match.text for match in find_duplicates(rep, **asked).matches]

    assert told(phones=[PHONE]) == ["Same phone: a customer of the department North."]
    assert told(emails=[EMAIL]) == ["Same e-mail: a customer of the department North."]
    assert told(phones=[pooled.phone]) == ["Same phone: a customer in the pool “East pool”."]
    assert told(phones=[mine.phone]) == ["Same phone: “Own Works”, owner Rep."]
    assert told(name="Pooled Works") == ["Same name: “Pooled Works”, owner nobody."]


def test_hints_while_typing_stop_after_sixty_in_a_minute(rep):
    cache.clear()
    client = sign_in(rep)

    answers = {client.get("/customers/duplicates/check/?phone=13912345678").status_code for _ in range(60)}

    assert answers == {200}
    assert client.get("/customers/duplicates/check/?phone=13912345678").status_code == 429


class Refusing(BaseEmailBackend):
    """A mail server that refuses and says whom."""

    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({to: (550, f"<{to}> unknown".encode()) for to in messages[0].to})


class Broken(BaseEmailBackend):
    """A mail server that names the address in its words."""

    def send_messages(self, messages):
        raise smtplib.SMTPDataError(554, f"no mail for {messages[0].to[0]}".encode())


@pytest.mark.parametrize(("server", "told"), [("Refusing", "550"), ("Broken", "554")])
def test_what_the_mail_server_says_uncovers_no_address(rep, settings, server, told):
    contact = make_contact(make_customer(rep), name="Ding Lan", email=EMAIL)
    record_consent(contact, actor=rep, purpose="mailing", basis="consent", channel="web", evidence="form")
    mail = plan_mail(contact, actor=rep, subject="News", body="Hello", purpose="mailing")
    settings.EMAIL_BACKEND = f"tests.customers.doors.test_details.{server}"
    for row in Outbox.objects.filter(payload={"mail_id": mail.pk}):
        process_outbox_row(row.pk)
    mail.refresh_from_db()

    assert (mail.state, told in mail.why) == ("failed", True)
    assert EMAIL not in mail.why
    assert not Notice.objects.filter(text__contains=EMAIL).exists()
    assert EMAIL not in sign_in(rep).get(f"/contacts/{contact.pk}/mail/").text


def test_a_shared_segment_tells_no_value_of_a_field_that_is_hidden(rep, east, api):
    director = make_user("director", "director", east)
    rows = [{"field": "phone", "operator": "contains", "value": "1391234"}]
    conditions = {"match": "all", "groups": [{"match": "all", "rows": rows}]}
    segment = save_segment(None, actor=director, name="By phone", conditions=conditions, is_shared=True)
    marketing = make_user("m", "marketing", east)

    assert api(director).get(f"segments/{segment.pk}/").body["conditions"] == conditions
    assert api(marketing).get(f"segments/{segment.pk}/").body["conditions"] is None
    assert "1391234" not in str(api(marketing).get("segments/").body)


@pytest.mark.parametrize("query", ["q=13912345678", "q=canary@example.com", "custom_passport=E-CANARY"])
def test_who_decides_on_an_export_learns_no_detail_out_of_its_filter(rep, query, settings, passport):
    settings.EXPORT_ROWS_A_DAY = {"own": 1}
    make_user("security", "security")
    make_customers(2, rep, phone=PHONE, email=EMAIL, custom={passport.key: "E-CANARY"})
    start_or_ask(rep, Order("customers.Customer", Selection(query=query, is_all=True), ["name"], "csv", "fair"))
    told = ExportRequest.objects.get().params["filter"]

    assert "****" in told
    for word in ("13912345678", EMAIL, "E-CANARY"):
        assert word not in told


def test_a_file_is_not_handed_out_once_its_maker_reaches_less(east):
    director = make_user("director", "director", east)
    make_customer(make_user("rep2", "rep", east), name="Canary Works", phone=PHONE)
    job = start_export(director, "customers.Customer", Selection(is_all=True), ["name", "phone"], "csv", "why")
    run_job(job.pk)
    address = f"/jobs/{job.pk}/download/"
    assert sign_in(director).get(address).status_code == 200

    director.department = make_department("North")
    director.save(update_fields=["department"])
    answer = sign_in(director).get(address)

    assert answer.status_code == 404
    assert "Start again" in answer.text
    assert Job.objects.get(pk=job.pk).file_out


def test_a_token_that_sees_less_gets_no_answer_another_token_got(rep, api):
    customer = make_customer(rep, name="Own Works", phone=PHONE)
    words = ["contacts:write", "contacts:read", "customers:read", "activities:write"]
    body = {"customer": customer.pk, "name": "Ding", "phone": "13912340000"}
    open_, narrow = api(rep, scopes=[*words, "pii"]), api(rep, scopes=words)

    first = open_.post("contacts/", body, Idempotency_Key="k1")
    again = open_.post("contacts/", body, Idempotency_Key="k1")
    other = narrow.post("contacts/", body, Idempotency_Key="k1")

    assert (first.status_code, first.body["phone"]) == (201, "+8613912340000")
    assert again.body == first.body
    assert other.status_code == 422
    assert "0000" not in str(other.body)


def test_a_remembered_answer_is_not_told_once_its_record_is_out_of_reach(rep, api):
    customer, client = make_customer(rep, name="Own Works"), api(rep)
    body = {"customer": customer.pk, "name": "Ding", "phone": "13912340000"}
    first = client.post("contacts/", body, Idempotency_Key="k1")
    far = make_user("far2", "rep", make_department("West"))
    type(customer).objects.filter(pk=customer.pk).update(owner=far, department=far.department)

    again = client.post("contacts/", body, Idempotency_Key="k1")

    assert first.status_code == 201
    assert (again.status_code, again.body["error"]["code"]) == (409, "conflict")
    assert "Ding" not in str(again.body)
    assert customer.contacts.count() == 1
