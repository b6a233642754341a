import pytest
from django.utils import translation

from crm.customfields import actions
from tests.factories import make_department, make_user
from tests.factories.api import api  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def admin(db):
    make_department("Intake", takes_intake=True)
    return make_user("admin", role="admin")


@pytest.fixture
def rep(db):
    return make_user("rep", role="rep", department=make_department("East"))


@pytest.fixture
def field(admin):
    """`field("text", "Serial", …)` adds a custom field of customers."""

    def add(kind, label, model="customers.Customer", **fields):
        return actions.add_field(actor=admin, model=model, kind=kind, label=label, **fields)

    return add
