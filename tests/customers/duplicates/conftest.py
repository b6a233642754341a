"""Two directors' departments and people in them; everything is read in English."""

import pytest
from django.utils import translation

from tests.factories import make_customer, make_department, make_tag, make_user
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


@pytest.fixture
def pair(rita, ryan):
    survivor = make_customer(rita, name="恒曜精密", phone="+8651288886666", remark="ours", tag_ids=[make_tag("A").pk])
    loser = make_customer(
        ryan, name="苏州恒曜精密", credit_code="91320500MA1MXXXX0X", website="https://heng.cn", remark="theirs",
        tag_ids=[make_tag("B").pk], external_id="erp-7",
    )  # fmt: skip
    return survivor, loser
