"""Whoever gave a customer up reads its phone and e-mail nowhere any more, however much they did with it before."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from crm.history.models import Operation
from crm.jobs.models import Job
from crm.people.models import User
from customers.activities.actions import log_activity
from customers.comments.actions import add_comment
from customers.contacts.actions import update_contact
from customers.customers import actions
from customers.customers.models import Customer
from customers.customers.reveals import reveal
from customers.messages.actions import plan_mail
from customers.pool.actions import release_customer
from customers.privacy.consents import record_consent
from customers.tasks.actions import add_task
from customers.tasks.feeds import make_feed
from tests.customers.imports.conftest import apply, check, upload
from tests.factories import make_contact, make_department, make_pool, make_user, sign_in
from tests.factories.api import api as api
from tests.factories.files import make_attachment

pytestmark = pytest.mark.django_db
PHONE, EMAIL = "13912345678", "canary@example.com"
CONTACT_PHONE, CONTACT_EMAIL = "13687654321", "bird@example.com"
SECRETS = (PHONE, EMAIL, CONTACT_PHONE, CONTACT_EMAIL)
PAGES = [
    "/",
    "/customers/",
    "/customers/pool/",
    "/customers/pool/?former=me",
    "/customers/{c}/",
    "/customers/{c}/?tab=details",
    "/customers/{c}/timeline/",
    "/customers/{c}/history/",
    "/customers/{c}/people/",
    "/customers/{c}/team/",
    "/customers/{c}/companies/",
    "/customers/{c}/edit/",
    "/contacts/",
    "/contacts/{p}/edit/",
    "/contacts/{p}/consents/",
    "/contacts/{p}/mail/",
    "/activities/",
    "/activities/?columns=customer,contact,content",
    "/tasks/",
    "/tasks/{t}/",
    "/calendar/",
    "/notifications/",
    "/customers/consents/",
    "/files/of/customer/{c}/",
    "/files/of/contact/{p}/",
    "/files/{a}/",
    "/files/{a}/download/",
    "/customers/import/",
    "/customers/import/{i}/",
    "/customers/import/{i}/?step=map",
    "/customers/import/{i}/result/",
    "/jobs/",
    "/jobs/{j}/",
    "/jobs/{j}/download/",
    "/customers/segments/",
    "/customers/quality/worklist/",
    "/search/?q=13912345678",
    "/search/?q=canary",
    "/customers/?q=1391234",
    "/customers/?phone=1391234",
    "/customers/export/?all=1",
    "/settings/mail/",
]
API = [
    "customers/",
    "customers/{c}/",
    "customers/{c}/history/",
    "customers/{c}/companies/",
    "contacts/",
    "contacts/{p}/",
    "activities/",
    "tasks/",
    "tasks/{t}/",
    "imports/",
    "imports/{i}/",
    "imports/{i}/rows/",
    "jobs/",
    "jobs/{j}/",
    "customers/?phone=13912345678",
    "customers/?q=canary",
]


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def rep():
    rep = make_user("rep", "rep", make_department("East"))
    make_pool(department=rep.department)
    return rep


@pytest.fixture
def places(rep):
    """The ids of everything the rep did with a customer before it went to the pool."""
    rows = [["name", "phone", "email"], ["Given Up Works", PHONE, EMAIL]]
    came = apply(check(upload(rep, rows), mode="create"))
    customer = Customer.objects.get()
    contact = make_contact(customer, name="Wren", phone="+86" + CONTACT_PHONE, email="old@example.com")
    update_contact(contact, actor=rep, values={"email": CONTACT_EMAIL})
    actions.update_customer(customer, actor=rep, values={"phone": "+8613800000000"})
    actions.update_customer(customer, actor=rep, values={"phone": "+86" + PHONE})
    reveal(customer, "phone", actor=rep, reason="call")
    record_consent(contact, actor=rep, purpose="sales", basis="consent", channel="paper", evidence="Signed")
    plan_mail(contact, actor=rep, subject="Hello", body="A word", purpose="sales")
    log_activity(customer, actor=rep, kind="call", content="We talked", contact=contact)
    add_comment(customer, actor=rep, content="Ask again")
    later = timezone.now() + timedelta(days=1)
    task = add_task(actor=rep, values={"title": "Call", "customer": customer, "due_at": later, "is_all_day": True})
    file = make_attachment(contact, rep, "card.txt", f"Wren {CONTACT_PHONE}".encode())
    release_customer(customer, actor=rep, reason="Not ours")
    job = Job.objects.order_by("pk").last()
    return {"c": customer.pk, "p": contact.pk, "t": task.pk, "i": came.pk, "j": job.pk, "a": file.pk}


def words_of(content):
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def told(text):
    plain = re.sub(r"(?<=\d)[ -](?=\d)", "", text)
    return [secret for secret in SECRETS if secret in plain]


def test_no_page_tells_what_the_pool_masks(rep, places):
    client, found, opened = sign_in(User.objects.get(pk=rep.pk)), {}, 0
    for address in PAGES:
        page = client.get(address.format(**places))
        text = words_of(page.getvalue()) if page.streaming else page.text
        opened += page.status_code == 200
        # a search repeats what was typed
        leaks = [secret for secret in told(text) if secret not in address]
        if leaks:
            found[address] = leaks
    assert found == {}
    assert opened > 20
    result = client.get("/customers/import/{i}/result/".format(**places))
    assert "Given Up Works" in words_of(result.getvalue())


def test_no_answer_of_the_api_tells_it(rep, places, api):
    client, found = api(User.objects.get(pk=rep.pk)), {}
    for address in API:
        answer = client.get(address.format(**places))
        leaks = told(json.dumps(answer.body, default=str))
        if leaks:
            found[address] = leaks
    assert found == {}
    assert client.get("customers/?phone=13912345678").body["results"] == []


def test_the_calendar_a_phone_reads_tells_nothing_of_it(rep, places):
    secret = make_feed(rep)
    feed = sign_in(rep).get(f"/calendar/feed/{secret}.ics")
    assert (feed.status_code, told(feed.content.decode())) == (200, [])


def test_nothing_is_uncovered_or_sent_any_more(rep, places):
    customer, rep = Customer.objects.get(), User.objects.get(pk=rep.pk)
    client = sign_in(rep)
    before = Operation.objects.filter(verb="contact_revealed").count()

    for subject in (customer, customer.contacts.get()):
        with pytest.raises(PermissionDenied):
            reveal(subject, "phone", actor=rep, reason="call")
    with pytest.raises((PermissionDenied, ValidationError, Http404)):
        plan_mail(customer.contacts.get(), actor=rep, subject="Hello", body="Again", purpose="sales")
    assert client.post(f"/customers/{customer.pk}/reveal/", {"field": "phone", "reason": "call"}).status_code == 403
    assert client.post(f"/contacts/{places['p']}/reveal/", {"field": "phone", "reason": "call"}).status_code == 404
    assert Operation.objects.filter(verb="contact_revealed").count() == before
