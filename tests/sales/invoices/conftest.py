"""These tests read refusals and pages in English, and speak to the API."""

import pytest
from django.utils import translation

from tests.factories.api import api as api


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield
