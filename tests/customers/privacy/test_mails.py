"""A mail to a contact is planned once, asked about again at the last moment, and handed over at most once."""

import smtplib
import threading
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections
from django.utils import timezone

from crm.jobs.models import Outbox
from crm.jobs.running import process_outbox_row
from crm.notifications.models import Notice
from customers.activities.models import Activity
from customers.messages import actions
from customers.messages.actions import plan_mail, send_mail, settle_uncertain, stop_mail
from customers.messages.models import ContactMail
from customers.pool.actions import release_customer
from customers.privacy.consents import record_consent, withdraw_consent
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_department, make_pool, make_user, sign_in

pytestmark = pytest.mark.django_db


class Refusing(BaseEmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({})


class Vanishing(BaseEmailBackend):
    """A mail server that goes away in the middle."""

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("gone")


@pytest.fixture
def rep():
    return make_user("rep", "rep", make_department("East"), email="rep@harbour.example", language="en")


@pytest.fixture
def contact(rep):
    found = make_contact(make_customer(rep), name="Ding Lan", email="ding@example.com")
    record_consent(found, actor=rep, purpose="mailing", basis="consent", channel="web", evidence="form")
    return found


def planned(contact, rep, **more):
    return plan_mail(contact, actor=rep, subject="News", body="Hello", purpose="mailing", **more)


def run(mail):
    for row in Outbox.objects.filter(payload={"mail_id": mail.pk}):
        process_outbox_row(row.pk)
    mail.refresh_from_db()
    return mail.state


def test_a_mail_goes_once_and_is_logged_as_a_follow_up(rep, contact):
    mail = planned(contact, rep)

    assert run(mail) == "sent"
    send_mail(mail.pk)

    assert [(one.to, one.subject, one.reply_to) for one in outbox.outbox] == [
        (["ding@example.com"], "News", ["rep@harbour.example"])
    ]
    assert outbox.outbox[0].extra_headers == {"Message-ID": mail.message_id}
    assert list(Activity.objects.values_list("kind", "contact", "message_id")) == [
        ("email", contact.pk, mail.message_id)
    ]


def test_a_consent_withdrawn_between_planning_and_sending_stops_the_mail(rep, contact):
    mail = planned(contact, rep)
    withdraw_consent(contact, actor=rep, purpose="mailing", channel="phone")

    assert run(mail) == "stopped"

    assert outbox.outbox == []
    assert mail.why == "Ding Lan has not agreed to this, or has withdrawn."
    assert [notice.text for notice in Notice.objects.filter(recipient=rep)] == [
        "Mail “News”: stopped. Ding Lan has not agreed to this, or has withdrawn."
    ]


def test_the_twin_without_the_second_question_sends_all_the_same(rep, contact, monkeypatch):
    mail = planned(contact, rep)
    withdraw_consent(contact, actor=rep, purpose="mailing", channel="phone")
    monkeypatch.setattr(actions, "_why_not", lambda mail: "")

    assert (run(mail), len(outbox.outbox)) == ("sent", 1)


@pytest.mark.django_db(transaction=True)
def test_sending_and_withdrawing_at_once_never_send_after_the_withdrawal(rep, contact):
    for _round in range(15):
        mail = planned(contact, rep)
        outbox.outbox.clear()
        order = []

        def send(mail=mail, order=order):
            send_mail(mail.pk)
            order.append("sent" if outbox.outbox else "not sent")
            connections.close_all()

        def withdraw(order=order):
            withdraw_consent(contact, actor=rep, purpose="mailing", channel="web")
            order.append("withdrawn")
            connections.close_all()

        threads = [threading.Thread(target=send), threading.Thread(target=withdraw)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mail.refresh_from_db()
        consent = contact.consents.latest("withdrawn_at")
        if mail.state == "sent":
            assert mail.send_at <= consent.withdrawn_at
        else:
            assert (mail.state, outbox.outbox) == ("stopped", [])
        record_consent(contact, actor=rep, purpose="mailing", basis="consent", channel="web", evidence="again")


@pytest.mark.parametrize(("backend", "state"), [(Refusing, "failed"), (Vanishing, "unknown")])
def test_what_the_mail_server_does_not_take_is_told_and_not_sent_again(rep, contact, settings, backend, state):
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}"
    mail = planned(contact, rep)

    assert (run(mail), run(mail)) == (state, state)
    assert Notice.objects.filter(recipient=rep, kind="contact_mail").count() == 1
    assert Activity.objects.count() == 0


def test_a_mail_whose_sender_died_is_unknown_and_never_sent_again(rep, contact):
    mail = planned(contact, rep)
    ContactMail.objects.update(state="sending", send_at=timezone.now() - timedelta(minutes=6))

    assert settle_uncertain() == 1
    assert run(mail) == "unknown"
    assert outbox.outbox == []


def test_a_mail_for_later_waits_and_can_be_stopped(rep, contact):
    mail = planned(contact, rep, send_at=timezone.now() + timedelta(hours=3))

    assert run(mail) == "planned"
    stop_mail(mail, actor=rep)
    assert run(mail) == "stopped"
    with pytest.raises(ValidationError, match="no longer waiting"):
        stop_mail(mail, actor=rep)


def test_a_sender_who_lost_the_customer_meanwhile_sends_nothing(rep, contact):
    mail = planned(contact, rep)
    other = make_user("other", "rep", make_department("North"))
    type(contact.customer).objects.update(owner=other, department=other.department)

    assert (run(mail), outbox.outbox) == ("stopped", [])


def test_nobody_writes_to_people_of_a_pool_not_even_with_a_mail_planned_before(rep, contact):
    director = make_user("director", "director", rep.department)
    mail = planned(contact, rep)
    release_customer(contact.customer, actor=rep, reason="No need", pool=make_pool(department=rep.department))
    contact.refresh_from_db()

    assert (run(mail), outbox.outbox) == ("stopped", [])
    with pytest.raises(ValidationError, match="in the pool"):
        planned(contact, director)
    assert ContactMail.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"purpose": "calls"}, "purpose"),
        ({"subject": ""}, "subject"),
        ({"body": ""}, "body"),
        ({"send_at": timezone.now() + timedelta(days=200)}, "send_at"),
    ],
)
def test_what_cannot_be_sent_is_refused_beside_its_field(rep, contact, change, code):
    before = fingerprint()

    with pytest.raises(ValidationError) as refusal:
        plan_mail(contact, actor=rep, **({"subject": "News", "body": "Hello", "purpose": "mailing"} | change))

    assert list(refusal.value.error_dict) == [code]
    assert fingerprint() == before


def test_line_breaks_in_the_subject_add_no_headers(rep, contact):
    mail = plan_mail(contact, actor=rep, subject="News\r\nBcc: all@example.com", body="Hello", purpose="mailing")

    run(mail)
    assert outbox.outbox[0].subject == "News Bcc: all@example.com"
    assert outbox.outbox[0].recipients() == ["ding@example.com"]


def test_without_a_mail_server_nothing_is_planned(rep, contact, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

    with pytest.raises(ValidationError, match="HARBOUR_SMTP_HOST"):
        planned(contact, rep)
    assert ContactMail.objects.count() == 0


def test_the_page_shows_the_address_masked_only(rep, contact):
    client = sign_in(rep)
    page = client.get(f"/contacts/{contact.pk}/mail/")
    assert ("ding@example.com" in page.text, "d***@example.com" in page.text) == (False, True)

    answer = client.post(f"/contacts/{contact.pk}/mail/", {"subject": "News", "body": "Hello", "purpose": "mailing"})
    assert answer.status_code == 302
    assert ContactMail.objects.get().planned_by == rep
