"""Keeping files: rows, contents, history, races."""

import os
import threading
import time

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone, translation

from crm.attachments import actions
from crm.attachments.models import Attachment
from crm.attachments.receiving import received
from crm.attachments.storage import LARGE, SMALL, path_of, remove_content, remove_orphans, root
from crm.history.models import Operation
from tests.contract.fingerprints import fingerprint
from tests.factories import make_activity, make_customer, make_pooled_customer, make_user
from tests.factories.files import make_attachment, picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def rep():
    return make_user("rep", role="rep")


@pytest.fixture
def customer(rep):
    return make_customer(owner=rep)


def contents():
    return sorted(path.name for path in root().rglob("*") if path.is_file())


def make_old(sha256, days=2):
    for name in ("", LARGE, SMALL):
        path = path_of(sha256, name)
        if path.exists():
            os.utime(path, (time.time() - days * 86400,) * 2)


def test_a_file_is_kept_by_its_hash_with_its_pictures(customer, rep):
    row = make_attachment(customer, rep, "logo.png", picture())
    fresh = Attachment.objects.get()
    assert (fresh.name, fresh.media_type, fresh.size) == ("logo.png", "image/png", len(picture()))
    assert (fresh.width, fresh.height, fresh.anchor_id, fresh.record) == (40, 30, customer.pk, customer)
    assert contents() == sorted([row.sha256, f"{row.sha256}.large.webp", f"{row.sha256}.small.webp"])
    assert path_of(row.sha256).read_bytes() == picture()
    assert path_of(row.sha256).stat().st_mode & 0o777 == 0o600
    assert path_of(row.sha256).parent == root() / row.sha256[:2] / row.sha256[2:4]


def test_keeping_is_recorded_for_the_customer_of_a_follow_up(customer, rep):
    activity = make_activity(customer)
    row = make_attachment(activity, rep)
    entry = Operation.objects.get(verb="attachment_added")
    assert (entry.actor, entry.anchor_id, entry.subject_label) == (rep, customer.pk, "notes.txt")
    assert entry.facts == {"sha256": row.sha256, "size": 15, "type": "text/plain"}
    event = Attachment.pgh_event_model.objects.get()
    assert (event.pgh_label, event.pgh_context_id) == ("insert", entry.context_id)


def test_the_same_content_twice_is_two_rows_and_one_file(customer, rep):
    first, second = make_attachment(customer, rep, "a.txt"), make_attachment(customer, rep, "b.txt")
    assert first.sha256 == second.sha256
    assert contents() == [first.sha256]
    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["a.txt", "b.txt"]


def test_a_failure_keeps_no_row_and_the_sweeper_takes_the_content_a_day_later(customer, rep):
    with pytest.raises(RuntimeError), transaction.atomic():
        row = make_attachment(customer, rep)
        raise RuntimeError
    assert Attachment.objects.count() == 0
    assert remove_orphans() == 0
    make_old(row.sha256)
    assert remove_orphans() == 1
    assert contents() == []


@pytest.mark.parametrize("state", ["archived", "pooled"])
def test_archived_and_pooled_customers_take_no_files(state, rep):
    customer = make_customer(owner=rep, archived_at=timezone.now()) if state == "archived" else make_pooled_customer()
    before = fingerprint()
    with pytest.raises(ValidationError):
        make_attachment(customer, rep)
    assert fingerprint() == before
    assert contents() == []


def test_only_the_author_changes_the_files_of_a_follow_up(customer, rep):
    activity = make_activity(customer)
    row = make_attachment(activity, rep)
    other = make_user("other", role="rep", department=rep.department)
    before = fingerprint()
    with pytest.raises(PermissionDenied):
        actions.archive_attachment(row, actor=other)
    with pytest.raises(PermissionDenied):
        make_attachment(activity, other)
    assert fingerprint() == before


def test_renaming_keeps_the_ending_and_cleans_the_name(customer, rep):
    row = make_attachment(customer, rep)
    actions.rename_attachment(row, actor=rep, name="../会议 纪要.exe", note=" two\nlines ")
    row.refresh_from_db()
    assert (row.name, row.note) == ("会议 纪要.exe.txt", "two lines")
    actions.rename_attachment(row, actor=rep, name="minutes.TXT", note="")
    row.refresh_from_db()
    assert (row.name, row.note) == ("minutes.TXT", "")


