"""The client of the API and three people for every test here."""

import pytest

from tests.factories import make_department, make_user
from tests.factories.api import api as api


@pytest.fixture
def sales():
    return make_department("Sales", takes_intake=True)


@pytest.fixture
def east(sales):
    return make_department("East", parent=sales)


@pytest.fixture
def rep(east):
    return make_user("rep", role="rep", department=east)


@pytest.fixture
def director(east):
    return make_user("director", role="director", department=east)
