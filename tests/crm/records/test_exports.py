"""An export holds what its maker may see and export, nothing else, and hurts nobody who opens it."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from crm.access.masks import masked
from crm.history.models import Operation
from crm.jobs.actions import cancel_job
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.records import exports
from crm.records.exports import VERB, rows_left_today, start_export
from crm.records.selection import Selection
from crm.records.writers import row_encoder
from customers.customers.identity import display_phone
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_customers,
    make_department,
    make_pool,
    make_pooled_customer,
    make_region,
    make_source,
    make_tag,
    make_user,
    role_named,
    sign_in,
)

pytestmark = pytest.mark.django_db
ALL = Selection(is_all=True)
COLUMNS = ["name", "phone"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def director():
    return make_user("director", role="director", department=make_department("East"))


@pytest.fixture
def rep():
    return make_user("rep", role="rep", department=make_department("East"))


def exported(user, columns=COLUMNS, selection=ALL, file_format="csv"):
    job = start_export(user, "customers.Customer", selection, columns, file_format, "for a test")
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


def rows_of(job, settings):
    content = (Path(settings.MEDIA_ROOT) / job.file_out).read_bytes()
    if job.file_name.endswith(".csv"):
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]
    return [
        list(row) for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2, values_only=True)
    ]


def test_an_export_holds_exactly_the_rows_within_reach(director, rep, settings):
    colleague = make_user("rep2", role="rep", department=rep.department)
    stranger = make_user("rep3", role="rep", department=make_department("North"))
    make_customer(rep, name="Mine")
    make_customer(colleague, name="Colleague's")
    make_customer(stranger, name="Stranger's")
    make_customer(rep, name="Binned", archived_at=timezone.now())

    assert [row[0] for row in rows_of(exported(rep), settings)] == ["Mine"]
    assert [row[0] for row in rows_of(exported(director), settings)] == ["Mine", "Colleague's"]


def test_chosen_ids_out_of_reach_are_left_out(rep, settings):
    stranger = make_user("rep3", role="rep", department=make_department("North"))
    mine, theirs = make_customer(rep, name="Mine"), make_customer(stranger, name="Theirs")

    job = exported(rep, selection=Selection(ids=(mine.pk, theirs.pk)))

    assert [row[0] for row in rows_of(job, settings)] == ["Mine"]
    assert job.total == 1


def test_chosen_ids_in_the_recycle_bin_are_left_out(rep):
    binned = make_customer(rep, archived_at=timezone.now())

    with pytest.raises(ValidationError):
        start_export(rep, "customers.Customer", Selection(ids=(binned.pk,)), COLUMNS, "csv", "why")


def test_contacts_and_follow_ups_follow_their_customer(director, rep, settings):
    stranger = make_user("rep3", role="rep", department=make_department("North"))
    for owner in (rep, stranger):
        customer = make_customer(owner, name=f"Customer of {owner.username}")
        make_contact(customer=customer, name="丁兰", phone="+8613800138000", wechat="ding")
        make_activity(customer=customer, content="谈妥 =1")

    for user, phone, wechat in ((rep, "138****8000", "****"), (director, "138 0013 8000", "ding")):
        job = start_export(user, "customers.Contact", ALL, ["customer", "name", "phone", "wechat"], "csv", "why")
        run_job(job.pk)
        job.refresh_from_db()
        assert rows_of(job, settings) == [["Customer of rep", "丁兰", phone, wechat]]
    job = start_export(rep, "customers.Activity", ALL, ["customer", "kind", "content", "author"], "csv", "why")
    run_job(job.pk)
    job.refresh_from_db()
    assert rows_of(job, settings) == [["Customer of rep", "phone call", "谈妥 =1", "Rep"]]
    for address in ("/contacts/export/", "/activities/export/"):
        assert sign_in(rep).get(address).status_code == 200
        assert sign_in(make_user(role="finance")).get(address).status_code == 403


def test_the_filter_of_the_list_is_applied_again(director, rep, settings):
    fair = make_source("展会")
    make_customer(rep, name="From the fair", source=fair)
    make_customer(rep, name="From elsewhere")

    job = exported(director, selection=Selection(query=f"source={fair.pk}", is_all=True))

    assert [row[0] for row in rows_of(job, settings)] == ["From the fair"]


def test_a_filter_on_a_field_one_does_not_see_is_refused(settings):
    marketing = make_user("m", role="marketing")
    role_named("marketing").grants.create(right="customers.export_customer", scope="all")
    make_customer(make_user("r", role="rep"), phone="+8613812345678")

    with pytest.raises(ValidationError):
        start_export(marketing, "customers.Customer", Selection(query="phone=138", is_all=True), COLUMNS, "csv", "why")
    assert not Job.objects.exists()


def test_contact_details_are_masked_for_a_rep_and_open_for_a_director_outside_the_pool(director, rep, settings):
    pool = make_pool(department=rep.department)
    make_customer(rep, name="Own", phone="+8613812345678", email="wang@example.cn", address="星湖街 328 号")
    make_pooled_customer(pool, name="Pooled", phone="+8613912345678")
    columns = ["name", "phone", "email", "address"]

    assert rows_of(exported(rep, columns), settings) == [["Own", "138****5678", "w***@example.cn", "****"]]
    assert rows_of(exported(director, columns), settings) == [
        ["Own", "138 1234 5678", "wang@example.cn", "星湖街 328 号"],
        ["Pooled", "139****5678", "", ""],
    ]


def test_every_column_is_written_as_people_read_it(director, rep, settings):
    customer = make_customer(
        rep,
        name="苏州恒曜精密机械有限公司",
        source=make_source("展会"),
        region=make_region("苏州市"),
        tag_ids=[make_tag("重点").pk, make_tag("老客户").pk],
        size="medium",
        next_follow_on=date(2026, 3, 18),
        remark="first line\nsecond\\line\twith tab",
        created_at=datetime(2026, 3, 1, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai")),
    )
    make_contact(customer=customer, name="丁兰", is_primary=True, phone="+8613800138000")
    make_contact(customer=customer, name="Somebody else")
    columns = [
        "name",
        "region",
        "source",
        "size",
        "tags",
        "next_follow_on",
        "remark",
        "contact_name",
        "owner",
        "created_at",
    ]

    expected = ["苏州恒曜精密机械有限公司", "苏州市", "展会", "100–499 people", "重点、老客户", "2026-03-18"]
    expected += ["first line\nsecond\\line\twith tab", "丁兰", "Rep", "2026-03-01 00:30:00"]
    assert rows_of(exported(director, columns), settings) == [expected]
    sheet_row = rows_of(exported(director, columns, file_format="xlsx"), settings)[0]
    assert sheet_row[5] == datetime(2026, 3, 18)  # noqa: DTZ001 - Excel knows no zones
    assert sheet_row[9] == datetime(2026, 3, 1, 0, 30)  # noqa: DTZ001
    assert sheet_row[:5] + sheet_row[6:9] == expected[:5] + expected[6:9]


HOSTILE = [
    "",
    "宁波海辰",
    "a,b",
    'he said "=1"',
    "a\\",
    "\\",
    "\\.",
    r"\N",
    r"a\,b\n",
    "a\nb",
    "\ta",
    "a\rb",
    "a\x08\x0b\x0c\x01b",
    "=1+1",
]
HOSTILE += [
    " =1",
    "\u3000＝1",
    "\ufeff+1",
    "\x01=1",
    "-1",
    "@x",
    "|x",
    "%x",
    "＠x",
    "a\x85\x9fb",
    "a\ufdd0b\uffff",
    "<b>&amp;",
    "_x000D_",
]
HOSTILE += [
    "'x",
    "(+86) 21",
    "*x",
    "𠮷野家 😀",
    "ａ",
    "é",
    "\u0301=1",
    "王@李",
    ",",
    ",,=",
    "\n=1",
    "x" * 200,
    "a\u200b",
    "_",
    "X",
    "%b",
    "%s",
]
PHONES = [
    "",
    "+8613812345678",
    "+862188881234",
    "+86400123",
    "110",
    "5",
    "+861-abc-defgh",
    "=1+1",
    "+1 212 555 0100",
    "٣٤٥٦٧٨٩٠",
    "1234567",
]
MOMENTS = [
    datetime(2026, 3, 1, 0, 30, 5, 999_999, tzinfo=UTC),
    datetime(1850, 1, 1, tzinfo=UTC),
    datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC),
]
DAYS = [None, date(2026, 3, 18), date(1850, 2, 28), date(1900, 2, 28), date(1900, 3, 1)]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_part_is_byte_for_byte_what_the_safe_writer_makes_of_every_row(director, rep, file_format):
    pool = make_pool(department=rep.department)
    for at, text in enumerate(HOSTILE):
        fields = {
            "name": text or "x",
            "short_name": HOSTILE[at * 7 % len(HOSTILE)][:60],
            "remark": HOSTILE[at * 11 % len(HOSTILE)],
            "address": HOSTILE[at * 3 % len(HOSTILE)],
            "email": [text[:120], f"{text[:60]}@example.cn", "wang@a@b.cn", "@"][at % 4],
            "phone": PHONES[at % len(PHONES)],
            "next_follow_on": DAYS[at % len(DAYS)],
            "created_at": MOMENTS[at % len(MOMENTS)],
        }
        make_customer(rep, **fields)
        make_pooled_customer(pool, **fields)
    names = [
        "name",
        "short_name",
        "remark",
        "address",
        "email",
        "phone",
        "next_follow_on",
        "created_at",
        "id",
        "status",
    ]
    export, file = exports.export_named("customers.Customer"), io.BytesIO()
    rows = export.rows(director, ALL)

    count = exports.write_rows(export, rows, names, file_format, director, file)

    encode = row_encoder(file_format)
    expected = [encode(plain_row(customer, export.chosen(names))) for customer in rows.order_by("pk")]
    assert file.getvalue().decode().splitlines() == "".join(expected).splitlines()
    assert (file.getvalue().decode(), count) == ("".join(expected), 2 * len(HOSTILE))


def plain_row(customer, columns):
    """The cells of a customer as the safe writer takes them, one by one."""
    cells = []
    for name, column in columns.items():
        value = getattr(customer, name)
        if column.mask and customer.status == "pool":
            value = masked(column.mask, value)
        elif name == "phone":
            value = display_phone(value)
        elif name == "status":
            value = customer.get_status_display()
        cells.append(value)
    return cells


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_formulas_in_names_do_not_run(director, rep, settings, file_format):
    make_customer(rep, name='=HYPERLINK("http://x")', short_name="@SUM(1)", phone="+86")

    row = rows_of(exported(director, ["name", "short_name"], file_format=file_format), settings)[0]

    apostrophe = "'" if file_format == "csv" else ""
    assert row == [f'{apostrophe}=HYPERLINK("http://x")', f"{apostrophe}@SUM(1)"]


def test_parts_are_put_together_in_order(director, rep, settings, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(exports, "PART_ROWS", 7)
    made = make_customers(30, rep)

    with django_capture_on_commit_callbacks(execute=True):
        job = exported(director, ["name"], file_format="xlsx")

    assert [row[0] for row in rows_of(job, settings)] == [customer.name for customer in made]
    assert job.chunks.count() == 5
    assert [path.name for path in (Path(settings.MEDIA_ROOT) / "jobs").iterdir()] == [Path(job.file_out).name]


def test_an_export_is_an_operation_with_its_reason_and_count(director, rep):
    make_customers(3, rep)

    job = exported(director)

    entry = Operation.objects.get(verb=VERB)
    assert (entry.actor, entry.reason, entry.row_count) == (director, "for a test", 3)
    asked = {"model": "customers.Customer", "columns": COLUMNS, "format": "csv", "query": "", "all": True}
    assert entry.facts == {**asked, "filter": "", "details": True}
    assert job.operation == entry
    assert job.result["rows"] == 3


def test_a_rep_exports_two_hundred_rows_a_day_and_no_more(rep):
    make_customers(150, rep)
    exported(rep)

    with pytest.raises(ValidationError, match="50"):
        start_export(rep, "customers.Customer", ALL, COLUMNS, "csv", "again")

    assert (Job.objects.count(), rows_left_today(rep, "customers.export_customer")) == (1, 50)


@pytest.mark.parametrize(
    ("columns", "file_format", "reason", "label"),
    [
        ([], "csv", "why", "customers.Customer"),
        (["password"], "csv", "why", "customers.Customer"),
        (COLUMNS, "exe", "why", "customers.Customer"),
        (COLUMNS, "csv", "  ", "customers.Customer"),
        (COLUMNS, "csv", "why", "crm.User"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_begins(director, rep, columns, file_format, reason, label):
    make_customer(rep)

    with pytest.raises(ValidationError):
        start_export(director, label, ALL, columns, file_format, reason)
    assert not Job.objects.exists()
    assert not Operation.objects.filter(verb=VERB).exists()


def test_who_may_not_export_cannot_even_with_the_function():
    auditor = make_user(role="auditor")
    make_customer(make_user(role="rep"))

    with pytest.raises(PermissionDenied):
        start_export(auditor, "customers.Customer", ALL, COLUMNS, "csv", "why")
    assert sign_in(auditor).get("/customers/export/").status_code == 403
    assert not Job.objects.exists()


def test_a_right_taken_away_stops_the_job_before_its_next_part(director, rep, media):
    make_customers(3, rep)
    job = start_export(director, "customers.Customer", ALL, COLUMNS, "csv", "why")
    director.roles.clear()

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.file_out, job.done) == (Job.State.FAILED, "", 0)
    assert not list(media.rglob("*.part*"))


def test_a_customer_that_left_the_reach_meanwhile_is_left_out(rep, settings):
    stay, leave = make_customers(2, rep)
    job = start_export(rep, "customers.Customer", ALL, COLUMNS, "csv", "why")
    other = make_user("rep3", role="rep", department=make_department("North"))
    type(leave).objects.filter(pk=leave.pk).update(owner=other, department=other.department)

    run_job(job.pk)

    job.refresh_from_db()
    assert [row[0] for row in rows_of(job, settings)] == [stay.name]


def test_a_list_that_grows_before_the_job_gives_as_many_rows_as_were_counted(rep, settings, monkeypatch):
    monkeypatch.setattr(exports, "PART_ROWS", 2)
    known = [row.name for row in make_customers(3, rep)]
    job = start_export(rep, "customers.Customer", ALL, COLUMNS, "csv", "why")
    make_customers(4, rep)

    run_job(job.pk)

    job.refresh_from_db()
    assert [row[0] for row in rows_of(job, settings)] == known
    assert (job.total, job.done) == (3, 3)


def test_a_part_that_grows_after_the_plan_gives_as_many_rows_as_were_planned(rep, settings):
    first, between, last = make_customers(3, rep)
    type(between).objects.filter(pk=between.pk).update(owner=make_user("other", role="rep"))
    job = start_export(rep, "customers.Customer", ALL, COLUMNS, "csv", "why")
    kind = exports.ExportRun()
    (part,) = kind.plan(job)
    type(between).objects.filter(pk=between.pk).update(owner=rep)

    assert kind.run_chunk(job, part).done == 2
    assert (part["first"], part["last"], part["size"]) == (first.pk, last.pk, 2)


@pytest.mark.parametrize("right", ["customers.export_contact_details", "customers.export_customer"])
def test_a_right_that_grows_before_the_job_uncovers_nothing_that_was_not_decided(rep, media, right):
    make_customer(rep, phone="+8613812345678")
    job = start_export(rep, "customers.Customer", ALL, COLUMNS, "csv", "why")
    role_named("rep").grants.filter(right=right).delete()
    role_named("rep").grants.create(right=right, scope="all")

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.file_out) == (Job.State.FAILED, "")
    assert "Start again" in job.error
    assert not list(media.rglob("*.part*"))


def test_a_cancelled_export_leaves_no_file(director, rep, media):
    make_customers(3, rep)
    job = start_export(director, "customers.Customer", ALL, COLUMNS, "csv", "why")
    cancel_job(job, actor=director)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.file_out) == (Job.State.CANCELLED, "")
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_only_its_requester_fetches_the_file_and_that_is_recorded(director, rep):
    make_customer(rep, name="海港")
    job = exported(rep, ["name"])
    admin = make_user("admin", role="admin")
    address = f"/jobs/{job.pk}/download/"

    assert sign_in(director).get(address).status_code == 404
    assert sign_in(admin).get(address).status_code == 403
    assert sign_in(admin).get(f"/jobs/{job.pk}/").status_code == 200
    assert not Operation.objects.filter(verb="job_file_fetched").exists()
    answer = sign_in(rep).get(address)

    assert b"".join(answer.streaming_content) == "\ufeffCustomer name\r\n海港\r\n".encode()
    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["Content-Security-Policy"], answer["X-Content-Type-Options"]) == ("sandbox", "nosniff")
    assert Operation.objects.get(verb="job_file_fetched").actor == rep


def test_a_file_past_its_day_is_gone_in_words(rep):
    make_customer(rep)
    job = exported(rep)
    Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - timedelta(days=1))

    assert sign_in(rep).get(f"/jobs/{job.pk}/download/").status_code == 404


def test_the_page_tells_what_will_happen_and_starts_it(rep):
    make_customers(3, rep)
    browser = sign_in(rep)

    page = browser.get("/customers/export/?status=lead")
    assert (page.status_code, page.context["count"], page.context["left"]) == (200, 3, 200)
    sent = {"all": "1", "query": "status=lead", "file_format": "xlsx", "columns": COLUMNS}
    refused = browser.post("/customers/export/", sent)
    assert refused.status_code == 422
    assert not Job.objects.exists()
    answer = browser.post("/customers/export/", {**sent, "reason": "fair"})

    assert answer.url == Job.objects.get().get_absolute_url()


@pytest.mark.parametrize("query", ["status=nonsense", "owner=abc", "all=1&query=created_from=x", "ids=1,x"])
def test_a_damaged_address_is_refused_in_words(rep, query):
    answer = sign_in(rep).get(f"/customers/export/?{query}")

    assert answer.status_code == 400
    assert not Job.objects.exists()
