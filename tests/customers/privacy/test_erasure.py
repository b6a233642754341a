"""An erased person is found nowhere any more, and nobody else loses anything."""

import hashlib
from datetime import date, timedelta
from importlib import import_module

import pgtrigger
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.utils import timezone

from crm.api.models import IdempotencyKey
from crm.attachments.models import Attachment
from crm.customfields.models import CustomField, CustomUnique
from crm.history.changes import event_model
from crm.history.models import Operation
from crm.history.operations import operation
from crm.history.seals import first_broken_seal, seal_operations
from crm.jobs.models import Job, JobRow
from crm.notifications.models import Notice
from crm.records.models import SavedView
from customers.contacts.actions import add_contact, archive_contact, update_contact
from customers.contacts.models import Contact
from customers.customers.models import CustomerSearch
from customers.duplicates.models import Merge
from customers.imports.models import ImportRow, ImportSet
from customers.messages.models import ContactMail
from customers.privacy.consents import may_process, record_consent
from customers.privacy.erasure import anonymise_contacts, erased_among
from customers.privacy.models import PersonRequest, Tombstone
from tests.customers.privacy.whole_database import where_it_stands
from tests.factories import make_activity, make_contact, make_customer, make_department, make_user, sign_in

pytestmark = pytest.mark.django_db
NAME, PHONE, EMAIL, WECHAT = "欧阳金丝雀", "+8613877665544", "canary.bird@example.org", "wx_canary_77"
OLD_PHONE, TITLE, REMARK, CUSTOM = "+8613711223399", "金丝雀饲养员", "喜欢唱歌的金丝雀", "canary-custom-9"
DIGITS = ("13877665544", "138 7766 5544", "13711223399")
ALL = (NAME, EMAIL, WECHAT, TITLE, REMARK, CUSTOM, "1987-06-05", "ouyang", *DIGITS)


@pytest.fixture
def rep():
    return make_user("rep", "rep", make_department("East"))


@pytest.fixture
def canary(rep):
    """A person whose data has got everywhere the product puts it."""
    customer = make_customer(rep, name="Harbour Works", phone=PHONE)
    details = {
        "name": NAME, "phone": OLD_PHONE, "email": EMAIL, "wechat": WECHAT, "job_title": TITLE, "remark": REMARK,
        "birthday": date(1987, 6, 5),
    }  # fmt: skip
    contact = add_contact(customer, actor=rep, values=details)
    update_contact(contact, actor=rep, values={**details, "phone": PHONE}, duplicate_reason=f"call {PHONE}")
    Contact.objects.filter(pk=contact.pk).update(custom={"nick": CUSTOM})
    contact.refresh_from_db()
    field = CustomField.objects.create(model="customers.Contact", key="nick", label="昵称", kind="text")
    CustomUnique.objects.create(field=field, value=CUSTOM, object_id=contact.pk)
    record_consent(
        contact, actor=rep, purpose="mailing", basis="consent", channel="paper", evidence=f"form of {NAME}.pdf"
    )
    spread(contact, rep)
    return contact


