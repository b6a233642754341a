"""An export above the daily limit is decided by somebody else, once; the ledger lists what was taken out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm.history.models import Operation
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.notifications.models import Notice
from crm.records.export_requests import decide_export, lapse_requests, start_or_ask
from crm.records.exports import VERB, Order, rows_left_today, start_export
from crm.records.models import ExportRequest
from crm.records.selection import Selection
from tests.factories import make_customer, make_customers, make_department, make_source, make_user, sign_in

pytestmark = pytest.mark.django_db
ALL = Selection(is_all=True)
REQUESTS = "/exports/requests/"


@pytest.fixture(autouse=True)
def small(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.EXPORT_ROWS_A_DAY = {"own": 2, "department": 2, "below": 2, "all": 2}


@pytest.fixture
def rep():
    return make_user("rep", role="rep", department=make_department("East"))


@pytest.fixture
def security():
    return make_user("security", role="security", language="en")


@pytest.fixture
def director(rep):
    return make_user("director", role="director", department=rep.department, language="en")


def asked(user, query="", reason="the fair", columns=("name", "phone")):
    return start_or_ask(user, Order("customers.Customer", Selection(query=query, is_all=True), columns, "csv", reason))


def test_within_the_limit_an_export_starts_and_above_it_becomes_a_request(rep, security, director):
    make_customers(2, rep)
    assert isinstance(asked(rep), Job)
    make_customer(rep)

    wish = asked(rep)

    assert isinstance(wish, ExportRequest)
    assert (wish.row_count, wish.state, wish.has_contact_details, wish.reason) == (3, "open", False, "the fair")
    assert wish.params == {
        "columns": ["name", "phone"],
        "format": "csv",
        "selection": {"query": "", "all": True},
        "filter": "",
    }
    assert Job.objects.count() == 1
    assert set(Notice.objects.values_list("recipient__username", flat=True)) == {"director", "security"}
    assert Operation.objects.get(verb="export_asked").actor == rep


def test_the_same_wish_is_taken_once_and_needs_somebody_to_decide(rep):
    make_customers(3, rep)
    with pytest.raises(ValidationError) as refusal:
        asked(rep)
    assert refusal.value.error_list[0].code == "nobody"
    make_user("security", role="security")
    asked(rep)
    with pytest.raises(ValidationError) as refusal:
        asked(rep)
    assert refusal.value.error_list[0].code == "asked"
    assert (ExportRequest.objects.count(), Notice.objects.count()) == (1, 1)


def test_a_granted_request_runs_as_its_asker_beyond_the_limit(rep, security):
    make_customers(3, rep)
    make_customer(make_user("other", role="rep", department=make_department("North")), name="Not mine")
    wish = asked(rep)

    decided = decide_export(wish, actor=security, is_granted=True)

    run_job(decided.job_id)
    job = Job.objects.get()
    assert (job.requested_by, job.state, job.done) == (rep, "done", 3)
    assert (decided.state, decided.decided_by) == ("granted", security)
    entry = Operation.objects.get(verb=VERB)
    assert (entry.actor, entry.row_count, entry.facts["request"]) == (rep, 3, wish.pk)
    assert Operation.objects.get(verb="export_granted").actor == security
    assert Notice.objects.get(recipient=rep, kind="export_decided").url == job.get_absolute_url()
    assert rows_left_today(rep, "customers.export_customer") == 2


def test_a_refusal_needs_words_and_tells_the_asker(rep, security):
    make_customers(3, rep)
    wish = asked(rep)
    with pytest.raises(ValidationError):
        decide_export(wish, actor=security, is_granted=False, answer="  ")
    wish.refresh_from_db()
    assert wish.state == "open"

    decide_export(wish, actor=security, is_granted=False, answer="Too many.")

    assert not Job.objects.exists()
    assert "Too many." in Notice.objects.get(recipient=rep).text
    with pytest.raises(ValidationError):
        decide_export(wish, actor=security, is_granted=True)
    assert not Job.objects.exists()


def test_nobody_decides_on_their_own_request(director, security):
    make_customers(3, director)
    wish = asked(director)
    client = sign_in(director)

    with pytest.raises(PermissionDenied):
        decide_export(wish, actor=director, is_granted=True)
    assert client.get(f"{REQUESTS}{wish.pk}/decide/").status_code == 403
    assert client.post(f"{REQUESTS}{wish.pk}/decide/", {"decision": "grant"}).status_code == 403
    assert f"{REQUESTS}{wish.pk}/decide/" not in client.get(REQUESTS).text
    with pytest.raises(IntegrityError), transaction.atomic():
        ExportRequest.objects.filter(pk=wish.pk).update(decided_by=director)
    wish.refresh_from_db()
    assert (wish.state, Job.objects.count()) == ("open", 0)


def test_who_may_not_decide_sees_only_their_own_requests(rep, security):
    make_customers(3, rep)
    wish = asked(rep)
    other = make_user("rep2", role="rep", department=rep.department)

    with pytest.raises(PermissionDenied):
        decide_export(wish, actor=other, is_granted=True)
    client = sign_in(other)
    assert client.post(f"{REQUESTS}{wish.pk}/decide/", {"decision": "grant"}).status_code == 403
    assert "the fair" not in client.get(REQUESTS).text
    assert "the fair" in sign_in(rep).get(REQUESTS).text
    assert (ExportRequest.objects.get().state, Job.objects.count()) == ("open", 0)


def test_an_asker_who_lost_the_right_or_whose_list_grew_gets_nothing(rep, security):
    make_customers(3, rep)
    wish = asked(rep)
    make_customers(2, rep)
    with pytest.raises(ValidationError) as refusal:
        decide_export(wish, actor=security, is_granted=True)
    assert refusal.value.error_list[0].code == "grown"
    rep.roles.clear()
    with pytest.raises(ValidationError) as refusal:
        decide_export(wish, actor=security, is_granted=True)
    assert refusal.value.error_list[0].code == "no_right"
    assert (ExportRequest.objects.get().state, Job.objects.count()) == ("open", 0)
    assert not Operation.objects.filter(verb="export_granted").exists()


def test_a_granted_request_gives_no_more_rows_than_were_asked_for(rep, security):
    make_customers(20, rep)
    wish = asked(rep)
    make_customer(rep)

    granted = decide_export(wish, actor=security, is_granted=True)
    run_job(granted.job_id)

    assert Job.objects.get(pk=granted.job_id).result["rows"] == 20
    assert Operation.objects.get(verb=VERB).row_count == 20


def test_a_request_nobody_decides_on_lapses_after_seven_days(rep, security):
    make_customers(3, rep)
    wish = asked(rep)
    assert lapse_requests() == 0
    ExportRequest.objects.update(asked_at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(ValidationError) as refusal:
        decide_export(wish, actor=security, is_granted=True)
    assert refusal.value.error_list[0].code == "lapsed"
    asked(rep)  # a lapsed wish stands in nobody's way

    assert (lapse_requests(), lapse_requests()) == (1, 0)

    wish.refresh_from_db()
    assert (wish.state, wish.decided_by, wish.job) == ("refused", None, None)
    assert wish.answer
    assert Notice.objects.filter(recipient=rep, dedupe_key=f"export-decided:{wish.pk}").count() == 1


def test_the_pages_ask_decide_and_tell(rep, security):
    fair = make_source("展会")
    customers = [make_customer(rep, name=f"Secret {number}", source=fair) for number in range(3)]
    mine, theirs = sign_in(rep), sign_in(security)
    assert "somebody else decides" in mine.get(f"/customers/export/?source={fair.pk}").text
    sent = {"all": "1", "query": f"source={fair.pk}", "file_format": "csv", "columns": ["name"], "reason": "mail merge"}
    assert mine.post("/customers/export/", sent).url == REQUESTS

    wish = ExportRequest.objects.get()
    address = f"{REQUESTS}{wish.pk}/decide/"
    assert address in theirs.get(REQUESTS).text
    page = theirs.get(address).text
    assert "mail merge" in page and "Source: 展会" in page
    assert customers[0].name not in page
    assert theirs.post(address, {"decision": "refuse"}).status_code == 422
    assert theirs.post(address, {"decision": "grant"}).url == REQUESTS
    again = theirs.post(address, {"decision": "refuse", "answer": "no"})

    assert (again.status_code, Job.objects.count()) == (422, 1)
    assert "ended already" in again.text


def test_the_ledger_shows_ones_own_exports_and_everybodys_to_auditors(rep, security):
    make_customers(2, rep)
    job = start_export(rep, "customers.Customer", ALL, ["name"], "csv", "quarterly letter")
    run_job(job.pk)
    job.refresh_from_db()

    for person, is_shown in (
        (rep, True), (security, True), (make_user("auditor", role="auditor"), True),
        (make_user("rep2", role="rep", department=rep.department), False),
        (make_user("boss", role="director", department=rep.department), False),
    ):  # fmt: skip
        page = sign_in(person).get("/exports/")
        assert page.status_code == 200
        assert ("quarterly letter" in page.text, job.result["sha256"] in page.text) == (is_shown, is_shown)
    assert "/exports/" in sign_in(rep).get("/jobs/").text
    assert "/exports/" in sign_in(rep).get("/customers/export/").text


def test_what_was_searched_in_a_masked_field_stays_out_of_the_ledger(director, security):
    make_customer(director, phone="+8613812345678")
    start_export(
        director, "customers.Customer", Selection(query="phone=13812345678", is_all=True), ["phone"], "csv", "why"
    )
    entry = Operation.objects.get(verb=VERB)
    assert "13812345678" not in entry.facts["filter"] and "****" in entry.facts["filter"]
    assert entry.facts["details"] is True
    assert "13812345678" not in sign_in(security).get("/exports/").text


@pytest.mark.django_db(transaction=True)
def test_of_two_deciders_at_once_one_decides_and_the_other_is_told(rep, security, director):
    make_customers(3, rep)
    wish = asked(rep)
    gate = Barrier(2)

    def decide(person, is_granted):
        gate.wait()
        try:
            decide_export(wish, actor=person, is_granted=is_granted, answer="so be it")
            return "settled"
        except ValidationError as refusal:
            return refusal.error_list[0].code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(decide, [security, director], [True, False]))

    assert sorted(answers) == ["decided", "settled"]
    stored = ExportRequest.objects.get()
    assert Job.objects.count() == (1 if stored.state == "granted" else 0)
    assert Operation.objects.filter(verb__in=["export_granted", "export_refused"]).count() == 1
    assert Notice.objects.filter(recipient=rep).count() == 1
