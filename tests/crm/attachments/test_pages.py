"""Pages of files: who reaches what, and how they are served."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.access.models import Grant
from crm.attachments import actions
from crm.attachments.models import Attachment
from crm.attachments.storage import root
from customers.activities.models import Activity
from customers.comments.models import Comment
from customers.customers.models import Customer
from tests.contract.fingerprints import fingerprint
from tests.factories import make_activity, make_customer, make_department, make_user, sign_in
from tests.factories.files import make_attachment, pdf, photo_with_place, picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def rep():
    return make_user("rep", role="rep", department=make_department("East"), language="en")


@pytest.fixture
def customer(rep):
    return make_customer(owner=rep)


@pytest.fixture
def stranger(rep):
    return make_user("stranger", role="rep", department=make_department("North"), language="en")


def of(record, code="customer"):
    return reverse("attachments:record", args=[code, record.pk])


def addresses(row):
    names = ("detail", "download", "rename")
    return [reverse(f"attachments:{name}", args=[row.pk]) for name in names] + [
        reverse("attachments:picture", args=[row.pk, size]) for size in ("small", "large")
    ]


# ── reach ──


def test_whoever_does_not_reach_the_record_finds_no_file(customer, rep, stranger):
    row = make_attachment(customer, rep, "logo.png", picture())
    client = sign_in(stranger)
    for address in [*addresses(row), of(customer)]:
        assert client.get(address).status_code == 404, address


def test_a_refused_change_changes_nothing(customer, rep, stranger):
    row = make_attachment(customer, rep)
    auditor = make_user("auditor", role="auditor")
    clients = [(sign_in(stranger), stranger, 404), (sign_in(auditor), auditor, 403)]
    before = fingerprint()
    for client, person, status in clients:
        for name in ("rename", "archive", "put_back"):
            address = reverse(f"attachments:{name}", args=[row.pk])
            assert client.post(address, {"name": "other", "note": ""}).status_code == status, (person, name)
        assert client.post(of(customer), {"files": upload()}).status_code == status
    assert fingerprint() == before
    assert clients[1][0].get(reverse("attachments:download", args=[row.pk])).status_code == 200


def test_files_follow_their_customer_to_its_new_owner(customer, rep, stranger):
    row = make_attachment(customer, rep)
    address = reverse("attachments:detail", args=[row.pk])
    Customer.objects.filter(pk=customer.pk).update(owner=stranger, department=stranger.department)
    assert sign_in(rep).get(address).status_code == 404
    assert sign_in(stranger).get(address).status_code == 200


def test_in_the_pool_nobody_sees_files(customer, rep):
    from tests.factories import make_pool

    row, written = make_attachment(customer, rep), make_attachment(make_activity(customer), rep, "b.txt", b"B")
    pool = make_pool(department=rep.department)
    Customer.objects.filter(pk=customer.pk).update(status="pool", owner=None, pool=pool, pooled_at=timezone.now())
    auditor = make_user("auditor", role="auditor")
    for person in (rep, auditor):
        for one in (row, written):
            assert not Attachment.objects.visible_to(person).filter(pk=one.pk).exists()
            assert sign_in(person).get(reverse("attachments:download", args=[one.pk])).status_code == 404


def test_files_of_an_archived_follow_up_or_comment_go_with_it(customer, rep):
    activity = make_activity(customer)
    comment = Comment.objects.create(customer=customer, author=rep, content="See this.")
    rows = [make_attachment(activity, rep), make_attachment(comment, rep, "c.txt", b"C")]
    assert Attachment.objects.visible_to(rep).count() == 2
    Activity.objects.update(archived_at=timezone.now())
    Comment.objects.update(archived_at=timezone.now())
    assert list(Attachment.objects.visible_to(rep)) == []
    assert sign_in(rep).get(reverse("attachments:download", args=[rows[0].pk])).status_code == 404


def test_without_the_right_on_follow_ups_their_files_are_closed(customer, rep):
    own, written = make_attachment(customer, rep), make_attachment(make_activity(customer), rep, "b.txt", b"B")
    Grant.objects.filter(right="customers.view_activity").delete()
    person = type(rep).objects.get(pk=rep.pk)
    assert list(Attachment.objects.visible_to(person)) == [own]
    assert sign_in(person).get(reverse("attachments:detail", args=[written.pk])).status_code == 404


def test_an_archived_customer_shows_its_files_and_takes_none(customer, rep):
    row = make_attachment(customer, rep)
    Customer.objects.update(archived_at=timezone.now())
    client, before = sign_in(rep), fingerprint()
    assert client.get(reverse("attachments:detail", args=[row.pk])).status_code == 200
    assert client.post(of(customer), {"files": upload("b.txt", b"B")}).status_code == 422
    assert client.post(reverse("attachments:archive", args=[row.pk])).status_code == 302
    assert fingerprint() == before


def test_an_unknown_kind_or_record_is_not_there(rep, customer):
    client = sign_in(rep)
    for address in ("/files/of/user/1/", "/files/of/customer/999999/", "/files/999999/", "/files/1/huge.webp"):
        assert client.get(address).status_code == 404, address


# ── serving ──


def test_a_file_is_served_to_be_saved_and_sealed(customer, rep):
    row = make_attachment(customer, rep, "报价 2026.pdf", pdf())
    answer = sign_in(rep).get(reverse("attachments:download", args=[row.pk]))
    assert b"".join(answer.streaming_content) == pdf()
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7%202026.pdf"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert int(answer["Content-Length"]) == len(pdf())


def test_only_our_own_pictures_open_in_the_browser(customer, rep):
    row = make_attachment(customer, rep, "visit.jpg", photo_with_place())
    for size in ("small", "large"):
        answer = sign_in(rep).get(reverse("attachments:picture", args=[row.pk, size]))
        content = b"".join(answer.streaming_content)
        assert (answer["Content-Type"], content[:4], content[8:12]) == ("image/webp", b"RIFF", b"WEBP")
        assert answer["Content-Disposition"] == "inline"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert b"SecretCamera" not in content


def test_a_file_without_a_picture_says_so_and_has_none(customer, rep):
    row = make_attachment(customer, rep)
    client = sign_in(rep)
    assert "No preview for this kind of file" in client.get(reverse("attachments:detail", args=[row.pk])).text
    assert client.get(reverse("attachments:picture", args=[row.pk, "small"])).status_code == 404


def test_a_content_that_is_lost_is_not_there(customer, rep):
    row = make_attachment(customer, rep)
    for path in root().rglob(row.sha256):
        path.unlink()
    assert sign_in(rep).get(reverse("attachments:download", args=[row.pk])).status_code == 404


def test_looking_and_downloading_write_nothing(customer, rep):
    row = make_attachment(customer, rep, "logo.png", picture())
    client = sign_in(rep)
    before = fingerprint()
    for address in [*addresses(row), of(customer)]:
        assert client.get(address).status_code == 200
    assert fingerprint() == before


# ── uploading ──


def test_several_files_are_kept_at_once_without_script(customer, rep):
    files = [upload("a.txt", b"A"), upload("b.pdf", pdf())]
    answer = sign_in(rep).post(of(customer), {"files": files}, follow=True)
    assert answer.redirect_chain == [(of(customer), 302)]
    assert "2 files kept." in answer.text
    assert sorted(Attachment.objects.values_list("name", "uploaded_by__username")) == [
        ("a.txt", "rep"),
        ("b.pdf", "rep"),
    ]


def test_one_wrong_file_keeps_none_and_says_which(customer, rep):
    client = sign_in(rep)
    before = fingerprint()
    answer = client.post(of(customer), {"files": [upload("a.txt", b"A"), upload("<b>.exe", b"MZ")]})
    assert answer.status_code == 422
    assert "_b_.exe: Files of this kind are not kept here." in answer.text
    assert fingerprint() == before
    assert [path for path in root().rglob("*") if path.is_file()] == []


def test_a_script_is_answered_in_json(customer, rep):
    client = sign_in(rep)
    kept = client.post(of(customer), {"files": upload()}, headers={"Accept": "application/json"})
    assert (kept.status_code, kept.json()) == (200, {"kept": ["notes.txt"]})
    refused = client.post(of(customer), {"files": upload("a.js")}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()) == (
        422, {"refusals": ["a.js: Files of this kind are not kept here."]},
    )  # fmt: skip
    none = client.post(of(customer), {}, headers={"Accept": "application/json"})
    assert (none.status_code, none.json()) == (422, {"refusals": ["Choose a file first."]})


def test_a_request_that_announces_too_much_is_not_read(customer, rep, monkeypatch):
    monkeypatch.setattr("crm.attachments.receiving.LARGEST_REQUEST", 100)
    client = sign_in(rep)
    before = fingerprint()
    assert client.post(of(customer), {"files": upload()}).status_code == 400
    assert fingerprint() == before


def test_photos_come_with_a_follow_up_and_show_in_the_story(customer, rep):
    client = sign_in(rep)
    body = {"kind": "visit", "content": "Saw the new line.", "files": [upload("line.jpg", picture("JPEG"))]}
    answer = client.post(reverse("customers:activity_log", args=[customer.pk]), body, follow=True)
    row = Attachment.objects.get()
    assert (row.record, row.anchor_id) == (Activity.objects.get(), customer.pk)
    assert reverse("attachments:picture", args=[row.pk, "small"]) in answer.text
    page = client.get(of(customer)).text
    assert "line.jpg" in page
    assert "follow-up" in page
    assert "line.jpg" in client.get(of(row.record, "activity")).text


def test_a_follow_up_with_a_wrong_file_is_not_written(customer, rep):
    client = sign_in(rep)
    before = fingerprint()
    body = {"kind": "visit", "content": "Saw it.", "files": [upload("line.svg", b"<svg/>")]}
    answer = client.post(reverse("customers:activity_log", args=[customer.pk]), body)
    assert answer.status_code == 422
    assert "line.svg: Files of this kind are not kept here." in answer.text
    assert fingerprint() == before


def test_a_comment_brings_its_files(customer, rep):
    body = {"content": "See this.", "files": [upload("plan.pdf", pdf())]}
    sign_in(rep).post(reverse("customers:comment_add", args=[customer.pk]), body)
    assert Attachment.objects.get().record == Comment.objects.get()


def test_files_of_a_customer_show_in_its_story_once(customer, rep):
    row = make_attachment(customer, rep, "logo.png", picture())
    client = sign_in(rep)
    thumb = reverse("attachments:picture", args=[row.pk, "small"])
    for show in ("", "?show=files"):
        assert client.get(customer.get_absolute_url() + show).text.count(thumb) == 1, show


# ── changing ──


def test_renaming_archiving_and_putting_back_by_the_pages(customer, rep):
    row = make_attachment(customer, rep)
    client = sign_in(rep)
    assert client.post(reverse("attachments:rename", args=[row.pk]), {"name": "", "note": ""}).status_code == 422
    answer = client.post(reverse("attachments:rename", args=[row.pk]), {"name": "会议", "note": "Signed"}, follow=True)
    assert "会议.txt" in answer.text
    assert "Signed" in answer.text
    answer = client.post(reverse("attachments:archive", args=[row.pk]), follow=True)
    assert answer.redirect_chain == [(of(customer), 302)]
    assert "1 file in the recycle bin" in answer.text
    assert "This file is in the recycle bin." in client.get(reverse("attachments:detail", args=[row.pk])).text
    client.post(reverse("attachments:put_back", args=[row.pk]))
    row.refresh_from_db()
    assert (row.name, row.note, row.archived_at) == ("会议.txt", "Signed", None)


def test_the_page_of_files_costs_the_same_for_one_three_and_twenty(customer, rep):
    client, costs = sign_in(rep), {}
    client.get(of(customer))
    made = 0
    for wanted in (1, 3, 20):
        for number in range(made, wanted):
            make_attachment(customer, rep, f"{number}.txt", b"%d" % number)
        made = wanted
        with CaptureQueriesContext(connection) as queries:
            assert client.get(of(customer)).status_code == 200
        costs[wanted] = len(queries)
    assert len(set(costs.values())) == 1, costs
    assert costs[20] <= 12


def test_an_erased_customer_keeps_no_file_in_reach(customer, rep):
    row = make_attachment(customer, rep)
    actions.erase_attachments(Attachment.objects.around(customer.pk), actor=rep, reason="asked to")
    assert sign_in(rep).get(reverse("attachments:detail", args=[row.pk])).status_code == 404
