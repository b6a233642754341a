"""Who has bought is an existing customer again once somebody owns it (contracts are named in the settings)."""

import pytest

from customers.customers.models import Customer
from customers.leads.actions import run_allotment
from customers.leads.models import Allotment, AllotmentShare
from customers.pool.actions import assign_customer, claim_customer
from tests.factories import make_pooled_customer

pytestmark = pytest.mark.django_db


def with_contracts():
    """What an app with contracts would answer."""
    return Customer.objects.filter(remark="bought").values("pk")


@pytest.fixture
def contracts(settings):
    settings.HARBOUR_CONTRACTS = [f"{__name__}.with_contracts"]


def taken(pool, way, rita, dora):
    bought, new = make_pooled_customer(pool, remark="bought"), make_pooled_customer(pool)
    for customer in (bought, new):
        way(customer)
    return [Customer.objects.values_list("status", "owner").get(pk=row.pk) for row in (bought, new)]


def test_by_claim_by_assignment_and_by_rule(pool, rita, dora, contracts):
    rule = Allotment.objects.create(name="Out", pool=pool)
    AllotmentShare.objects.create(allotment=rule, user=rita)
    ways = [
        lambda row: claim_customer(row, actor=rita), lambda row: assign_customer(row, owner=rita, actor=dora),
        lambda row: run_allotment(rule),
    ]  # fmt: skip
    for way in ways:
        assert taken(pool, way, rita, dora) == [("existing", rita.pk), ("lead", rita.pk)]


def test_existing_ones_do_not_count_so_a_full_person_may_take_them(pool, rita, dora, contracts):
    rita.customer_capacity = 0
    rita.save()
    bought = make_pooled_customer(pool, remark="bought")
    assert claim_customer(bought, actor=rita).status == "existing"


def test_without_contracts_everybody_starts_as_a_lead(pool, rita, dora):
    assert taken(pool, lambda row: claim_customer(row, actor=rita), rita, dora) == [("lead", rita.pk)] * 2
