"""A small company and two purposes to put documents up for."""

from types import SimpleNamespace

import pytest
from django.utils import translation

from crm.approvals.purposes import purposes
from tests.factories import make_department, make_user


@pytest.fixture(autouse=True)
def declared(settings):
    settings.HARBOUR_APPROVALS = ["tests.crm.approvals.purpose.TASKS", "tests.crm.approvals.purpose.MONEY"]
    purposes.cache_clear()
    with translation.override("en"):
        yield
    purposes.cache_clear()


def make_company():
    """Sales under a vice president, with East under it; finance apart; an administrator."""
    sales, finance = make_department("Sales"), make_department("Finance")
    east = make_department("East", sales)
    found = SimpleNamespace(
        sales=sales,
        east=east,
        vp=make_user("vp", role="director", department=sales),
        director=make_user("director", role="director", department=east),
        rep=make_user("rep", role="rep", department=east),
        finance=make_user("finance", role="finance", department=finance),
        finance2=make_user("finance2", role="finance", department=finance),
        admin=make_user("admin", role="admin", department=sales),
    )
    for place, head in ((sales, found.vp), (east, found.director), (finance, found.finance)):
        place.head = head
        place.save(update_fields=["head"])
    return found


@pytest.fixture
def company(db):
    return make_company()
