"""Leads from other systems: handed out at once, owners named only to those who see them; discarding by the API."""

import pytest

from customers.activities.models import Activity
from customers.customers.models import Customer
from tests.contract.fingerprints import fingerprint
from tests.customers.leads.conftest import make_leads, make_rule
from tests.factories import make_customer, make_source, make_user

pytestmark = pytest.mark.django_db
LEAD = {
    "name": "上海海港贸易有限公司",
    "contact_name": "李雷",
    "phone": "13812345678",
    "source": "官网",
    "campaign": "春季",
}


@pytest.fixture
def mia(sales):
    return make_user("mia", role="marketing", department=sales)


def test_a_new_lead_is_handed_out_before_the_answer(api, mia, rita):
    make_rule(shares={rita: 1}, is_automatic=True)
    answer = api(mia).post("leads/", LEAD)
    assert (answer.status_code, answer.body["status"], answer.body["owner"]) == (201, "lead", "rita")


def test_who_does_not_see_the_lead_does_not_learn_who_got_it(api, rita, ryan):
    make_rule(shares={rita: 1}, is_automatic=True)
    answer = api(ryan).post("leads/", LEAD)
    assert (answer.status_code, answer.body["owner"]) == (201, None)
    assert Customer.objects.get().owner == rita


def test_only_the_rule_that_fits_applies_and_without_one_the_lead_waits(api, mia, rita):
    make_rule(shares={rita: 1}, is_automatic=True, source_ids=[make_source("展会").pk])
    answer = api(mia).post("leads/", LEAD)
    assert (answer.status_code, answer.body["status"], answer.body["owner"]) == (201, "potential", None)
    assert Activity.objects.get().content.splitlines() == ["Campaign: 春季", "Source: 官网"]


def test_the_same_lead_sent_again_is_not_handed_out_again(api, mia, rita, ryan):
    make_rule(shares={rita: 1, ryan: 1}, is_automatic=True)
    client = api(mia)
    first, second = (client.post("leads/", {**LEAD, "external_id": "A-1"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.body["owner"] == second.body["owner"] == "rita"


def test_a_potential_customer_is_discarded_through_the_api(api, sales, vera):
    lead = make_leads(1, sales)[0]
    answer = api(vera).post(f"customers/{lead.pk}/discard/", {"reason": "No budget"})
    lead.refresh_from_db()
    assert (answer.status_code, lead.archived_at is not None) == (200, True)


def test_discarding_through_the_api_needs_right_reach_reason_and_a_potential_customer(api, sales, rita, vera):
    lead, owned = make_leads(1, sales)[0], make_customer(owner=rita)
    director, rep = api(vera), api(rita)
    director.get("jobs/"), rep.get("jobs/")
    before = fingerprint()
    answers = [
        rep.post(f"customers/{owned.pk}/discard/", {"reason": "No"}),
        director.post(f"customers/{lead.pk}/discard/", {}),
        director.post(f"customers/{owned.pk}/discard/", {"reason": "No"}),
        director.post("customers/999999/discard/", {"reason": "No"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 400, 422, 404]
    assert fingerprint() == before
