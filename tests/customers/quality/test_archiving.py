"""Cold customers are proposed, archived in bulk with a reason, and put back exactly."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

import crm.celery  # noqa: F401 - the doorbell of the jobs started here
from crm.company.models import CompanySetting
from crm.history.models import Operation
from crm.jobs.running import run_job
from crm.records.selection import Selection
from crm.records.undo import undo_operation
from customers.comments.models import Comment
from customers.customers.bulk import tag_customers
from customers.customers.holds import Hold
from customers.customers.models import Customer
from customers.messages.models import ContactMail
from customers.quality.archiving import archive_cold, cold
from customers.quality.quiet import months_ago
from customers.transfers.actions import plan_transfer, start_transfer
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_department,
    make_tag,
    make_task,
    make_user,
    sign_in,
)
from tests.factories.files import make_attachment

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=4 * 365)
HELD = Hold("rented", "It rents a machine.", lambda: Customer.objects.filter(name="Held").values("pk"))


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def east():
    return make_department("East")


@pytest.fixture
def director(east):
    return make_user("director", "director", east)


@pytest.fixture
def rep(east):
    return make_user("rep", "rep", east)


def old(owner, name="Cold", **fields):
    ready = {"created_at": LONG_AGO, "changed_at": LONG_AGO, "received_at": LONG_AGO, **fields}
    return make_customer(owner, name=name, **ready)


def _mail_to(customer, author):
    contact = make_contact(customer, created_at=LONG_AGO)
    ContactMail.objects.create(
        contact=contact, subject="Hello", body="Hello", message_id="a@b", planned_by=author, send_at=timezone.now()
    )


def names(rows):
    return sorted(rows.values_list("name", flat=True))


def everything():
    return Selection(is_all=True)


def test_only_customers_at_whom_nothing_happened_are_proposed(director, rep, settings):
    settings.HARBOUR_CUSTOMER_HOLDS = [f"{__name__}.HELD"]
    old(rep)
    make_customer(rep, name="New")
    old(rep, "Changed field or tag", changed_at=timezone.now())
    old(rep, "Followed", last_followed_at=timezone.now())
    old(rep, "Received", received_at=timezone.now())
    old(rep, "Planned", next_follow_on=timezone.localdate() + timedelta(days=9))
    old(rep, "Protected", protected_until=timezone.localdate() + timedelta(days=9))
    old(rep, "Existing", status="existing")
    old(rep, "Held")
    old(rep, "Archived", archived_at=LONG_AGO)
    make_activity(old(rep, "Noted"), kind="note")
    make_task(rep, customer=old(rep, "Open task"))
    make_task(rep, customer=old(rep, "Old task"), done_at=LONG_AGO, created_at=LONG_AGO)
    make_task(rep, customer=old(rep, "Done task"), done_at=timezone.now(), created_at=LONG_AGO)
    make_task(rep, customer=old(rep, "Task set"), created_by=rep, cancelled_at=timezone.now())
    make_task(rep, customer=old(rep, "Task by rule"), created_by=None, cancelled_at=timezone.now())
    make_attachment(old(rep, "New file"), rep, "notes.txt", b"Notes")
    _mail_to(old(rep, "Mailed"), rep)
    Comment.objects.create(customer=old(rep, "Commented"), author=rep, content="Said.")
    make_contact(old(rep, "New contact"))
    make_contact(old(rep, "Changed contact"), created_at=LONG_AGO, changed_at=timezone.now())
    old(make_user("far", "rep", make_department("North")), "Far")

    proposed = ["Changed contact", "Changed field or tag", "Cold", "Old task", "Task by rule"]
    assert names(cold(director)) == proposed
    assert names(cold(director, with_existing=True)) == [*proposed[:3], "Existing", *proposed[3:]]
    assert names(cold(rep)) == []


def test_a_tag_and_a_transfer_make_no_customer_warm(director, rep, east):
    customer, other = old(rep), make_user("other", "rep", east)
    tag_customers(Customer.objects.all(), actor=director, tag=make_tag("Fair"))
    transfer = plan_transfer(director, Selection(ids=(customer.pk,)), [other], reason="New region")
    run_job(start_transfer(transfer, director).pk)

    customer.refresh_from_db()
    assert (customer.owner, len(customer.tag_ids), customer.changed_at > LONG_AGO) == (other, 1, True)
    assert names(cold(director)) == ["Cold"]


def test_the_period_is_the_companys_and_zero_switches_it_off(director, rep):
    old(rep)
    CompanySetting.objects.create(key="quality.archive_months", value=120)
    assert names(cold(director)) == []
    CompanySetting.objects.update(value=0)
    assert names(cold(director)) == []
    page = sign_in(director).get("/customers/quality/archive/")
    assert (page.status_code, "Nothing is proposed" in page.text) == (200, True)


def test_the_chosen_ones_go_with_a_reason_and_come_back_by_undo(director, rep):
    kept, gone = make_customer(rep, name="Kept"), old(rep)
    make_customer(rep)

    done = archive_cold(Selection(ids=(gone.pk, kept.pk)), actor=director, reason="Nobody answers")

    assert (done.number, done.skipped, done.entry.reason, done.entry.row_count) == (1, 0, "Nobody answers", 1)
    assert names(Customer.objects.archived()) == ["Cold"]
    assert undo_operation(done.entry, actor=director).put_back == 1
    gone.refresh_from_db()
    assert (gone.archived_at, gone.name, gone.owner_id) == (None, "Cold", rep.pk)


def test_what_takes_most_customers_asks_for_their_number(director, rep):
    for number in range(3):
        old(rep, f"Cold {number}")
    make_customer(rep)

    for confirmed in (None, 2):
        with pytest.raises(ValidationError, match="Type their number, 3"):
            archive_cold(everything(), actor=director, reason="Old", confirmed=confirmed)
    assert not Customer.objects.archived().exists()
    assert archive_cold(everything(), actor=director, reason="Old", confirmed=3).number == 3


def test_the_page_asks_for_reason_and_number_then_archives(director, rep):
    old(rep)
    client = sign_in(director)

    asked = client.post("/customers/quality/archive/apply/", {"all": "1"})
    assert (asked.status_code, list(asked.context["form"].fields)) == (
        200, ["ids", "all", "query", "reason", "confirmed"],
    )  # fmt: skip
    refused = client.post("/customers/quality/archive/apply/", {"all": "1", "reason": "Old", "confirmed": "7"})
    assert (refused.status_code, Customer.objects.archived().count()) == (422, 0)
    client.post("/customers/quality/archive/apply/", {"all": "1", "reason": "Old", "confirmed": "1"})
    assert Customer.objects.archived().count() == 1
    assert client.get("/customers/?archived=true").context["total"] == 1
    assert client.get("/customers/").context["total"] == 0


def test_existing_customers_go_only_where_they_were_ticked(director, rep):
    old(rep, "Existing", status="existing")
    make_customer(rep)
    make_customer(rep)

    with pytest.raises(ValidationError, match="None of the chosen|cold"):
        archive_cold(everything(), actor=director, reason="Old")
    assert archive_cold(everything(), actor=director, reason="Old", with_existing=True).number == 1


def test_who_may_not_archive_gets_no_page_and_changes_nothing(rep):
    customer = old(rep)
    client = sign_in(rep)

    assert client.get("/customers/quality/archive/").status_code == 403
    posted = {"ids": str(customer.pk), "reason": "Old", "confirmed": "1"}
    assert client.post("/customers/quality/archive/apply/", posted).status_code == 403
    assert not Customer.objects.archived().exists()
    assert not Operation.objects.exists()
    assert "/customers/quality/archive/" not in client.get("/customers/quality/").text


def test_a_director_archives_nobody_elses(director):
    far = old(make_user("far", "rep", make_department("North")), "Far")

    answer = sign_in(director).post(
        "/customers/quality/archive/apply/", {"ids": str(far.pk), "reason": "Old", "confirmed": "1"}
    )

    assert (answer.status_code, Customer.objects.archived().count()) == (302, 0)


def test_months_are_counted_by_the_calendar():
    from datetime import datetime
    from zoneinfo import ZoneInfo

    moment = datetime(2024, 3, 31, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert [months_ago(count, moment).date().isoformat() for count in (1, 3, 12, 36)] == [
        "2024-02-29", "2023-12-31", "2023-03-31", "2021-03-31",
    ]  # fmt: skip
