"""What people ask about their data: who does which step, once, and what becomes of it."""

import json
import threading
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm.history.models import Operation
from crm.jobs.actions import file_for
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.notifications.models import Notice
from crm.ui.formats import long_day
from customers.base_data.models import Holiday
from customers.comments.models import Comment
from customers.contacts.actions import archive_contact
from customers.contacts.models import Contact
from customers.customers.identity import display_phone
from customers.privacy import requests
from customers.privacy.consents import record_consent
from customers.privacy.models import PersonRequest, Tombstone
from customers.privacy.package import gather
from tests.contract.fingerprints import fingerprint
from tests.customers.privacy.whole_database import where_it_stands
from tests.factories import make_activity, make_contact, make_customer, make_department, make_user, sign_in

pytestmark = pytest.mark.django_db
PHONE, EMAIL = "+8613877665544", "canary@example.org"


@pytest.fixture
def people():
    east = make_department("East")
    roles = ("rep", "director", "security", "admin", "auditor")
    return {role: make_user(role, role, east) for role in roles}


@pytest.fixture
def contact(people):
    stranger = make_user("stranger", "rep", make_department("North"))
    return make_contact(
        make_customer(stranger, name="Harbour Works"), name="Ding Lan", phone=PHONE, email=EMAIL, wechat="wx_canary"
    )


def opened(people, kind="delete", **more):
    return requests.open_request(
        actor=people["rep"], kind=kind, person_name="Ding Lan", **{"phone": PHONE, "email": "", **more}
    )


def approved(people, kind="delete", **more):
    asked = opened(people, kind, **more)
    requests.check_identity(asked, actor=people["rep"], proof="called back")
    return requests.approve_request(
        asked, actor=people["security"], contact_ids=PersonRequest.objects.get().contact_ids
    )


def carried_out(people, kind, **how):
    job = requests.begin_request(approved(people, kind), actor=people["admin"], **how)
    run_job(job.pk)
    job.refresh_from_db()
    return job


def test_the_opener_is_not_told_whom_it_fits(people, contact):
    namesake = make_contact(name="Ding Lan", phone="+8613900000001")
    archived = make_contact(name="Somebody Else", phone=PHONE)
    archive_contact(archived, actor=people["admin"])

    asked = opened(people)

    assert asked.contact_ids == [contact.pk, archived.pk]
    assert asked.matched_ids == [contact.pk, namesake.pk, archived.pk]
    client = sign_in(people["rep"])
    told = client.get(asked.get_absolute_url()).content.decode()
    assert "Harbour Works" not in told and contact.customer.number not in told


def test_the_deadline_counts_working_days(people, contact):
    Holiday.objects.create(day=date(2026, 3, 4), name="x", is_working=False)
    received = date(2026, 3, 2)
    if received > timezone.localdate() or received < timezone.localdate() - timedelta(days=360):
        pytest.skip("the calendar of this test is over")
    assert opened(people, received_on=received).due_on == date(2026, 3, 24)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone": ""}, "phone"),
        ({"phone": "12"}, None),
        ({"email": "not-an-address"}, "email"),
        ({"person_name": " "}, "person_name"),
        ({"kind": "forget"}, "kind"),
        ({"received_on": date(2999, 1, 1)}, "received_on"),
        ({"received_on": date(2001, 1, 1)}, "received_on"),
    ],
)
def test_what_cannot_be_a_request_is_refused_and_nothing_kept(people, contact, change, field):
    before = fingerprint()
    values = {"kind": "copy", "person_name": "Ding Lan", "phone": PHONE, **change}
    with pytest.raises(ValidationError) as refusal:
        requests.open_request(actor=people["rep"], **values)
    assert field is None or field in refusal.value.error_dict
    assert fingerprint() == before


