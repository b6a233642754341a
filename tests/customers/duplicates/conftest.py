"""Two directors' departments and people in them; everything is read in English."""

import pytest
from django.utils import translation

from tests.factories import make_department, make_user
from tests.factories.api import api as api


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def sales():
    return make_department("Sales", takes_intake=True)


@pytest.fixture
def east(sales):
    return make_department("East", parent=sales)


@pytest.fixture
def north(sales):
    return make_department("North", parent=sales)


@pytest.fixture
def rita(east):
    return make_user("rita", role="rep", department=east)


@pytest.fixture
def ryan(east):
    return make_user("ryan", role="rep", department=east)


@pytest.fixture
def dora(east):
    dora = make_user("dora", role="director", department=east)
    east.head = dora
    east.save(update_fields=["head"])
    return dora
