"""These tests read refusals and pages in English, and speak to the API."""

import pytest
from django.core.cache import cache
from django.utils import translation

from tests.factories.api import api as api
from tests.sales.quotes import stories


@pytest.fixture(autouse=True)
def _english():
    cache.clear()
    with translation.override("en"):
        yield


@pytest.fixture
def people(db):
    return stories.company()
