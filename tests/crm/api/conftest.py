"""The client of the API for every test here."""

from tests.factories.api import api as api
