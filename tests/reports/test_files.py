"""The files of a report: made in the background, once per wish, harmless, and legible without any font installed."""

import io
import socket
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from pypdf import PdfReader

from crm.history.models import Operation
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.records import pdf
from crm.records.pdf import render_pdf
from crm.records.pdf_child import AllowList, Refused, printed
from reports.figures import documents
from reports.figures.documents import Document, TableBlock, value_of
from tests.factories import make_customers, make_department, make_source, make_user, sign_in

pytestmark = pytest.mark.django_db
MARCH = "period=custom&start=2026-03-01&end=2026-03-31&step=week"
HOSTILE = '<img src="http://127.0.0.1:9/x"><link rel=stylesheet href=file:///etc/passwd><svg onload=x>'


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def director():
    return make_user("director", role="director", department=make_department("East"), name="周启明", language="zh-hans")


@pytest.fixture
def rep(director):
    rep = make_user("rep", role="rep", department=director.department, name="阿依古丽·买买提江")
    at = datetime(2026, 3, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    make_customers(7, rep, created_at=at, source=make_source("工博会䶮"))
    make_customers(2, rep, created_at=at, source=make_source(HOSTILE[:60]))
    return rep


def made(user, file_format, query=MARCH):
    answer = sign_in(user).get(f"/reports/new-business.{file_format}?{query}")
    job = Job.objects.get(pk=int(answer.url.strip("/").split("/")[-1]))
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


def content(job, settings):
    return (Path(settings.MEDIA_ROOT) / job.file_out).read_bytes()


def test_the_pdf_is_chinese_with_embedded_fonts_pages_and_where_it_comes_from(director, rep, settings):
    reader = PdfReader(io.BytesIO(content(made(director, "pdf"), settings)))
    text = "\n".join(page.extract_text() for page in reader.pages)

    for words in ("业务新增", "工博会䶮", "周启明", "统计口径", "数据时间", "校验码", f"1 / {len(reader.pages)}"):
        assert words in text
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert {str(one["/FontName"]).split("+")[1] for one in descriptors} == {"Noto-Sans-SC", "Noto-Sans-SC-Bold"}
    assert all("/FontFile2" in one or "/FontFile3" in one for one in descriptors)
    assert reader.pages[0].mediabox.width == pytest.approx(595, abs=1)


def test_what_people_typed_is_text_in_the_pdf_and_nothing_is_fetched(monkeypatch):
    opened = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: opened.append(address))
    order = {"html": f"<p>x</p>{HOSTILE}", "base": "file:///etc/", "served": {}, "faces": "", "variant": "pdf/ua-1"}

    reader = PdfReader(io.BytesIO(printed(order)))

    assert opened == []
    assert "/etc/passwd" not in "".join(str(page.get("/Resources")) for page in reader.pages)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "file:///etc/passwd", "https://document.invalid/../etc", "data:,x"]
)
def test_the_press_serves_its_own_files_and_refuses_everything_else(url, tmp_path):
    served = {"https://document.invalid/fonts/a.ttf": [str(tmp_path / "a.ttf"), "font/ttf"]}
    (tmp_path / "a.ttf").write_bytes(b"font")

    assert AllowList(served).fetch("https://document.invalid/fonts/a.ttf").read() == b"font"
    with pytest.raises(Refused):
        AllowList(served).fetch(url)


def document(rows):
    table = TableBlock("按来源", ["来源", "数量"], [(f"客户 {at}", at) for at in range(rows)], ("合计", rows))
    return Document("业务新增", [], [], [], [table], [], timezone.now(), "周启明", rows)


def print_context(rows):
    return {"document": document(rows), "document_title": "业务新增", "company_name": "云岭", "facts": []}


def test_a_long_table_is_printed_in_sections_whose_pages_are_numbered_through(monkeypatch):
    monkeypatch.setattr(documents, "SECTION_ROWS", 30)

    with translation.override("zh-hans"):
        reader = PdfReader(io.BytesIO(render_pdf("reports/print.html", print_context(75))))

    texts = [page.extract_text() for page in reader.pages]
    for number, text in enumerate(texts, 1):
        assert f"第 {number} / {len(texts)} 页" in text
        assert text.count("页") == 1
    assert all("".join(texts).count(f"客户 {at} ") == 1 for at in range(75))
    assert "".join(texts).count("合计") == 1
    assert reader.metadata.title == "业务新增"


@pytest.mark.parametrize(
    ("limit", "value"), [("MEMORY_BYTES", 40 * 1024 * 1024), ("CPU_SECONDS", 1), ("MAX_SECTIONS", 1)]
)
def test_a_document_beyond_its_limits_is_refused_in_words(monkeypatch, limit, value):
    monkeypatch.setattr(documents, "SECTION_ROWS", 400)
    monkeypatch.setattr(pdf, limit, value)

    with pytest.raises(ValidationError) as refusal:
        render_pdf("reports/print.html", print_context(500))
    assert refusal.value.code == "too_large"


def test_the_workbook_holds_the_numbers_of_the_page(director, rep, settings):
    book = openpyxl.load_workbook(io.BytesIO(content(made(director, "xlsx"), settings)))
    document = sign_in(director).get(f"/reports/new-business/?{MARCH}").context["document"]

    assert book.sheetnames == ["概览", *(table.title for table in document.tables)]
    for table in document.tables:
        rows = list(book[table.title].iter_rows(min_row=2, values_only=True))
        expected = [tuple(value_of(entry) for entry in row) for row in [*table.rows, table.totals]]
        assert [plain(row) for row in rows] == [plain(row) for row in expected]


def plain(row):
    return [round(float(cell), 1) if isinstance(cell, int | float | Decimal) else cell for cell in row]


def test_the_same_wish_within_a_minute_is_the_same_job(director, rep):
    browser = sign_in(director)
    first = browser.get(f"/reports/new-business.pdf?{MARCH}")
    again = browser.get(f"/reports/new-business.pdf?{MARCH}")
    other = browser.get("/reports/new-business.pdf?period=year")
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    later = browser.get(f"/reports/new-business.pdf?{MARCH}")

    assert first.url == again.url
    assert len({first.url, other.url, later.url}) == Job.objects.count() == 3


def test_a_file_shows_what_its_requester_may_see(director, rep, settings):
    stranger = make_user("rep3", role="rep", department=make_department("North"), language="en")

    job = made(stranger, "xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(content(job, settings))).active
    assert ["Records counted", "0"] in [[row[0], row[1]] for row in sheet.iter_rows(values_only=True)]


def test_a_right_taken_away_meanwhile_stops_the_file(director, rep):
    answer = sign_in(director).get("/reports/new-business.pdf")
    director.roles.clear()

    run_job(int(answer.url.strip("/").split("/")[-1]))

    job = Job.objects.get()
    assert (job.state, job.file_out) == ("failed", "")


@pytest.mark.parametrize("file_format", ["pdf", "xlsx"])
def test_a_file_is_not_handed_out_once_its_requester_reaches_other_rows(director, rep, file_format):
    job = made(director, file_format)
    address = f"/jobs/{job.pk}/download/"
    assert sign_in(director).get(address).status_code == 200

    director.department = make_department("North")
    director.save(update_fields=["department"])

    assert sign_in(director).get(address).status_code == 404
    assert Operation.objects.filter(verb="job_file_fetched").count() == 1


def test_asking_is_recorded(director, rep):
    made(director, "pdf")

    assert Operation.objects.get(verb="report_requested").actor == director
