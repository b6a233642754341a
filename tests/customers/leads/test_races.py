"""Two hand-outs at once, with real connections; and the same without the guards, so that we know it would be seen."""

import threading

import pytest

from customers.customers.models import Customer
from customers.leads import actions
from customers.leads.actions import hand_out_evenly, run_allotment
from customers.leads.models import AllotmentRecord
from tests.customers.leads.conftest import make_leads, make_rule
from tests.customers.pool.test_races import together
from tests.factories import make_region

pytestmark = pytest.mark.django_db(transaction=True)


def hand_out_twice(sales, rita, ryan, vera, *, limit=10_000):
    """A rule and a director hand out the same forty leads to the same people at the same moment."""
    for person in (rita, ryan):
        person.customer_capacity = limit
        person.save()
    make_leads(40, sales)
    rules = [make_rule(name, shares={rita: 1, ryan: 1}) for name in ("One", "Two")]
    works = [lambda rule=rule: run_allotment(rule) for rule in rules]
    works.append(lambda: hand_out_evenly(Customer.objects.waiting(), [rita, ryan], actor=vera))
    return together(*works)


def test_no_lead_is_given_twice(sales, rita, ryan, vera):
    assert hand_out_twice(sales, rita, ryan, vera) == []
    given = list(AllotmentRecord.objects.values_list("customer", "user"))
    assert len(given) == 40
    assert sorted(given) == sorted(Customer.objects.values_list("pk", "owner"))


def test_nobody_gets_more_than_the_limit(sales, rita, ryan, vera):
    assert hand_out_twice(sales, rita, ryan, vera, limit=7) == []
    assert [Customer.objects.filter(owner=person).count() for person in (rita, ryan)] == [7, 7]


def test_without_the_locks_a_lead_is_given_twice(sales, rita, ryan, vera, monkeypatch):
    gate = threading.Barrier(3)

    def unlocked(rows, allotment, at_most=1000):
        found = list(rows.order_by("pk"))
        gate.wait(10)  # all have read before the first one writes
        return found

    monkeypatch.setattr(actions, "free_rows", unlocked)
    monkeypatch.setattr(actions, "hold_quota", lambda user_ids: None)
    hand_out_twice(sales, rita, ryan, vera)
    assert AllotmentRecord.objects.count() > 40


def test_without_the_locks_on_the_quotas_the_limit_breaks(sales, rita, ryan, vera, monkeypatch):
    monkeypatch.setattr(actions, "hold_quota", lambda user_ids: None)
    gate = threading.Barrier(2)
    held = actions.receivers_of

    def late(allotment):
        found = held(allotment)
        gate.wait(10)  # both have counted before the first one writes
        return found

    monkeypatch.setattr(actions, "receivers_of", late)
    rita.customer_capacity = 7
    rita.save()
    regions = [make_region(), make_region()]
    rules = [make_rule(f"Rule {region.pk}", shares={rita: 1}, region_ids=[region.pk]) for region in regions]
    for region in regions:
        make_leads(10, sales, region=region)
    assert together(*((lambda rule=rule: run_allotment(rule)) for rule in rules)) == []
    assert Customer.objects.filter(owner=rita).count() == 14