def spread(contact, rep):
    customer = contact.customer
    mail = ContactMail.objects.create(
        contact=contact, subject=f"Dear {NAME}", body=f"We call {PHONE}", why=f"{NAME} withdrew", planned_by=rep,
        message_id="<canary@example.com>", send_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    make_activity(customer, content=f"Dear {NAME}, we call {PHONE}", message_id=mail.message_id, contact=contact)
    kind = ContentType.objects.get_for_model(Contact)
    file = Attachment.objects.create(
        content_type=kind, object_id=contact.pk, anchor_id=customer.pk, name=f"{NAME}.txt", media_type="text/plain",
        size=1, sha256=hashlib.sha256(b"x").hexdigest(), note=REMARK, uploaded_by=rep,
    )  # fmt: skip
    with operation(rep, "attachment_added", file, anchor_id=customer.pk):
        pass
    with operation(rep, "customers_exported", facts={"filter": f"phone {PHONE}", "rows": [13877665544]}):
        pass
    with operation(rep, "customer_changed", customer, anchor_id=customer.pk, reason=f"{NAME} asked for it"):
        pass
    address = f"/customers/{customer.pk}/#contact-{contact.pk}"
    Notice.objects.create(recipient=rep, kind="contact_mail", text=f"{NAME} stopped", url=address, dedupe_key="a")
    job = Job.objects.create(kind="export", title=f"Contacts {PHONE}", requested_by=rep, params={"q": EMAIL})
    JobRow.objects.create(job=job, row_number=1, outcome="failed", label=f"{NAME} 138 7766 5544", message=EMAIL)
    JobRow.objects.create(job=job, row_number=2, outcome="failed", label=NAME, object_id=customer.pk)
    answer = {"id": contact.pk, "name": NAME, "phone": PHONE, "nested": [{"email": EMAIL}]}
    IdempotencyKey.objects.create(user=rep, key="k", request_hash="0" * 64, status=201, answer=answer)
    SavedView.objects.create(owner=rep, page="contacts", name="one", query="q=13877665544&e=canary.bird%40example.org")
    Merge.objects.create(
        survivor=customer, loser=make_customer(rep, archived_at=timezone.now()), merged_by=rep,
        before={"survivor": {"phone": PHONE}}, after={"email": EMAIL},
    )  # fmt: skip
    applied = ImportSet.objects.create(
        requested_by=rep, file_name="a.csv", file_path="imports/none", state="applied", head=[[1, [NAME, PHONE]]],
        mapping={"0": "name", "1": "contact_name", "2": "contact_phone"},
    )  # fmt: skip
    ImportRow.objects.create(
        import_set=applied, row_number=1, cells=["Harbour Works", NAME, "138-7766-5544", TITLE + PHONE],
        fields={"name": "Harbour Works", "contact_name": NAME, "contact_phone": PHONE, "contact_job_title": TITLE},
        difference={"contact_email": ["", EMAIL]}, match_value=PHONE, contact_id=contact.pk,
        customer_id=customer.pk,
    )  # fmt: skip


def erase(*contacts):
    return anonymise_contacts([contact.pk for contact in contacts], "retention")


def test_no_value_of_an_erased_person_stands_in_any_table(canary):
    before = where_it_stands(*ALL)
    assert {entry.split(":")[0].split(".")[0] for entry in before} >= {
        "crm_attachment", "crm_attachmentevent", "crm_customunique", "crm_idempotencykey", "crm_job", "crm_jobrow",
        "crm_notice", "crm_operation", "crm_savedview", "customers_activity", "customers_activityevent",
        "customers_consent", "customers_consentevent", "customers_contact", "customers_contactevent",
        "customers_contactmail", "customers_contactmailevent", "customers_customer", "customers_customerevent",
        "customers_customersearch", "customers_importrow", "customers_importset", "customers_merge",
        "customers_mergeevent",
    }  # fmt: skip

    assert erase(canary) == 1

    assert where_it_stands(*(value for value in ALL if value != TITLE)) == []
    assert where_it_stands(TITLE) == []


def test_no_page_shows_a_value_of_an_erased_person(canary, rep):
    erase(canary)
    client = sign_in(rep)
    pages = [
        f"/customers/{canary.customer_id}/", f"/customers/{canary.customer_id}/history/", "/contacts/", "/customers/",
        "/notifications/", "/jobs/", "/customers/imports/", "/customers/consents/",
    ]  # fmt: skip
    for page in pages:
        text = client.get(page, follow=True).content.decode()
        assert [value for value in ALL if value in text] == [], page


def test_the_neutral_row_stays_where_documents_and_talks_point_to_it(canary, rep):
    talk = make_activity(canary.customer, contact=canary, content="Agreed on Friday.", author=rep)
    erase(canary)

    canary.refresh_from_db()
    talk.refresh_from_db()
    assert canary.name == f"已删除联系人 {canary.pk}"
    assert canary.archived_at is not None and canary.custom == {} and canary.birthday is None
    assert (talk.contact_id, talk.content) == (canary.pk, "Agreed on Friday.")
    assert may_process([canary.pk], "sales") == set()
    assert ContactMail.objects.get().state == "stopped"
    assert Attachment.objects.count() == 0


def test_others_keep_what_is_theirs(canary, rep):
    same = make_contact(
        make_customer(rep, name="Other Works"), name=NAME, phone="+8613900000001", email="o@example.org"
    )
    sharer = make_contact(make_customer(rep, name="Third Works"), name="Lan", wechat="", email=EMAIL)
    note = Notice.objects.create(
        recipient=rep, kind="x", text=f"{NAME} called", url=f"/customers/{same.customer_id}/", dedupe_key="b"
    )
    with operation(rep, "contact_changed", same, anchor_id=same.customer_id, reason=f"{NAME} asked"):
        pass

    erase(canary)

    same.refresh_from_db()
    sharer.refresh_from_db()
    note.refresh_from_db()
    assert (same.name, same.phone, sharer.email, note.text) == (NAME, "+8613900000001", EMAIL, f"{NAME} called")
    assert Operation.objects.filter(anchor_id=same.customer_id, reason=f"{NAME} asked", subject_label=NAME).exists()
    assert CustomerSearch.objects.get(customer=same.customer_id).people != ""
    # what two people share is not taken out of texts elsewhere
    assert Job.objects.get(kind="export").params == {"q": EMAIL}


def test_the_landline_of_the_company_stays(rep):
    customer = make_customer(rep, phone="+862155556666", email="hall@example.org")
    contact = make_contact(customer, name="Ding Lan", phone="+862155556666", email="dl@example.org")
    erase(contact)

    customer.refresh_from_db()
    assert (customer.phone, customer.email) == ("+862155556666", "hall@example.org")


def test_the_seals_of_redacted_operations_hold_and_show_later_changes(canary, rep):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{pgtrigger_operation_append_only_1590f}', true)")
        cursor.execute("UPDATE crm_operation SET at = now() - interval '1 hour'")
        cursor.execute("SELECT set_config('pgtrigger.ignore', '', true)")
    seal_operations()
    erase(canary)
    assert Operation.objects.filter(verb="history_redacted").count() == 1
    assert first_broken_seal() is None

    redacted = Operation.objects.get(verb="contact_added")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{pgtrigger_operation_append_only_1590f}', true)")
        cursor.execute("UPDATE crm_operation SET actor_id = NULL WHERE id = %s", [redacted.pk])
    assert first_broken_seal() == redacted.pk


def test_erasing_twice_changes_nothing(canary):
    erase(canary)
    events = event_model(Contact).objects.count()
    stones = list(Tombstone.objects.values_list("key", flat=True))

    assert erase(canary) == 0
    assert event_model(Contact).objects.count() == events
    assert list(Tombstone.objects.values_list("key", flat=True)) == stones
    assert erased_among([canary.pk]) == [canary.pk]


def test_a_tombstone_says_who_and_why_but_not_what(canary):
    erase(canary)
    stone = Tombstone.objects.get()
    assert (stone.what, stone.contact_id, stone.because, stone.made_at) == (
        "erased", canary.pk, "retention", canary.created_at,
    )  # fmt: skip
    with pytest.raises(Error, match="Cannot update or delete"), transaction.atomic():
        stone.delete()


def redact(ids, why="retention", asked=None):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_redact_history(%s::bigint[], %s, %s, false)", [ids, why, asked])
        return cursor.fetchall()


def test_the_door_to_the_history_opens_for_erased_contacts_only(canary, rep):
    archived = make_contact(canary.customer, name="Ding Lan", phone="")
    archive_contact(archived, actor=rep)
    for ids, why in [
        ([canary.pk], "retention"),
        ([archived.pk], "retention"),
        ([987654321], "retention"),
        ([], "retention"),
    ]:
        with pytest.raises(Error, match=r"erased contacts|Say whose"):
            redact(ids, why)
    erase(archived)
    with pytest.raises(Error, match="Say whose"):
        redact([archived.pk], "because")
    with pytest.raises(Error, match="No approved request"):
        redact([archived.pk], "request", 1)
    assert where_it_stands(NAME) != []


def test_the_door_leaves_no_other_door_open(canary):
    erase(canary)
    redact([canary.pk])
    with pytest.raises(Error, match="Cannot update or delete"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE customers_contactevent SET name = 'x'")
    with pytest.raises(Error, match="Cannot update or delete"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE crm_operation SET reason = 'x'")


def test_an_erasure_by_request_needs_an_approved_request_for_this_person(canary, rep):
    today = timezone.localdate()
    asked = PersonRequest.objects.create(
        number="GR-1", kind="delete", person_name=NAME, received_on=today, due_on=today, opened_by=rep,
        contact_ids=[canary.pk],
    )  # fmt: skip
    with pytest.raises(Error, match="No approved request"), transaction.atomic():
        anonymise_contacts([canary.pk], "request", asked)
    canary.refresh_from_db()
    assert canary.name == NAME and Tombstone.objects.count() == 0


def test_an_erased_contact_is_not_changed_any_more(canary, rep):
    erase(canary)
    with pytest.raises(ValidationError, match="archived"):
        update_contact(canary, actor=rep, values={"name": NAME, "phone": PHONE})
    assert where_it_stands(NAME) == []


def test_the_door_passes_the_guards_of_these_tables_and_no_others():
    migration = import_module("customers.migrations.0005_person_requests")
    passed = {
        model._meta.db_table
        for model, trigger in pgtrigger.registered()
        if trigger.get_pgid(model) in migration.TRIGGERS
    }
    assert passed == {
        "crm_attachmentevent", "crm_operation", "customers_activityevent", "customers_commentevent",
        "customers_consentevent", "customers_contactevent", "customers_contactmailevent", "customers_customerevent",
        "customers_mergeevent", "customers_segmentevent", "customers_taskevent",
    }  # fmt: skip
    assert len(migration.TRIGGERS) == len(passed)