@pytest.mark.parametrize(("name", "note"), [("", ""), ("\u200b", ""), ("a", "x" * 201)])
def test_a_wrong_name_or_note_is_refused(customer, rep, name, note):
    row = make_attachment(customer, rep)
    before = fingerprint()
    with pytest.raises(ValidationError):
        actions.rename_attachment(row, actor=rep, name=name, note=note)
    assert fingerprint() == before


def test_archiving_twice_is_refused_and_putting_back_restores(customer, rep):
    row = make_attachment(customer, rep)
    actions.archive_attachment(row, actor=rep)
    with pytest.raises(ValidationError):
        actions.archive_attachment(row, actor=rep)
    make_old(row.sha256)
    assert remove_orphans() == 0  # an archived row still names it
    actions.put_back_attachment(row, actor=rep)
    with pytest.raises(ValidationError):
        actions.put_back_attachment(row, actor=rep)
    row.refresh_from_db()
    assert row.archived_at is None
    assert path_of(row.sha256).exists()


def test_one_record_keeps_at_most_so_many_files(customer, rep, monkeypatch):
    monkeypatch.setattr(actions, "KEPT_WITH_ONE", 1)
    make_attachment(customer, rep)
    with pytest.raises(ValidationError, match="at most 1 files"):
        make_attachment(customer, rep, "second.txt", b"Another")
    assert Attachment.objects.count() == 1


def test_broken_off_uploads_are_swept_after_a_day():
    left = root() / "incoming" / "abc"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    assert remove_orphans() == 0
    os.utime(left, (time.time() - 2 * 86400,) * 2)
    assert remove_orphans() == 1
    assert contents() == []


def test_a_hash_that_is_none_names_no_path():
    for wrong in ("", "../../etc/passwd", "a" * 63, "A" * 64):
        with pytest.raises(ValueError):
            path_of(wrong)


@pytest.mark.django_db(transaction=True)
def test_erasing_removes_rows_and_contents_but_not_what_others_keep(customer, rep):
    own, shared = make_attachment(customer, rep, "own.png", picture()), make_attachment(customer, rep)
    elsewhere = make_attachment(make_customer(owner=rep), rep)
    assert shared.sha256 == elsewhere.sha256
    count = actions.erase_attachments(Attachment.objects.around(customer.pk), actor=rep, reason="asked to")
    assert count == 2
    assert list(Attachment.objects.all()) == [elsewhere]
    assert contents() == [shared.sha256]
    assert not path_of(own.sha256).exists()
    entry = Operation.objects.get(verb="attachments_erased")
    assert (entry.row_count, entry.reason) == (2, "asked to")


def in_threads(*works):
    """Run the works at the same time on connections of their own; what they raised."""
    barrier, raised = threading.Barrier(len(works)), []

    def run(work):
        try:
            barrier.wait(10)
            work()
        except Exception as trouble:
            raised.append(trouble)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


@pytest.mark.django_db(transaction=True)
def test_the_same_content_sent_at_once_is_two_rows_and_one_whole_file(rep):
    customers = [make_customer(owner=rep), make_customer(owner=rep)]
    raised = in_threads(*(lambda one=one: make_attachment(one, rep) for one in customers))
    assert raised == []
    assert Attachment.objects.count() == 2
    (name,) = contents()
    assert path_of(name).read_bytes() == b"What we agreed."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_content_sent_anew_while_it_is_removed_is_still_there(rep, customer, is_guarded, monkeypatch):
    """Its twin without the lock loses the content, so the race is real."""
    if not is_guarded:
        monkeypatch.setattr("crm.attachments.storage.lock_content", lambda sha256: None)
    row = make_attachment(customer, rep)
    sha256 = row.sha256
    Attachment.objects.all().delete()
    make_old(sha256)
    looked, sent = threading.Event(), threading.Event()
    exists = type(Attachment.objects.all()).exists

    def slow_look(rows):
        found = exists(rows)
        if threading.current_thread().name == "sweeper":
            looked.set()
            sent.wait(1.5)
        return found

    monkeypatch.setattr(type(Attachment.objects.all()), "exists", slow_look)

    def sweep():
        threading.current_thread().name = "sweeper"
        remove_content(sha256, at_once=True)

    def send():
        looked.wait(10)
        with received([upload()]) as files:
            actions.attach_files(customer, files, actor=rep)
        sent.set()

    assert in_threads(sweep, send) == []
    assert Attachment.objects.count() == 1
    assert path_of(sha256).exists() is is_guarded
