"""Everybody sees their own jobs; those who look after the system see that there are others."""

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from crm.history.models import Operation
from crm.jobs.models import Job, Outbox
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db


def make_job(person, **fields):
    return Job.objects.create(kind="export", title=f"Job of {person.username}", requested_by=person, **fields)


@pytest.fixture
def rep():
    return make_user("rep", role="rep")


def test_the_list_holds_ones_own_jobs_and_for_administrators_all(rep):
    other, admin = make_user("rep2", role="rep"), make_user("admin", role="admin")
    mine, theirs = make_job(rep), make_job(other)

    assert [job.pk for job in sign_in(rep).get("/jobs/").context["page"].rows] == [mine.pk]
    assert [job.pk for job in sign_in(admin).get("/jobs/").context["page"].rows] == [theirs.pk, mine.pk]


def test_a_job_of_somebody_else_is_not_found_and_not_stopped(rep):
    job = make_job(make_user("rep2", role="rep"))
    browser = sign_in(rep)

    for part in ("", "progress/", "download/"):
        assert browser.get(f"/jobs/{job.pk}/{part}").status_code == 404
    assert browser.post(f"/jobs/{job.pk}/cancel/").status_code == 404
    job.refresh_from_db()
    assert job.cancel_requested_at is None


def test_an_administrator_sees_progress_but_stops_nothing_and_reads_no_rows(rep):
    job = make_job(rep, state="running", total=10, done=4)
    job.rows.create(row_number=1, outcome="refused", label="Secret Ltd")
    browser = sign_in(make_user("admin", role="admin"))

    assert "Secret" not in browser.get(f"/jobs/{job.pk}/").content.decode()
    assert browser.post(f"/jobs/{job.pk}/cancel/").status_code == 404


def test_progress_is_asked_for_until_the_job_is_over_and_writes_no_session(rep):
    job = make_job(rep, state="running", total=10, done=4)
    browser = sign_in(rep)
    browser.get(f"/jobs/{job.pk}/")
    before = list(Session.objects.values_list("session_data", "expire_date"))

    running = browser.get(f"/jobs/{job.pk}/progress/", headers={"X-Poll": "1"})
    late = browser.get(f"/jobs/{job.pk}/progress/?n=40", headers={"X-Poll": "1"})
    Job.objects.update(state="done", done=10)
    over = browser.get(f"/jobs/{job.pk}/progress/", headers={"X-Poll": "1"})

    assert (running.status_code, over.status_code) == (200, 286)
    assert 'hx-trigger="every 1s"' in running.content.decode()
    assert 'hx-trigger="every 3s"' in late.content.decode()
    assert "hx-get" not in over.content.decode()
    assert list(Session.objects.values_list("session_data", "expire_date")) == before


def test_stopping_asks_the_worker_to_stop(rep):
    job = make_job(rep, state="running")

    assert sign_in(rep).post(f"/jobs/{job.pk}/cancel/").url == job.get_absolute_url()

    job.refresh_from_db()
    assert job.cancel_requested_at is not None


def test_stopping_a_job_that_is_over_changes_nothing(rep):
    job = make_job(rep, state="done")

    assert sign_in(rep).post(f"/jobs/{job.pk}/cancel/").status_code == 302

    job.refresh_from_db()
    assert (job.state, job.cancel_requested_at) == ("done", None)


def test_dead_work_is_listed_and_retried_by_administrators_only(rep):
    row = Outbox.objects.create(topic="mail", dedupe_key="a", attempts=8, dead_at=timezone.now())
    admin = sign_in(make_user("admin", role="admin"))
    assert sign_in(rep).get("/jobs/failed/").status_code == 403
    assert sign_in(rep).post(f"/jobs/failed/{row.pk}/retry/").status_code == 403
    row.refresh_from_db()
    assert row.dead_at is not None

    assert list(admin.get("/jobs/failed/").context["rows"]) == [row]
    admin.post(f"/jobs/failed/{row.pk}/retry/")

    row.refresh_from_db()
    assert row.dead_at is None
    assert Operation.objects.filter(verb="outbox_retried").count() == 1
    assert admin.post(f"/jobs/failed/{row.pk}/retry/").status_code == 404


def test_reading_pages_never_changes_anything_by_get(rep):
    job = make_job(rep, state="running")

    assert sign_in(rep).get(f"/jobs/{job.pk}/cancel/").status_code == 405


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "１"])
def test_a_place_made_up_by_hand_is_not_found(rep, before):
    assert sign_in(rep).get("/jobs/", {"before": before}).status_code == 404


def test_the_list_costs_the_same_queries_whatever_its_length(rep, django_assert_max_num_queries):
    for _ in range(60):
        make_job(rep)
    browser = sign_in(rep)
    browser.get("/jobs/")

    with django_assert_max_num_queries(12):
        page = browser.get("/jobs/").context["page"]

    assert (len(page.rows), page.next) == (50, page.rows[-1].pk)
    assert len(browser.get(f"/jobs/?before={page.next}").context["page"].rows) == 10
