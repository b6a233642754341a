"""The documents of an opportunity on its page: who sees which, what may be begun, in how many queries."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sales.contracts.exports import EXPORT
from sales.quotes.models import Quote
from tests.factories import make_customer, make_user, sign_in
from tests.factories.sales import make_contract, make_opportunity, make_quote, make_requirement

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep")


@pytest.fixture
def opportunity(rep):
    return make_opportunity(make_customer(rep))


def full(opportunity, **more):
    """A requirement, a quote and a contract (with the quote it was made from) of an opportunity."""
    shared = {"opportunity": opportunity, **more}
    return (
        make_requirement(opportunity.customer, title="Bar codes", **shared),
        make_quote(opportunity.customer, title="Line four", **shared),
        make_contract(opportunity.customer, title="Delivery of line four", **shared),
    )


def page(person, opportunity):
    return sign_in(person).get(opportunity.get_absolute_url())


def begun(answer):
    """Where the buttons of the page lead that begin a document."""
    return re.findall(r'href="(/sales/(?:requirements|quotes|contracts)/new/[?][^"]*)"', answer.text)


def test_the_page_lists_every_kind_of_document_and_leads_to_the_lists(rep, opportunity):
    documents = full(opportunity)
    full(make_opportunity(opportunity.customer))
    client = sign_in(rep)
    answer = client.get(opportunity.get_absolute_url())
    for document in documents:
        assert f'href="{document.get_absolute_url()}"><span class="trunc">{document.title}<' in answer.text
    told = re.findall(rf'href="(/sales/\w+/\?opportunity={opportunity.pk})">All (\d+)<', answer.text)
    assert [place for place, _count in told] == [
        f"/sales/{kind}/?opportunity={opportunity.pk}" for kind in ("requirements", "quotes", "contracts")
    ]
    for place, count in told:
        listed = client.get(place)
        assert listed.context["total"] == int(count), place
        assert opportunity.name in listed.text  # the chip names what it is narrowed down to


def test_discarded_documents_and_old_versions_are_not_listed(rep, opportunity):
    make_requirement(opportunity.customer, opportunity=opportunity, archived_at=timezone.now())
    make_quote(opportunity.customer, opportunity=opportunity, is_current=False, version=2, state="superseded")
    assert page(rep, opportunity).context["documents"] == []


def test_documents_out_of_reach_are_neither_shown_nor_counted(rep):
    peer = make_user("peer", "rep")
    opportunity = make_opportunity(make_customer(rep), owner=peer)
    full(opportunity)
    answer = page(peer, opportunity)
    assert answer.status_code == 200
    assert answer.context["documents"] == []
    assert "Line four" not in answer.text and "Bar codes" not in answer.text
    assert begun(answer) == []  # the customer is somebody else's
    assert len(page(rep, opportunity).context["documents"]) == 3


def test_a_document_is_begun_from_an_open_opportunity_only(rep, opportunity):
    client = sign_in(rep)
    places = begun(client.get(opportunity.get_absolute_url()))
    assert places == [f"/sales/{kind}/new/?opportunity={opportunity.pk}" for kind in ("quotes", "requirements")]
    assert [client.get(place).status_code for place in places] == [200, 200]
    assert begun(page(make_user("till", "finance"), opportunity)) == []
    opportunity.state, opportunity.closed_at = "won", timezone.now()
    opportunity.save()
    assert begun(client.get(opportunity.get_absolute_url())) == []


def test_a_contract_is_begun_from_a_quote_that_is_ready_for_one(rep, opportunity):
    full(opportunity)
    client = sign_in(rep)
    assert len(begun(client.get(opportunity.get_absolute_url()))) == 2
    ready = make_quote(
        opportunity.customer, opportunity=opportunity, state="approved", number="T-Q-1", approved_at=timezone.now()
    )
    place = f"/sales/contracts/new/?quote={ready.pk}&amp;customer={opportunity.customer_id}"
    assert place in begun(client.get(opportunity.get_absolute_url()))
    before = timezone.localdate() - timedelta(days=40)
    Quote.objects.filter(pk=ready.pk).update(issued_on=before, valid_until=before)
    assert place not in begun(client.get(opportunity.get_absolute_url()))


def test_the_page_costs_the_same_however_many_documents_there_are(rep, opportunity):
    client = sign_in(rep)

    def cost():
        client.get(opportunity.get_absolute_url())
        with CaptureQueriesContext(connection) as caught:
            assert client.get(opportunity.get_absolute_url()).status_code == 200
        return len(caught)

    full(opportunity)
    first = cost()
    for _ in range(6):
        full(opportunity)
    assert cost() == first <= 12


def test_an_export_of_the_contracts_of_an_opportunity_says_so_without_its_name():
    names = EXPORT.look_up({"opportunity": {7}, "contract_type": set()})
    assert names["opportunity"] == {7: "#7"}


def test_a_list_narrowed_down_to_an_opportunity_out_of_reach_is_refused(rep):
    hidden = make_opportunity(make_customer(make_user("peer", "rep")))
    client = sign_in(rep)
    for kind in ("requirements", "quotes", "contracts"):
        answer = client.get(f"/sales/{kind}/?opportunity={hidden.pk}")
        assert answer.status_code == 400
        assert hidden.name not in answer.text
