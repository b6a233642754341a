"""Retention: a dry run writes nothing, a run erases what is past its period, never what is younger than the minimum."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.access.models import Grant
from crm.company.actions import change_settings
from crm.company.models import CompanySetting
from crm.history.models import Operation
from crm.jobs.models import Job, JobChunk, JobRow, Outbox, ScheduleRun
from crm.jobs.running import run_job
from crm.notifications.models import Notice
from customers.contacts.models import Contact
from customers.customers.holds import Hold
from customers.customers.models import Customer
from customers.imports.actions import start_undo
from customers.imports.models import ImportRow, ImportSet
from customers.quality.retention.classes import HISTORY_MINIMUM_DAYS, declared_classes
from customers.quality.retention.running import preview, run_each_night, start_retention
from tests.contract.fingerprints import fingerprint
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_department,
    make_task,
    make_user,
    role_named,
    sign_in,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HELD = Hold("rented", "It rents a machine.", lambda: Customer.objects.filter(name="Held").values("pk"))


def ago(days):
    return NOW - timedelta(days=days)


@pytest.fixture
def security():
    return make_user("security", "security")


@pytest.fixture
def rep():
    return make_user("rep", "rep", make_department("East"))


def setting(key, value):
    CompanySetting.objects.update_or_create(key=key, defaults={"value": value})


def person(owner, name="Nora Silent", days=800, customer="", **fields):
    moment = ago(days)
    company = make_customer(
        owner, name=customer or f"At {name}", created_at=moment, changed_at=moment, received_at=moment, **fields
    )
    return make_contact(company, name=name, phone="+8613812345678", created_at=moment, changed_at=moment)


def keep_one_of_each(owner, days):
    """A row of every class with a setting in days, as old as said."""
    notice = Notice.objects.create(recipient=owner, kind="job", text="Done", dedupe_key=f"d{days}")
    imported = ImportSet.objects.create(
        requested_by=owner, file_name="a.csv", file_path="", state="applied", applied_at=ago(days)
    )
    ImportRow.objects.create(import_set=imported, row_number=1, cells=["Nora"])
    Outbox.objects.create(topic="t", dedupe_key=f"d{days}", done_at=ago(days))
    job = Job.objects.create(kind="export", title="Old", requested_by=owner, state="done", finished_at=ago(days))
    JobRow.objects.create(job=job, row_number=1, outcome="failed", label="Nora")
    JobChunk.objects.create(job=job, number=1)
    claim = ScheduleRun.objects.create(rule="r", period=f"d{days}")
    for row, column in ((notice, "created_at"), (imported, "created_at"), (claim, "started_at")):
        type(row).objects.filter(pk=row.pk).update(**{column: ago(days)})


def left():
    return {
        model.__name__: model.objects.count() for model in (Notice, ImportRow, Outbox, JobRow, JobChunk, ScheduleRun)
    }


def run(actor):
    job = start_retention(actor)
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    return job


def test_a_dry_run_counts_and_shows_first_rows_and_writes_nothing(security, rep):
    setting("privacy.contact_months", 24)
    contact = person(rep)
    keep_one_of_each(rep, 800)
    client = sign_in(security)
    before = fingerprint()

    lines = {line.kind.code: line for line in preview()}
    out = StringIO()
    call_command("run_retention", "--dry-run", stdout=out)
    page = client.get("/settings/retention/")

    assert {code: line.count for code, line in lines.items()} == {
        "contacts": 1, "notices": 1, "import-rows": 1, "outbox": 1, "job-rows": 1, "job-chunks": 1,
        "schedule-claims": 1, "files": 0,
    }  # fmt: skip
    assert lines["contacts"].first == [f"N** · {contact.pk}"]
    assert f"contacts: 1 (before {lines['contacts'].before:%Y-%m-%d}" in out.getvalue()
    assert ("Nora" in out.getvalue(), "Nora" in page.text, "N** ·" in page.text) == (False, False, True)
    assert fingerprint() == before


def test_a_run_erases_what_is_past_its_period_and_records_the_result(security, rep):
    keep_one_of_each(rep, 800)
    keep_one_of_each(rep, 5)
    Job.objects.update(state="done")

    job = run(security)

    counts = {"notices": 1, "import-rows": 1, "outbox": 1, "job-rows": 1, "job-chunks": 1, "schedule-claims": 1}
    assert job.result["counts"] == counts
    assert left() == {
        "Notice": 2, "ImportRow": 1, "Outbox": 1, "JobRow": 1, "JobChunk": 1 + JobChunk.objects.filter(job=job).count(),
        "ScheduleRun": 1,
    }  # fmt: skip
    ended = Operation.objects.get(verb="retention_ended")
    assert (ended.actor, ended.row_count, ended.facts) == (security, 6, {**counts, "job": job.pk})
    assert Operation.objects.filter(verb="retention_erased", facts__job=job.pk).count() == 6


def test_people_where_nothing_happened_become_nameless(security, rep):
    setting("privacy.contact_months", 24)
    silent, recent = person(rep), person(rep, "Fresh", days=100)

    run(security)

    silent.refresh_from_db()
    recent.refresh_from_db()
    assert ("Nora" in silent.name, silent.phone, silent.archived_at is not None) == (False, "", True)
    assert (recent.name, recent.phone) == ("Fresh", "+8613812345678")
    assert run(security).result["counts"] == {}


def test_people_stay_where_something_happened_or_holds_the_customer(security, rep, settings):
    settings.HARBOUR_CUSTOMER_HOLDS = [f"{__name__}.HELD"]
    setting("privacy.contact_months", 24)
    person(rep, "Held", customer="Held")
    person(rep, "Existing", status="existing")
    make_activity(person(rep, "Talked to").customer)
    make_task(rep, customer=person(rep, "Planned").customer)
    Contact.objects.filter(pk=person(rep, "Corrected").pk).update(changed_at=NOW)
    person(rep, "Received", last_followed_at=NOW)

    assert run(security).result["counts"] == {}
    assert sorted(Contact.objects.values_list("name", flat=True)) == [
        "Corrected", "Existing", "Held", "Planned", "Received", "Talked to",
    ]  # fmt: skip


@pytest.mark.parametrize("days", [1, 29])
def test_nothing_younger_than_the_minimum_goes_whatever_was_set(security, rep, days):
    for one in declared_classes().values():
        if one.setting:
            setting(one.setting, 1)
    keep_one_of_each(rep, days)
    contact = person(rep, days=170)
    before = left()

    run(security)

    assert {**left(), "JobChunk": before["JobChunk"]} == {**before, "Notice": before["Notice"] + 1}
    contact.refresh_from_db()
    assert contact.name == "Nora Silent"


def test_no_class_is_shorter_than_its_minimum_and_none_touches_the_history():
    now = timezone.now()
    for one in declared_classes().values():
        if one.setting:
            assert one.minimum_days >= 30
            assert all(one.before(now, period) <= now - timedelta(days=one.minimum_days) for period in (1, 7, 12))
            assert one.before(now, 0) is None
        assert not one.rows(now).model._meta.label.lower().endswith("event")
        assert one.rows(now).model is not Operation
    assert HISTORY_MINIMUM_DAYS == 200


def test_periods_below_the_minimum_are_refused_and_zero_switches_off():
    admin = make_user("admin", "admin")
    with pytest.raises(ValidationError, match="Between 30 and 3,?650"):
        change_settings({"retention.notice_days": 29}, actor=admin)
    change_settings({"retention.notice_days": 0}, actor=admin)
    assert {line.kind.code: line.is_on for line in preview()}["notices"] is False


def test_a_switched_off_class_keeps_everything(security, rep):
    for key in ("retention.notice_days", "retention.import_days", "retention.work_days"):
        setting(key, 0)
    keep_one_of_each(rep, 3000)
    before = left()

    assert (run_each_night(), left()) == (None, before)
    assert run(security).result["counts"] == {}


def test_a_class_switched_off_while_the_run_waits_is_left_alone(security, rep):
    keep_one_of_each(rep, 800)
    job = start_retention(security)
    setting("retention.notice_days", 0)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, Notice.objects.filter(recipient=rep).count()) == ("done", 1) or job.result["counts"].get(
        "notices"
    ) is None


def test_one_run_at_a_time(security):
    start_retention(security)

    with pytest.raises(ValidationError, match="under way"):
        start_retention(security)
    assert Job.objects.filter(kind="retention").count() == 1
    assert run_each_night() is None


def test_the_schedule_starts_a_run_in_the_name_of_somebody_entitled(security, rep):
    keep_one_of_each(rep, 800)

    job = run_each_night()

    assert (job.requested_by, job.kind) == (security, "retention")


def test_without_anybody_entitled_nothing_runs(rep):
    keep_one_of_each(rep, 800)

    assert run_each_night() is None
    with pytest.raises(CommandError, match=r"customers\.run_retention"):
        call_command("run_retention", stdout=StringIO())


def test_the_command_runs_in_the_foreground(security, rep):
    keep_one_of_each(rep, 800)
    out = StringIO()

    call_command("run_retention", stdout=out)

    assert "notices: 1" in out.getvalue()
    assert "Erased: 6." in out.getvalue()


def test_expired_files_are_removed(security, rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    Path(tmp_path / "old.xlsx").write_text("x")
    expired = {"kind": "export", "title": "Old", "requested_by": rep, "state": "done"}
    Job.objects.create(file_out="old.xlsx", expires_at=ago(1), **expired)
    Job.objects.create(file_out="new.xlsx", expires_at=NOW + timedelta(days=1), **expired)

    assert run(security).result["counts"] == {"files": 1}
    assert (Path(tmp_path / "old.xlsx").exists(), sorted(Job.objects.values_list("file_out", flat=True))) == (
        False, ["", "", "new.xlsx"],
    )  # fmt: skip


def test_an_import_whose_rows_are_gone_cannot_be_taken_back(rep):
    admin = make_user("admin", "admin")
    entry = Operation.objects.create(actor=admin, verb="customers_imported")
    imported = ImportSet.objects.create(
        requested_by=admin, file_name="a.csv", file_path="", state="applied", operation=entry
    )

    with pytest.raises(ValidationError, match="erased"):
        start_undo(imported, actor=admin)
    imported.refresh_from_db()
    assert imported.state == "applied"


def test_a_right_taken_away_stops_the_run(security, rep):
    keep_one_of_each(rep, 800)
    job = start_retention(security)
    Grant.objects.filter(role=role_named("security"), right="customers.run_retention").delete()
    before = left()

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, {**left(), "Notice": 1, "JobChunk": 1}) == ("failed", before)


def test_the_page_is_for_those_entitled_and_the_run_asks_first(security, rep):
    keep_one_of_each(rep, 800)
    auditor = sign_in(make_user("auditor", "auditor"))
    assert sign_in(rep).get("/settings/retention/").status_code == 403
    assert (auditor.get("/settings/retention/").status_code, auditor.post("/settings/retention/run/").status_code) == (
        200, 403,
    )  # fmt: skip
    assert not Job.objects.filter(kind="retention").exists()

    client = sign_in(security)
    assert "cannot be put back" in client.get("/settings/retention/run/").text
    assert client.post("/settings/retention/run/").status_code == 302
    assert Job.objects.filter(kind="retention", requested_by=security).count() == 1


def test_a_part_costs_the_same_however_many_rows_it_erases(security, rep):
    costs = []
    for count in (1, 60):
        for number in range(count):
            Notice.objects.create(recipient=rep, kind="job", text="x", dedupe_key=f"{count}-{number}")
        Notice.objects.update(created_at=ago(800))
        job = start_retention(security)
        with CaptureQueriesContext(connection) as queries:
            run_job(job.pk)
        costs.append(len(queries))
    assert costs[0] == costs[1]
