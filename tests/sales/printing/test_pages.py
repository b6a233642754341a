"""The letterhead, the templates and the PDFs as pages: by right, by reach, and refused in words."""

import io
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from PIL import Image
from pypdf import PdfReader

from crm.jobs.models import Job
from crm.jobs.running import run_job
from sales.printing.blocks import checked_blocks, standard_blocks
from sales.printing.images import drawn_anew
from sales.printing.models import Letterhead, PrintTemplate
from sales.printing.placeholders import filled, refuse_unknown
from sales.printing.templates import add_template
from tests.contract.fingerprints import fingerprint
from tests.factories import make_department, make_user, sign_in
from tests.factories.sales import make_contract, make_quote
from tests.sales.printing.pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin():
    return make_user("admin", "admin")


@pytest.fixture
def rep():
    return make_user("rep", "rep", department=make_department("East"))


def text_of(content):
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def typed(blocks, **more):
    data = {"name": "Ours", "language": "zh-hans", "is_active": "on", "blocks-count": str(len(blocks)), **more}
    for place, block in enumerate(blocks):
        data |= {f"blocks-{place}-{name}": value for name, value in block.items()}
    return data


def test_the_owner_downloads_a_quote_as_pdf_and_a_stranger_finds_nothing(rep):
    quote = make_quote(owner=rep, state="approved", number="BJ-1")
    answer = sign_in(rep).get(f"/sales/quotes/{quote.pk}/pdf/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert "BJ-1" in answer["Content-Disposition"]
    assert f"{quote.gross:,.2f}" in text_of(answer.content)
    stranger = make_user("stranger", "rep", department=make_department("West"))
    assert sign_in(stranger).get(f"/sales/quotes/{quote.pk}/pdf/").status_code == 404
    assert sign_in(make_user("agent", "agent")).get(f"/sales/quotes/{quote.pk}/pdf/").status_code == 403


def test_page_api_and_pdf_say_the_same_total(rep):
    quote = make_quote(owner=rep, lines=[("7", "1234.5678"), ("0.5", "0.01")], state="approved", number="BJ-2")
    total = f"{quote.gross:,.2f}"
    person = sign_in(rep)
    assert total in text_of(person.get(f"/sales/quotes/{quote.pk}/pdf/").content)
    assert total in person.get(f"/sales/quotes/{quote.pk}/").content.decode()


def test_contract_and_statement_are_downloaded_by_those_who_see_them(rep):
    contract = make_contract(owner=rep)
    person = sign_in(rep)
    for place in (f"/sales/contracts/{contract.pk}/pdf/", f"/sales/statements/{contract.customer_id}/"):
        answer = person.get(place)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    stranger = sign_in(make_user("stranger", "rep", department=make_department("West")))
    assert stranger.get(f"/sales/statements/{contract.customer_id}/").status_code == 404


def test_no_statement_is_drawn_up_that_would_leave_out_what_others_agreed(rep):
    north = make_department("North")
    head = make_user("head", "director", department=rep.department)
    contract = make_contract(owner=rep)
    place = f"/sales/statements/{contract.customer_id}/"
    assert sign_in(head).get(place)["Content-Type"] == "application/pdf"
    make_contract(contract.customer, owner=make_user("peer", "rep", department=north))
    answer = sign_in(head).get(place, follow=True)
    assert answer.redirect_chain[0][0] == f"/customers/{contract.customer_id}/"
    assert "would not be whole" in answer.text
    assert sign_in(rep).get(place)["Content-Type"] == "application/pdf"


def test_a_long_quote_is_printed_by_a_worker(rep, settings):
    quote = make_quote(owner=rep, lines=[("1", "10.00")] * 61, state="approved", number="BJ-3")
    answer = sign_in(rep).get(f"/sales/quotes/{quote.pk}/pdf/")
    job = Job.objects.get()
    assert answer.url == job.get_absolute_url()
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.file_name) == (Job.State.DONE, "BJ-3.pdf")
    assert "610.00" in text_of((Path(settings.MEDIA_ROOT) / job.file_out).read_bytes())


def test_printing_in_masses_is_slowed_down(rep, monkeypatch):
    monkeypatch.setattr("sales.printing.views.counted_this_minute", lambda what: 21)
    quote = make_quote(owner=rep, state="approved", number="BJ-4")
    assert sign_in(rep).get(f"/sales/quotes/{quote.pk}/pdf/").status_code == 302


@pytest.mark.parametrize(
    "raw",
    [b"", b"<svg onload=x>", b"\x89PNG\r\n\x1a\nbroken", picture("GIF"), picture(size=(2001, 2000)), b"0" * 3_000_000],
)
def test_only_sound_small_pngs_and_jpegs_become_a_logo(admin, raw):
    before = fingerprint()
    upload = io.BytesIO(raw)
    upload.name = "logo.png"
    answer = sign_in(admin).post("/settings/letterhead/logo/set/", {"picture": upload})
    assert answer.status_code == 422
    assert fingerprint()["sales_letterhead"] == before["sales_letterhead"] if "sales_letterhead" in before else True
    assert not Letterhead.objects.exclude(logo=None).exists()


def test_a_logo_is_drawn_anew_without_what_else_the_file_held(admin):
    raw = picture("JPEG") + b"SECRET-TRAILER"
    upload = io.BytesIO(raw)
    upload.name = "logo.jpg"
    person = sign_in(admin)
    assert person.post("/settings/letterhead/logo/set/", {"picture": upload}).status_code == 302
    kept = bytes(Letterhead.objects.get().logo)
    assert kept.startswith(b"\x89PNG")
    assert b"SECRET" not in kept
    assert person.get("/settings/letterhead/logo/")["Content-Type"] == "image/png"
    assert person.get("/settings/letterhead/other/").status_code == 404
    assert person.post("/settings/letterhead/logo/drop/").status_code == 302
    assert Letterhead.objects.get().logo is None


def test_large_pictures_are_made_smaller():
    assert Image.open(io.BytesIO(drawn_anew(io.BytesIO(picture(size=(1500, 750)))))).size == (1000, 500)


def test_the_letterhead_stands_on_documents(admin, rep):
    person = sign_in(admin)
    assert person.post("/settings/letterhead/", {"name": "海港科技", "tax_number": "9133"}).status_code == 302
    quote = make_quote(owner=rep, state="approved", number="BJ-5")
    text = text_of(sign_in(rep).get(f"/sales/quotes/{quote.pk}/pdf/").content)
    assert "海港科技" in text
    assert "9133" in text


def test_only_who_keeps_printing_opens_its_settings(rep):
    person = sign_in(rep)
    for place in ("letterhead/", "print-templates/", "print-templates/new/", "letterhead/logo/"):
        assert person.get(f"/settings/{place}").status_code == 403


def test_a_template_is_made_previewed_used_and_removed(admin, rep):
    person = sign_in(admin)
    text = {"kind": "text", "title": "致 {{customer}}", "text": "共 {{total}}"}
    blocks = [*standard_blocks("quote", "zh-hans"), text]
    answer = person.post("/settings/print-templates/new/?kind=quote", typed(blocks, is_default="on"))
    row = PrintTemplate.objects.get()
    assert answer.url == f"/settings/print-templates/{row.pk}/edit/"
    assert person.get(answer.url).status_code == 200
    assert person.get("/settings/print-templates/").status_code == 200
    assert person.get(f"/settings/print-templates/{row.pk}/preview/")["Content-Type"] == "application/pdf"
    quote = make_quote(owner=rep, state="approved", number="BJ-6")
    text = text_of(sign_in(rep).get(f"/sales/quotes/{quote.pk}/pdf/").content)
    assert f"共¥{quote.gross:,.2f}" in text
    assert "".join(f"致{quote.customer.name}".split()) in text
    assert person.get(f"/settings/print-templates/{row.pk}/preview/?number=BJ-6").status_code == 302
    assert person.post(f"/settings/print-templates/{row.pk}/remove/").status_code == 302
    assert not PrintTemplate.objects.exists()


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [{"kind": "lines", "title": "{{secret}}", "text": ""}],
        [{"kind": "lines", "title": "{{ customer", "text": ""}],
        [{"kind": "text", "title": "", "text": "no lines"}],
        [{"kind": "lines", "title": "", "text": ""}, {"kind": "text", "title": "", "text": ""}],
        [{"kind": "lines", "title": "x" * 61, "text": ""}],
        [{"kind": "goods", "title": "", "text": ""}],
        [{"kind": "lines", "title": "", "text": ""}] * 21,
    ],
)
def test_a_wrong_template_is_refused_in_words_and_kept_nowhere(admin, blocks):
    before = fingerprint()
    answer = sign_in(admin).post("/settings/print-templates/new/?kind=quote", typed(blocks))
    assert answer.status_code == 422
    assert not PrintTemplate.objects.exists()
    assert {k: v for k, v in fingerprint().items() if k.startswith("sales")} == {
        k: v for k, v in before.items() if k.startswith("sales")
    }


def test_the_buttons_of_the_blocks_change_the_page_and_keep_nothing(admin):
    blocks = standard_blocks("quote", "zh-hans")
    person = sign_in(admin)
    answer = person.post("/settings/print-templates/new/?kind=quote", typed(blocks, block="add", added="text"))
    assert answer.status_code == 200
    assert [row.kind for row in answer.context["editor"].rows] == [*(one["kind"] for one in blocks), "text"]
    answer = person.post("/settings/print-templates/new/?kind=quote", typed(blocks, block="down-0"))
    assert [row.kind for row in answer.context["editor"].rows][:2] == ["lines", "parties"]
    answer = person.post("/settings/print-templates/new/?kind=quote", typed(blocks, block="remove-0"))
    assert [row.kind for row in answer.context["editor"].rows] == [one["kind"] for one in blocks[1:]]
    assert not PrintTemplate.objects.exists()


def test_a_second_template_of_a_name_is_refused_and_a_new_default_takes_the_place_of_the_old(admin):
    values = {"name": "Ours", "language": "zh-hans", "blocks": standard_blocks("quote", "zh-hans"), "is_default": True}
    first = add_template("quote", actor=admin, values=values)
    with pytest.raises(ValidationError) as refusal:
        add_template("quote", actor=admin, values=values)
    assert list(refusal.value.error_dict) == ["name"]
    second = add_template("quote", actor=admin, values={**values, "name": "Other"})
    first.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)


def test_what_a_value_holds_is_never_read_as_a_placeholder():
    assert filled("{{customer}} {{ total }}", {"customer": "{{total}}", "total": "1"}) == "{{total}} 1"
    for text in ("{{customer.phone}}", "{{ floor_price }}", "{% load x %}{{x}}", "{{{{customer}}}}"):
        with pytest.raises(ValidationError):
            refuse_unknown(text, "quote")


def test_every_standard_template_is_a_template():
    for kind in PrintTemplate.Kind.values:
        for language in ("zh-hans", "en"):
            assert checked_blocks(kind, standard_blocks(kind, language)) == standard_blocks(kind, language)
