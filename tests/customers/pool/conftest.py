"""A pool of a department, and people of that department."""

import pytest

from tests.factories import make_department, make_pool, make_user


@pytest.fixture
def sales():
    return make_department("Sales")


@pytest.fixture
def east(sales):
    return make_department("East", parent=sales)


@pytest.fixture
def pool(east):
    return make_pool("East pool", department=east)


@pytest.fixture
def rita(east):
    return make_user("rita", role="rep", department=east)


@pytest.fixture
def dora(east):
    return make_user("dora", role="director", department=east)
