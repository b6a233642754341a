"""A quote that became a contract never expires, whatever page tells of it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from sales.contracts.models import ContractQuote
from sales.quotes.actions import send_quote
from sales.quotes.models import Quote
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user, sign_in
from tests.factories.sales import make_contract

pytestmark = pytest.mark.django_db
NOTE = "This quote has expired"


def pages(client, quote):
    """The page of a quote, the list, and the transactions of its customer."""
    places = (quote.get_absolute_url(), "/sales/quotes/", f"/sales/customers/{quote.customer_id}/transactions/")
    return [client.get(place).text for place in places]


def old_quote(contract):
    """The quote of a contract, good until some weeks ago."""
    before = timezone.localdate() - timedelta(days=40)
    Quote.objects.filter(contract_links__contract=contract).update(issued_on=before, valid_until=before)
    return Quote.objects.get(contract_links__contract=contract)


@pytest.fixture
def contract():
    return make_contract(make_customer(make_user("rep", "rep")))


def test_a_quote_past_its_day_that_became_a_contract_says_so_everywhere_and_leads_there(contract):
    quote = old_quote(contract)
    client = sign_in(contract.owner)
    detail, listed, transactions = pages(client, quote)
    for page in (detail, listed, transactions):
        assert "became a contract" in page
        assert ">expired<" not in page
    assert NOTE not in detail
    assert f'<a class="num" href="{contract.get_absolute_url()}">{contract.number}</a>' in detail
    assert f"/sales/contracts/new/?quote={quote.pk}" not in detail


def test_a_quote_that_became_a_contract_is_not_sent_and_offers_nothing_that_would_be_refused(contract):
    Quote.objects.update(state="sent")
    quote = Quote.objects.get()
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        send_quote(quote, actor=contract.owner)
    assert refusal.value.code == "contracted"
    assert fingerprint() == before
    page = sign_in(contract.owner).get(quote.get_absolute_url()).text
    assert [verb for verb in ("send", "new-version", "void") if f"{quote.get_absolute_url()}{verb}/" in page] == []


def test_once_the_contract_is_given_up_the_quote_has_expired(contract):
    quote = old_quote(contract)
    ContractQuote.objects.filter(quote=quote).update(ended_at=timezone.now())
    detail, listed, transactions = pages(sign_in(contract.owner), quote)
    for page in (detail, listed, transactions):
        assert "became a contract" not in page
        assert "expired" in page
    assert NOTE in detail


def test_whoever_does_not_see_the_contract_learns_only_that_there_is_one(contract):
    quote = old_quote(contract)
    other = make_user("other", "rep")
    Quote.objects.filter(pk=quote.pk).update(owner=other, department=other.department)
    detail = sign_in(other).get(quote.get_absolute_url()).text
    assert "became a contract" in detail
    assert contract.number not in detail.replace(quote.number, "")
    assert contract.get_absolute_url() not in detail
