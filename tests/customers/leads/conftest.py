"""Two reps and their director, leads that wait, and rules that hand them out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.people.models import Absence
from customers.leads.models import Allotment, AllotmentShare
from tests.customers.api.conftest import api  # noqa: F401 - the fixture
from tests.factories import make_customers, make_department, make_user


@pytest.fixture
def sales():
    return make_department("Sales", takes_intake=True)


@pytest.fixture
def east(sales):
    return make_department("East", parent=sales)


@pytest.fixture
def rita(east):
    return make_user("rita", role="rep", department=east)


@pytest.fixture
def ryan(east):
    return make_user("ryan", role="rep", department=east)


@pytest.fixture
def vera(sales):
    return make_user("vera", role="director", department=sales)


def make_rule(name="New leads", shares=None, method="turns", **fields):
    """A rule with its receivers: person → weight."""
    rule = Allotment.objects.create(name=name, method=method, **fields)
    AllotmentShare.objects.bulk_create(
        AllotmentShare(allotment=rule, user=person, weight=weight) for person, weight in (shares or {}).items()
    )
    return rule


def make_leads(count, department, **fields):
    """Potential customers that wait in a department."""
    return make_customers(count, department=department, **fields)


def send_away(person, deputy):
    """An absence of today and tomorrow."""
    today = timezone.localdate()
    Absence.objects.create(user=person, deputy=deputy, starts_on=today, ends_on=today + timedelta(days=1))


def owners_of(customers):
    """The user names of the owners, in the order of the customers."""
    for customer in customers:
        customer.refresh_from_db()
    return [customer.owner.username if customer.owner else None for customer in customers]
