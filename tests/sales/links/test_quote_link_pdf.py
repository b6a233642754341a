"""The quote of a link on paper: only of that quote, only while the link shows it, without secrets, a few a minute."""

import io
from decimal import Decimal as D

from pypdf import PdfReader

from sales.links.actions import link_path
from sales.links.models import CustomerLink
from sales.quotes.actions import revoke_links, send_quote, submit_quote
from sales.quotes.models import Quote
from tests.factories import make_contact
from tests.factories.sales import make_product
from tests.sales.quotes.stories import decide, draft, line


def sent(people, **more):
    """A quote at a link whose product has a floor and a cost; the address of its PDF."""
    product = make_product("Gateway", list_price=D(1000), minimum_price=D("871.3579"), cost_price=D("333.1917"))
    people.customer.address = "Century Avenue 1"
    people.customer.save()
    contact = make_contact(people.customer, name="Xu Jianping")
    quote = draft(people, line(product_id=product.pk, name="", price=D(800)), contact=contact, **more)
    submit_quote(quote, actor=people.rep)
    decide(quote, people.director, people.vp, people.finance)
    _link, token = send_quote(quote, actor=people.rep)
    return quote, f"{link_path(token)}pdf/"


def text_of(answer):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


def test_a_customer_saves_the_quote_without_secrets_and_without_people(people, customer):
    quote, place = sent(people, internal_note="Our last offer")
    assert f'href="{place}"' in customer.get(place.removesuffix("pdf/")).content.decode()
    opened = CustomerLink.objects.get().opened_count

    answer = customer.get(place)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    text = text_of(answer)
    assert quote.number in text
    assert "800.00" in text
    secrets = ("871.3579", "984.63", "333.1917", "Our last offer", "Xu Jianping", "Century Avenue")
    assert [secret for secret in secrets if secret in text] == []
    assert (answer["X-Robots-Tag"], answer["Cache-Control"]) == ("noindex, nofollow", "private, no-store")
    assert CustomerLink.objects.get().opened_count == opened


def test_what_is_over_or_unknown_has_no_paper(people, customer):
    quote, place = sent(people)
    before = Quote.objects.values().get(pk=quote.pk)
    assert customer.get("/c/nonsense/pdf/").status_code == 404
    revoke_links(quote, actor=people.rep)
    over = customer.get(place)
    assert (over.status_code, over["Content-Type"].startswith("text/html")) == (410, True)
    assert Quote.objects.values().get(pk=quote.pk) == before


def test_a_few_papers_a_minute_are_enough(people, customer):
    _quote, place = sent(people)
    assert [customer.get(place, REMOTE_ADDR="10.0.0.9").status_code for _n in range(6)] == [200] * 5 + [429]