def test_three_people_share_the_work(people, contact):
    asked = opened(people)
    before = fingerprint()
    for person in ("director", "security", "auditor"):
        with pytest.raises(PermissionDenied):
            requests.check_identity(asked, actor=people[person], proof="seen")
    for person in ("rep", "admin", "director", "auditor"):
        with pytest.raises(PermissionDenied):
            requests.approve_request(asked, actor=people[person], contact_ids=[contact.pk])
        with pytest.raises(PermissionDenied):
            requests.refuse_request(asked, actor=people[person], answer="no")
    for person in ("rep", "security", "director", "auditor"):
        with pytest.raises(PermissionDenied):
            requests.begin_request(asked, actor=people[person])
    assert fingerprint() == before


def test_the_database_itself_wants_a_second_and_a_third_person(people, contact):
    asked = approved(people)
    for change in ({"approved_by": people["rep"]}, {"state": "done", "closed_by": people["security"]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PersonRequest.objects.filter(pk=asked.pk).update(**change)


def test_steps_out_of_order_or_twice_are_refused_in_words(people, contact):
    asked = opened(people)
    before = fingerprint()
    with pytest.raises(ValidationError, match="is new already"):
        requests.approve_request(asked, actor=people["security"], contact_ids=[contact.pk])
    with pytest.raises(ValidationError, match="is new already"):
        requests.begin_request(asked, actor=people["admin"])
    assert fingerprint() == before

    requests.check_identity(asked, actor=people["rep"], proof="seen")
    with pytest.raises(ValidationError, match="identity checked already"):
        requests.check_identity(asked, actor=people["rep"], proof="seen")
    requests.refuse_request(asked, actor=people["security"], answer="not the person")
    with pytest.raises(ValidationError, match="refused already"):
        requests.approve_request(asked, actor=people["security"], contact_ids=[contact.pk])


def test_only_contacts_that_fit_can_be_approved(people, contact):
    other = make_contact(name="Somebody")
    asked = opened(people)
    requests.check_identity(asked, actor=people["rep"], proof="seen")
    for ids in ([other.pk], [], [contact.pk, 987654321]):
        with pytest.raises(ValidationError):
            requests.approve_request(asked, actor=people["security"], contact_ids=ids)
    asked.refresh_from_db()
    assert asked.state == "checked"


def test_an_erasure_leaves_neither_the_person_nor_the_words_of_the_request(people, contact):
    carried_out(people, "delete")

    asked = PersonRequest.objects.get()
    assert (asked.state, asked.person_name, asked.phone, asked.email) == ("done", "D**", "138****5544", "")
    assert where_it_stands("Ding Lan", "13877665544", EMAIL, "wx_canary") == []
    assert list(Tombstone.objects.values_list("contact_id", "because", "request")) == [
        (contact.pk, "request", asked.pk)
    ]
    assert Notice.objects.filter(recipient=people["rep"], text__contains=asked.number).exists()


def test_texts_of_colleagues_change_only_by_express_wish(people, contact):
    said = Comment.objects.create(customer=contact.customer, author=people["rep"], content="Ding Lan: 138 7766 5544")
    make_activity(contact.customer, content="Talked to Ding Lan", contact=contact)
    asked = approved(people)
    page = sign_in(people["admin"]).get(asked.get_absolute_url()).content.decode()
    assert contact.customer.number in page and "Talked to" not in page

    job = requests.begin_request(asked, actor=people["admin"])
    run_job(job.pk)
    said.refresh_from_db()
    assert said.content == "Ding Lan: 138 7766 5544"

    again = make_contact(contact.customer, name="Ding Lan", phone=PHONE)
    PersonRequest.objects.all().update(person_name="gone")
    asked = opened(people)
    requests.check_identity(asked, actor=people["rep"], proof="seen")
    requests.approve_request(asked, actor=people["security"], contact_ids=[again.pk])
    run_job(requests.begin_request(asked, actor=people["admin"], with_texts=True).pk)
    said.refresh_from_db()
    assert said.content == "***: ***"
    assert where_it_stands("Ding Lan") == []


def test_a_package_holds_everything_of_the_person_and_nothing_of_another(people, contact):
    rep, customer = people["rep"], contact.customer
    other = make_contact(customer, name="Qian Qi", phone="+8613700000007", email="qian@example.org", remark="Q-canary")
    Contact.objects.filter(pk=contact.pk).update(
        remark="P-remark", custom={"nick": "P-custom"}, archived_at=timezone.now()
    )
    record_consent(contact, actor=rep, purpose="calls", basis="consent", channel="paper", evidence="P-proof")
    make_activity(customer, content="P-talk with Ding Lan and Qian Qi 137 0000 0007", contact=contact)
    make_activity(customer, content="Q-talk", contact=other)
    Comment.objects.create(customer=customer, author=rep, content="P-comment: call Ding Lan")
    Comment.objects.create(customer=customer, author=rep, content="Q-comment: call Qian Qi")

    job = carried_out(people, "copy")

    assert job.state == "done" and PersonRequest.objects.get().state == "done"
    with zipfile.ZipFile(Path(settings.MEDIA_ROOT) / job.file_out) as package:
        assert {"data.json", "data.pdf"} <= set(package.namelist())
        text = package.read("data.json").decode()
        assert package.read("data.pdf")[:4] == b"%PDF"
    for value in ("Ding Lan", PHONE, EMAIL, "wx_canary", "P-remark", "P-custom", "P-proof", "P-talk", "P-comment"):
        assert value in text, value
    for value in ("Qian Qi", "13700000007", "137 0000 0007", "qian@example.org", "Q-canary", "Q-talk", "Q-comment"):
        assert value not in text, value
    assert "customers.ContactEvent" in json.loads(text)["tables"]
    assert job.file_name == f"{PersonRequest.objects.get().number}.zip" and job.expires_at is not None


def test_on_paper_a_package_reads_as_the_pages_do(people, contact):
    make_activity(contact.customer, kind="call", content="A talk", contact=contact)
    asked = PersonRequest.objects.create(
        kind="copy", person_name=contact.name, opened_by=people["rep"], contact_ids=[contact.pk],
        received_on=timezone.localdate(), due_on=timezone.localdate(),
    )  # fmt: skip

    paper = {section.label: dict(section.lines[0]) for section in gather(asked)}

    assert paper["customers.Activity"]["kind"] == "phone call"
    assert paper["customers.Contact"]["phone"] == display_phone(PHONE)
    assert paper["customers.Contact"]["Name"] == contact.name
    assert paper["customers.ContactEvent"]["change"] == "added"
    assert paper["customers.PersonRequest"]["received on"] == long_day(timezone.localdate())


def test_only_who_carries_it_out_fetches_the_package_and_that_is_recorded(people, contact):
    job = carried_out(people, "access")
    another = make_user("admin2", "admin")
    for person in (people["security"], people["rep"], another):
        with pytest.raises(PermissionDenied):
            file_for(job, actor=person)
    assert Operation.objects.filter(verb="job_file_fetched").count() == 0

    assert file_for(job, actor=people["admin"]).is_file()
    assert Operation.objects.get(verb="job_file_fetched").actor == people["admin"]

    people["admin"].roles.clear()
    fresh = type(another).objects.get(pk=people["admin"].pk)
    with pytest.raises(PermissionDenied):
        file_for(job, actor=fresh)


def test_an_erasure_takes_earlier_packages_and_requests_with_it(people, contact):
    first = carried_out(people, "copy")
    path = Path(settings.MEDIA_ROOT) / first.file_out
    assert path.is_file()
    asked = opened(people)
    requests.check_identity(asked, actor=people["rep"], proof="seen")
    requests.approve_request(asked, actor=people["security"], contact_ids=[contact.pk])
    run_job(requests.begin_request(asked, actor=people["admin"]).pk)

    assert not path.exists()
    assert where_it_stands("Ding Lan", "13877665544", EMAIL) == []


def test_a_failed_job_gives_the_request_back(people, contact):
    job = requests.begin_request(approved(people, "copy"), actor=people["admin"])
    people["admin"].is_active = False
    people["admin"].save()
    run_job(job.pk)

    asked = PersonRequest.objects.get()
    assert Job.objects.get(pk=job.pk).state == "failed"
    assert (asked.state, asked.closed_by) == ("approved", None)


def test_corrections_and_explanations_are_answered_in_words(people, contact):
    asked = approved(people, "correct")
    with pytest.raises(ValidationError, match="answered in words"):
        requests.begin_request(asked, actor=people["admin"])
    with pytest.raises(ValidationError):
        requests.answer_request(asked, actor=people["admin"], answer=" ")
    requests.answer_request(asked, actor=people["admin"], answer="The phone was corrected.")
    assert PersonRequest.objects.get().state == "done"


def test_late_requests_are_told_of_once(people, contact):
    asked = opened(people)
    assert requests.warn_of_late_requests() == 0
    PersonRequest.objects.update(received_on=date(2020, 1, 1), due_on=date(2020, 1, 20))
    assert requests.warn_of_late_requests() == 1
    requests.warn_of_late_requests()
    told = Notice.objects.filter(dedupe_key=f"person-request:{asked.pk}:late")
    assert sorted(told.values_list("recipient__username", flat=True)) == ["admin", "rep", "security"]
    assert not told.filter(text__contains="Ding").exists()


def test_who_sees_which_requests_and_what_of_the_person(people, contact):
    asked = opened(people, wish="Secret wish")
    address = asked.get_absolute_url()
    assert sign_in(people["director"]).get(address).status_code == 404
    shown = {
        role: sign_in(people[role]).get(address).content.decode() for role in ("rep", "security", "admin", "auditor")
    }
    assert "Ding Lan" in shown["rep"] and "Secret wish" in shown["rep"]
    for role in ("security", "admin", "auditor"):
        assert "Ding Lan" not in shown[role] and "13877665544" not in shown[role], role
        assert "138****5544" in shown[role]
    assert "Secret wish" not in shown["auditor"]
    listed = sign_in(people["security"]).get("/customers/privacy/requests/").content.decode()
    assert asked.number in listed and "Ding Lan" not in listed
    assert asked.number not in sign_in(people["director"]).get("/customers/privacy/requests/").content.decode()


def test_security_sees_masked_people_when_it_approves(people, contact):
    asked = opened(people)
    requests.check_identity(asked, actor=people["rep"], proof="seen")
    client = sign_in(people["security"])
    page = client.get(asked.get_absolute_url()).content.decode()
    assert "D** · 138****5544 · c***@example.org" in page and contact.customer.number in page
    assert "Ding Lan" not in page and "Harbour Works" not in page

    answer = client.post(f"{asked.get_absolute_url()}approve/", {"contact_ids": [contact.pk]})
    assert answer.status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.approved_by, asked.contact_ids) == ("approved", people["security"], [contact.pk])


def test_pages_carry_a_request_through(people, contact):
    client = sign_in(people["rep"])
    values = {
        "kind": "delete",
        "person_name": "Ding Lan",
        "phone": PHONE,
        "received_on": timezone.localdate().isoformat(),
    }
    refused = client.post("/customers/privacy/requests/new/", {**values, "phone": ""})
    assert refused.status_code == 422 and PersonRequest.objects.count() == 0
    address = client.post("/customers/privacy/requests/new/", values)["Location"]
    assert client.post(f"{address}identity/", {"proof": ""}).status_code == 422
    assert client.post(f"{address}identity/", {"proof": "seen"}).status_code == 302
    security, admin = sign_in(people["security"]), sign_in(people["admin"])
    assert security.post(f"{address}approve/", {"contact_ids": [contact.pk]}).status_code == 302
    assert admin.post(f"{address}begin/").status_code == 302
    assert PersonRequest.objects.get().state == "running"
    assert admin.post(f"{address}begin/").status_code == 422
    run_job(Job.objects.get(kind="person-erasure").pk)
    assert admin.get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_count_once(people, contact):
    asked = opened(people)
    requests.check_identity(asked, actor=people["rep"], proof="seen")
    outcomes = []

    def approve():
        try:
            requests.approve_request(asked, actor=people["security"], contact_ids=[contact.pk])
            outcomes.append("approved")
        except ValidationError as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "state"]
