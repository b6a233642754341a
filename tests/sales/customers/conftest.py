"""These tests read pages in English, and know the company of the payments."""

import re
from html import unescape

import pytest
from django.utils import translation

from tests.factories import sign_in
from tests.factories.api import api as api
from tests.sales.payments.conftest import company as company

_ENTRY = re.compile(r"<li(?: class=\"tl-mini\")?(?: id=[^>]*)?><span class=\"ico.*?</li>", re.S)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def entries(person, customer, tab=""):
    """What the story tells a person: who, what, the address of the record, its title and amount, what was said."""
    answer = sign_in(person).get(f"/customers/{customer.pk}/?show={tab}")
    assert answer.status_code == 200
    return [_told(block) for block in _ENTRY.findall(answer.text)]


def _told(block):
    who, text = re.search(r"<p>(?:<b>(.*?)</b> )?(.*?)(?:<span|</p>)", block).groups()
    record = re.search(r'<a class="doc-link" href="([^"]*)">.*?trunc">([^<]*)</span>(?:<span[^>]*>([^<]*)<)?', block)
    said = re.search(r'<p class="tl-b">(.*?)</p>', block)
    url, title, amount = record.groups() if record else ("", "", "")
    words = (who, text, url, title, amount, said.group(1) if said else "")
    return tuple(unescape(word or "") for word in words)
