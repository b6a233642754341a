"""Pages for refusals and faults: calm, with a number, and never a second fault."""

import pytest
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import translation

from crm.ui import marks
from crm.ui.errors import server_error

PAGES = ["400.html", "403.html", "403_csrf.html", "404.html", "409.html", "429.html"]


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
