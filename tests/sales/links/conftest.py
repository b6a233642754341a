"""Customers read their pages in English here."""

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client

from tests.sales.quotes import stories


@pytest.fixture
def people(db):
    cache.clear()
    return stories.company()


@pytest.fixture
def customer():
    """The browser of a customer, who never signs in."""
    browser = Client(enforce_csrf_checks=True)
    browser.cookies[configured.LANGUAGE_COOKIE_NAME] = "en"
    return browser
