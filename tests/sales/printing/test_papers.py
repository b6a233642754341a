"""What stands on paper: totals to the cent, what customers may read and nothing else, hostile texts as texts."""

import io
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import translation
from pypdf import PdfReader

from sales.printing.letterhead import keep_picture, save_letterhead
from sales.printing.models import Letterhead, PrintTemplate
from sales.printing.papers import quote_paper
from sales.printing.rendering import print_paper, print_row
from sales.printing.samples import sample_paper
from sales.printing.templates import template_for
from sales.quotes.models import Quote, QuoteLine
from tests.factories import make_user
from tests.factories.sales import make_contract, make_delivery, make_order, make_quote
from tests.sales.printing.pictures import picture

pytestmark = pytest.mark.django_db
Kind = PrintTemplate.Kind
HOSTILE = '<img src="http://127.0.0.1:9/x"><link rel=stylesheet href=file:///etc/passwd>{{ settings.SECRET_KEY }}'


def text_of(content):
    return "".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def printed(kind, row, user, language="zh-hans"):
    return print_row(kind, row, user, template_for(kind, language))


def test_a_quote_holds_its_totals_to_the_cent_and_in_words(rep):
    quote = make_quote(owner=rep, lines=[("3", "33333.33"), ("0.3333", "19.99")], state="approved", number="BJ-1")
    text = text_of(printed(Kind.QUOTE, quote, quote.owner).content)
    for amount in (quote.net, quote.tax, quote.gross):
        assert f"{amount:,.2f}" in text
    assert "人民币壹拾万零陆元陆角伍分" in text
    assert "BJ-1" in text


def test_a_draft_says_so_across_the_page_and_an_approved_quote_does_not(rep):
    draft = make_quote(owner=rep)
    assert "草稿" in text_of(printed(Kind.QUOTE, draft, draft.owner).content)
    Quote.objects.filter(pk=draft.pk).update(state="approved", number="BJ-2")
    draft.refresh_from_db()
    assert "草稿" not in text_of(printed(Kind.QUOTE, draft, draft.owner).content)


def test_the_seal_is_printed_after_approval_only(rep):
    admin = make_user("admin", "admin")
    keep_picture(actor=admin, which="seal", upload=io.BytesIO(picture()))
    quote = make_quote(owner=rep)
    assert images_in(printed(Kind.QUOTE, quote, quote.owner).content) == 0
    Quote.objects.filter(pk=quote.pk).update(state="approved", number="BJ-3")
    quote.refresh_from_db()
    assert images_in(printed(Kind.QUOTE, quote, quote.owner).content) == 1


def images_in(content):
    return sum(len(page.images) for page in PdfReader(io.BytesIO(content)).pages)


def test_minimum_price_cost_and_internal_notes_are_on_no_paper(rep):
    quote = make_quote(owner=rep, internal_note="CANARY-NOTE", state="approved", number="BJ-4")
    QuoteLine.objects.filter(document=quote).update(
        floor_price=Decimal("7771.7717"), cost_price=Decimal("6661.6616"), list_price=Decimal("9991.9919")
    )
    text = text_of(printed(Kind.QUOTE, quote, make_user("boss", "finance")).content)
    for secret in ("CANARY", "7,771", "7771", "6,661", "6661", "9,991", "9991"):
        assert secret not in text


def test_what_people_typed_is_printed_as_text(rep):
    quote = make_quote(owner=rep, title=HOSTILE[:120], terms=HOSTILE, state="approved", number="BJ-5")
    text = text_of(printed(Kind.QUOTE, quote, quote.owner).content)
    assert "".join(HOSTILE.split()) in text


def test_who_no_longer_sees_the_customer_prints_nothing_of_it(rep):
    quote = make_quote(owner=rep)
    other = make_user("other", "rep")
    customer = quote.customer
    type(customer).objects.filter(pk=customer.pk).update(owner=other, department=other.department)
    with pytest.raises(PermissionDenied):
        printed(Kind.QUOTE, quote, quote.owner)


def test_a_contract_a_delivery_note_and_a_statement_hold_their_figures(rep):
    contract = make_contract(owner=rep, amount="12345.67", instalments=("5000.00", "7345.67"))
    text = text_of(printed(Kind.CONTRACT, contract, contract.owner).content)
    for words in ("12,345.67", "5,000.00", "7,345.67", contract.number):
        assert words in text
    delivery = make_delivery(order=make_order(contract))
    assert delivery.number in text_of(printed(Kind.DELIVERY_NOTE, delivery, contract.owner).content)
    statement = text_of(printed(Kind.STATEMENT, contract.customer, contract.owner).content)
    assert "12,345.67" in statement


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_is_printed_in_both_languages_with_our_fonts(kind, language):
    head = Letterhead(name="云岭工业软件（杭州）有限公司", english_name="Yunling Industrial Software", bank="招商银行")
    with translation.override(language):
        made = print_paper(sample_paper(kind, head), head, template_for(kind, language))
    reader = PdfReader(io.BytesIO(made.content))
    fonts = {str(font) for page in reader.pages for font in fonts_of(page)}
    assert fonts
    assert all("Noto-Sans-SC" in font or "NotoSansSC" in font.replace("-", "") for font in fonts)
    last = reader.pages[-1].extract_text().replace(" ", "")
    number = len(reader.pages)
    assert (f"第{number}/{number}页" if language == "zh-hans" else f"Page{number}of{number}") in last


def fonts_of(page):
    return [font.get_object()["/BaseFont"] for font in page["/Resources"]["/Font"].values()]


def test_a_quote_in_english_shows_the_english_name_of_the_company(rep):
    save_letterhead(actor=make_user("admin", "admin"), values={"english_name": "Yunling Ltd."})
    quote = make_quote(owner=rep, state="approved", number="BJ-6")
    text = text_of(printed(Kind.QUOTE, quote, quote.owner, "en").content)
    assert "YunlingLtd." in text


def test_two_hundred_lines_make_one_document(rep):
    quote = make_quote(owner=rep, lines=[("1", "10.00")] * 200, state="approved", number="BJ-7")
    with translation.override("zh-hans"):
        paper = quote_paper(quote, list(quote.lines.all()), Letterhead(name="云岭"))
    assert len(paper.lines.lines) == 200
    assert "2,000.00" in text_of(printed(Kind.QUOTE, quote, quote.owner).content)
