"""Pages and exports of opportunities: who sees what, and what cannot be done there."""

import re

import pytest
from django.urls import reverse

from sales.opportunities.models import Opportunity
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_department, make_pooled_customer, make_user, sign_in
from tests.factories.sales import make_loss_reason, make_opportunity, make_opportunity_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def address(name, *args):
    return reverse(f"sales:{name}", args=args)


def text(answer):
    return answer.content.decode()


def test_a_rep_sees_own_ones_and_all_of_her_customers_and_no_others(rep):
    peer = make_user("peer", "rep")
    own, of_customer = make_opportunity(owner=rep), make_opportunity(make_customer(rep), owner=peer)
    foreign = make_opportunity(owner=peer)
    client = sign_in(rep)
    shown = text(client.get(address("opportunity_list")))
    assert [row.name in shown for row in (own, of_customer, foreign)] == [True, True, False]
    codes = [client.get(row.get_absolute_url()).status_code for row in (own, of_customer, foreign)]
    assert codes == [200, 200, 404]


def test_a_customer_out_of_sight_is_not_named(rep):
    hidden = make_customer(make_user("peer", "rep", make_department("North")), name="Hidden Works")
    opportunity = make_opportunity(hidden, owner=rep)
    make_contact(hidden, name="Hidden Person")
    client = sign_in(rep)
    pages = [client.get(address("opportunity_list")), client.get(opportunity.get_absolute_url()),
             client.get("/search/", {"q": opportunity.name})]  # fmt: skip
    assert [opportunity.name in text(answer) for answer in pages] == [True] * 3
    assert not any("Hidden" in text(answer) for answer in pages)


def test_one_is_opened_from_its_customer_once_however_often_it_is_sent(rep):
    customer, stage = make_customer(rep), make_opportunity_stage("Talks")
    client, place = sign_in(rep), f"{address('opportunity_add')}?customer={customer.pk}"
    key = re.search(r'name="key" value="([^"]+)"', text(client.get(place)))[1]
    values = {"name": "MES", "stage": stage.pk, "amount": "680,000", "currency": "CNY", "key": key}
    places = [client.post(place, values).headers["Location"] for _ in range(2)]
    assert len(set(places)) == Opportunity.objects.count() == 1
    assert Opportunity.objects.get().amount == 680000


def test_the_customer_is_chosen_by_name_first(rep):
    customer = make_customer(rep, name="Harbour Works")
    answer = sign_in(rep).get(address("opportunity_add"), {"q": "Harbour Works"})
    assert answer.headers["Location"].endswith(f"?customer={customer.pk}")
    assert sign_in(rep).get(address("opportunity_add"), {"q": "Nobody"}).status_code == 422


def test_none_is_opened_for_customers_of_others_or_of_the_pool(rep):
    others = [make_customer(make_user("peer", "rep")), make_pooled_customer(), make_customer()]
    stage, client = make_opportunity_stage("Talks"), sign_in(rep)
    before = fingerprint()
    for customer in others:
        place = f"{address('opportunity_add')}?customer={customer.pk}"
        assert client.post(place, {"name": "MES", "stage": stage.pk, "currency": "CNY"}).status_code in (200, 422)
    assert fingerprint() == before


def test_it_is_lost_with_a_reason_and_opened_again(rep):
    opportunity, reason = make_opportunity(owner=rep), make_loss_reason("Price")
    client = sign_in(rep)
    assert client.post(address("opportunity_lose", opportunity.pk), {}).status_code == 422
    client.post(address("opportunity_lose", opportunity.pk), {"loss_reason": reason.pk})
    opportunity.refresh_from_db()
    assert opportunity.state == "lost"
    assert client.get(opportunity.get_absolute_url()).status_code == 200
    client.post(address("opportunity_reopen", opportunity.pk), {})
    opportunity.refresh_from_db()
    assert opportunity.state == "open"


def test_somebody_who_only_sees_one_changes_nothing(rep):
    opportunity, reason = make_opportunity(make_customer(rep), owner=make_user("peer", "rep")), make_loss_reason()
    client = sign_in(rep)
    before = fingerprint()
    codes = [
        client.post(address(name, opportunity.pk), {"loss_reason": reason.pk, "name": "New"}).status_code
        for name in ("opportunity_edit", "opportunity_stage", "opportunity_lose", "opportunity_reopen")
    ]
    after = fingerprint()
    assert codes == [403] * 4
    assert {name for name, digest in after.items() if before[name] != digest} <= {"crm_operation"}


def test_what_changed_meanwhile_is_told(rep):
    opportunity = make_opportunity(owner=rep)
    client = sign_in(rep)
    seen = re.search(r'name="seen" value="([^"]+)"', text(client.get(address("opportunity_edit", opportunity.pk))))[1]
    Opportunity.objects.update(name="Changed by psql")
    values = {"name": "Mine", "stage": opportunity.stage_id, "currency": "CNY", "seen": seen}
    assert client.post(address("opportunity_edit", opportunity.pk), values).status_code == 409
    opportunity.refresh_from_db()
    assert opportunity.name == "Changed by psql"


@pytest.mark.parametrize(
    "query", ["stage=999999", "state=x", "amount_min=x", "sort=amount", "columns=secret", "owner=x"]
)
def test_an_address_that_makes_no_sense_is_refused(rep, query):
    assert sign_in(rep).get(f"{address('opportunity_list')}?{query}").status_code == 400


def test_a_list_and_a_page_cost_few_queries(rep, django_assert_max_num_queries):
    client = sign_in(rep)
    for _ in range(12):
        opportunity = make_opportunity(make_customer(rep))
    client.get(address("opportunity_list"))
    with django_assert_max_num_queries(12):
        assert client.get(address("opportunity_list")).status_code == 200
    client.get(opportunity.get_absolute_url())
    with django_assert_max_num_queries(12):
        assert client.get(opportunity.get_absolute_url()).status_code == 200
