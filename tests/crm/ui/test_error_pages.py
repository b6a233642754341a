"""Pages for refusals and faults: calm, with a number, and never a second fault."""

import pytest
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import translation

from crm.ui import marks
from crm.ui.errors import page_above, server_error
from sales.quotes.models import Quote
from tests.factories import make_customer, make_user, sign_in
from tests.factories.sales import make_quote

pytestmark = pytest.mark.django_db
PAGES = ["400.html", "403.html", "403_csrf.html", "404.html", "405.html", "409.html", "429.html"]


@pytest.mark.parametrize("name", PAGES)
def test_an_error_page_needs_neither_request_nor_user(name):
    page = get_template(name).render()

    assert page.count("<h1") == 1
    assert 'class="center"' in page


def test_a_fault_shows_its_number_in_the_language_of_the_reader():
    request = RequestFactory().get("/")
    request.request_id = "8f3a21<b>"

    with translation.override("en"):
        answer = server_error(request)

    assert answer.status_code == 500
    assert "Number for questions: 8f3a21&lt;b&gt;" in answer.content.decode()
    assert '<html lang="en"' in answer.content.decode()


def test_a_fault_page_stands_even_where_the_static_manifest_is_broken(monkeypatch):
    def broken(path):
        raise ValueError("no manifest entry")

    marks.asset.cache_clear()
    monkeypatch.setattr(marks.staticfiles_storage, "url", broken, raising=False)
    try:
        answer = server_error(RequestFactory().get("/"))
    finally:
        marks.asset.cache_clear()

    assert answer.status_code == 500
    assert 'href="/static/css/app.css"' in answer.content.decode()


def test_an_address_that_only_does_something_says_so_and_leads_back():
    rep = make_user("rep", "rep")
    quote = make_quote(make_customer(rep))
    before = Quote.objects.count()

    answer = sign_in(rep).get(f"{quote.get_absolute_url()}copy/")

    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "This address cannot be opened by itself" in answer.text
    assert f'<a class="btn btn-primary" href="{quote.get_absolute_url()}">' in answer.text
    assert Quote.objects.count() == before


def test_a_list_that_is_sent_something_says_so_too():
    answer = sign_in(make_user("rep", "rep")).post("/sales/quotes/")

    assert answer.status_code == 405
    assert '<a class="btn btn-primary" href="/sales/quotes/">' in answer.text
    assert "This address cannot be opened by itself" in answer.text


def test_whoever_does_not_see_the_record_learns_nothing_of_its_verbs():
    quote = make_quote(make_customer(make_user("rep", "rep")))

    assert sign_in(make_user("other", "rep")).get(f"{quote.get_absolute_url()}copy/").status_code == 404


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/sales/quotes/7/copy/", "/sales/quotes/7/"),
        ("/sales/quotes/7/lines/totals/", "/sales/quotes/7/"),
        ("/sales/quotes/", "/"),
        ("/nowhere/at/all/", "/"),
        ("/", "/"),
    ],
)
def test_the_way_back_is_the_nearest_page_above(path, above):
    assert page_above(path) == above
