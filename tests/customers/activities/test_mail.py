"""Mail that becomes follow-ups: whose it is, where it is logged, and mail that means harm."""

import io
import os
import re
import time
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.notifications.models import Notice
from customers.activities import addresses, mail_in
from customers.activities.mail_reading import read_mail
from customers.activities.models import Activity, MailAddress
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_department, make_pooled_customer, make_user, sign_in
from tests.factories.api import api as api
from tests.factories.api import error

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def domain(settings):
    settings.MAIL_IN_DOMAIN = "in.example.com"


@pytest.fixture
def rep():
    return make_user("rep", "rep", email="Rep@yunling.example")


@pytest.fixture
def customer(rep):
    row = make_customer(rep, name="Harbour")
    make_contact(row, name="Xu", email="xu@harbour.example", is_primary=True)
    return row


def mail(sender="rep@yunling.example", to="xu@harbour.example", subject="报价 v2", text="您好，见附件。", **headers):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Somebody <{sender}>", to, subject
    message["Date"] = format_datetime(timezone.now() - timedelta(hours=1))
    message["Message-ID"] = headers.pop("message_id", "<one@example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


# ── whose and where ──


def test_a_mail_the_owner_wrote_is_a_follow_up_that_moves_the_clock(rep, customer):
    made = mail_in.receive_mail(mail(), actor=rep)

    activity = Activity.objects.get()
    assert made == [activity]
    assert (activity.kind, activity.contact.name, activity.author) == ("email", "Xu", rep)
    assert activity.content == "报价 v2\n\n您好，见附件。"
    assert (activity.message_id, activity.is_valid_follow_up) == ("<one@example>", True)
    customer.refresh_from_db()
    assert customer.last_followed_at == activity.happened_at < timezone.now() - timedelta(minutes=59)


def test_the_same_mail_twice_is_logged_once(rep, customer):
    assert [len(mail_in.receive_mail(mail(), actor=rep)) for _ in range(3)] == [1, 0, 0]
    assert (Activity.objects.count(), Notice.objects.count()) == (1, 0)


def test_an_incoming_mail_counts_only_where_it_answers_one_that_was_logged(rep, customer):
    unasked = mail(sender="xu@harbour.example", to="rep@yunling.example", message_id="<two@example>")
    assert not mail_in.receive_mail(unasked, actor=rep)[0].is_valid_follow_up
    mail_in.receive_mail(mail(), actor=rep)
    answer = {"sender": "xu@harbour.example", "to": "rep@yunling.example", "In_Reply_To": "<one@example>"}
    automatic = mail(**answer, message_id="<three@example>", Auto_Submitted="auto-replied")
    assert not mail_in.receive_mail(automatic, actor=rep)[0].is_valid_follow_up
    assert mail_in.receive_mail(mail(**answer, message_id="<four@example>"), actor=rep)[0].is_valid_follow_up


def test_each_customer_whose_address_stands_in_it_gets_one_and_colleagues_none(rep, customer):
    make_user("director", "director", rep.department, email="zhou@yunling.example")
    other = make_customer(rep, email="info@other.example")
    make_contact(customer, name="Lu", email="lu@harbour.example")
    to = "xu@harbour.example, lu@harbour.example, Info@OTHER.example, zhou@yunling.example"

    mail_in.receive_mail(mail(to=to), actor=rep)

    assert sorted(Activity.objects.values_list("customer_id", flat=True)) == sorted([customer.pk, other.pk])


def test_a_mail_that_fits_nobody_makes_a_notice_with_a_way_to_log_it(rep):
    stranger = make_user("stranger", "rep", make_department("North"))
    make_contact(make_customer(stranger), email="xu@harbour.example")
    pooled = make_pooled_customer(department=rep.department)
    make_contact(pooled, email="xu@harbour.example")

    for _ in range(2):
        assert mail_in.receive_mail(mail(), actor=rep) == []

    notice = Notice.objects.get(recipient=rep)
    assert "报价 v2" in notice.text
    assert notice.url == "/activities/new/?q=xu%40harbour.example"
    assert Activity.objects.count() == 0


def test_who_may_not_know_addresses_is_not_told_whose_they_are(customer):
    director = make_user("director", "director", customer.department)
    director.roles.get().grants.filter(right="customers.reveal_contact_details").delete()
    assert mail_in.receive_mail(mail(), actor=director) == []
    assert Activity.objects.count() == 0


def test_an_at_in_a_mail_tells_nobody(rep, customer):
    make_user("zhou", "director", rep.department, name="周启明")
    mail_in.receive_mail(mail(text="@周启明 and @stranger"), actor=rep)
    assert Notice.objects.count() == 0


def test_markup_becomes_plain_text_and_is_never_rendered(rep, customer):
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "rep@yunling.example", "xu@harbour.example", "<h@example>"
    message.set_content(
        "<html><head><title>No</title><style>p{}</style></head><body><script>alert(1)</script>"
        "<p>Price &lt; 10&nbsp;&amp; more</p><div>Second<br>Third</div><img src=x onerror=alert(1)></body></html>",
        subtype="html",
    )
    (made,) = mail_in.receive_mail(message.as_bytes(), actor=rep)
    assert made.content.split("\n") == ["Price < 10 & more", "", "Second", "Third"]
    assert "&lt; 10" in sign_in(rep).get(f"/customers/{customer.pk}/").text


# ── the secret address ──


def test_an_address_is_shown_once_kept_as_a_hash_and_replaced_by_the_next(rep, customer):
    client = sign_in(rep)
    page = client.post("/settings/mail/")
    address = re.search(r"log\+[0-9a-f]{32}@in\.example\.com", page.text)[0]
    assert address not in client.get("/settings/mail/").text
    assert address[4:36] not in str(list(MailAddress.objects.values()))

    call_with(mail(), address)
    assert Activity.objects.get().author == rep

    addresses.make_address(rep)
    with pytest.raises(CommandError) as refusal:
        call_with(mail(message_id="<two@example>"), address)
    assert refusal.value.returncode == os.EX_NOUSER
    assert client.post("/settings/mail/remove/").status_code == 302
    assert MailAddress.objects.count() == 0


def call_with(raw, *recipients):
    stdin = io.TextIOWrapper(io.BytesIO(raw))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        call_command("receive_mail", *recipients, stdout=io.StringIO())


def test_the_address_works_from_the_header_too_and_not_for_the_disabled(rep, customer):
    address = addresses.make_address(rep)
    call_with(mail(to=f"xu@harbour.example, {address.upper()}"))
    assert Activity.objects.count() == 1
    rep.is_active = False
    rep.save(update_fields=["is_active"])
    with pytest.raises(CommandError):
        call_with(mail(message_id="<two@example>"), address)
    assert Activity.objects.count() == 1


def test_without_a_domain_there_is_no_address(rep, settings):
    settings.MAIL_IN_DOMAIN = ""
    assert sign_in(rep).post("/settings/mail/").status_code == 422
    assert MailAddress.objects.count() == 0


# ── the API ──


def test_a_mail_server_hands_mail_over_by_the_api(api, rep, customer):
    client = api(rep)
    answer = post(client, mail())
    assert (answer.status_code, answer.json()["activities"]) == (201, [Activity.objects.get().pk])
    assert post(client, mail()).json() == {"activities": []}
    assert post(client, b"nonsense").status_code == 422
    assert post(client, b"a: b\n\n" + b"x" * (10 * 1024 * 1024)).status_code == 413
    assert error(client.post("mail/", {"message": "x"}))[0] == 400


def test_a_narrowed_token_needs_its_words(api, rep, customer):
    assert post(api(rep, scopes=["customers:read"]), mail()).status_code == 403
    assert post(api(rep, scopes=["activities:write"]), mail()).json() == {"activities": []}
    assert post(api(rep, scopes=["activities:write", "pii"]), mail(message_id="<two@example>")).status_code == 201


def post(client, raw):
    return client.client.post(
        "/api/v1/mail/", raw, content_type="message/rfc822", headers={"Authorization": f"Bearer {client.token}"}
    )


# ── mail that means harm ──

HEAD = b"From: rep@yunling.example\r\nTo: xu@harbour.example\r\nSubject: x\r\n"


def nested(depth):
    lines = [HEAD + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
    for level in range(depth):
        lines.append(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level, level + 1))
    return b"".join(lines)


HOSTILE = {
    "empty": b"",
    "binary": os.urandom(5000),
    "nul in a header": b"From: a@b.example\r\nSubject: \x00\r\n\r\nx",
    "deep": nested(21),
    "very deep": nested(5000),
    "many parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000,
    "endless header": HEAD + b"X-A: " + b"a" * 300_000 + b"\r\n\r\nx",
    "endless line": HEAD + b"\r\n" + b"x" * 2_000_000,
    "only line breaks": HEAD + b"\r\n" + b"\n" * 500_000,
    "too large": HEAD + b"\r\n" + b"x\n" * (6 * 1024 * 1024),
    "no sender": b"To: xu@harbour.example\r\n\r\nx",
    "sender of control characters": b"From: =?utf-8?q?a=0D=0ABcc=3A?= <nobody>\r\n\r\nx",
    "smuggled header": b"From: rep@yunling.example\r\nSubject: =?utf-8?q?x=0D=0ABcc=3A_a=40b.example?=\r\n\r\nx",
    "bidi in the subject": b"From: rep@yunling.example\r\nSubject: =?utf-8?b?4oCuZXhl?=\r\n\r\nx",
    "a codec that is no charset": HEAD + b"Content-Type: text/plain; charset=zlib_codec\r\n\r\nx",
    "a slow codec": HEAD + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a" * 100_000,
    "an encoded word of a bad codec": b"From: rep@yunling.example\r\nSubject: =?rot13?q?uryyb?=\r\n\r\nx",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_refused_in_words_quickly_and_changes_nothing(rep, customer, name):
    before, begun = fingerprint(), time.monotonic()
    with pytest.raises(ValidationError):
        mail_in.receive_mail(HOSTILE[name], actor=rep)
    assert time.monotonic() - begun < 5
    assert fingerprint() == before


ODD = {
    "gbk": HEAD + b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + "今天看样机".encode("gbk"),
    "no charset": HEAD + b"\r\n" + "今天看样机".encode(),
    "broken base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n$$$=5LuK5aSp",
    "wrong bytes": HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\nok \xff\xfe\xfa",
    "unclosed tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<" * 190_000 + b"<script>" * 1000,
    "many addresses": HEAD + b"Cc: " + b", ".join(b"a%d@b.example" % n for n in range(900)) + b"\r\n\r\nok",
    "future date": HEAD + b"Date: Fri, 31 Dec 9999 23:59:59 +0000\r\n\r\nok",
    "nonsense date": HEAD + b"Date: 99 Foo 0000\r\n\r\nok",
    "long subject": b"From: rep@yunling.example\r\nTo: xu@harbour.example\r\nSubject: " + b"s" * 5000 + b"\r\n\r\nok",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_mail_is_still_logged_quickly(rep, customer, name):
    begun = time.monotonic()
    (made,) = mail_in.receive_mail(ODD[name], actor=rep)
    assert time.monotonic() - begun < 5
    assert len(made.content) <= 5000
    assert made.happened_at <= timezone.now()


def test_the_text_is_cut_and_files_are_left_out():
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("Said.")
    message.add_attachment(b"PK secret", maintype="application", subtype="zip", filename="a.zip")
    message.add_attachment("also secret", filename="b.txt")
    assert read_mail(message.as_bytes()).text == "Said."
