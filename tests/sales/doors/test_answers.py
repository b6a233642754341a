"""What customers answer by their links, at moments when it must not count any more."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from sales.contracts.actions import void_contract
from sales.contracts.making import make_contract
from sales.links.actions import find_link, link_path
from sales.quotes.actions import send_quote
from sales.quotes.answering import answer_quote
from tests.contract.fingerprints import fingerprint
from tests.factories.sales import make_contract_type
from tests.sales.quotes.stories import approved


def test_a_quote_that_becomes_a_contract_is_answered_no_more_until_that_is_given_up(people):
    quote = approved(people)
    _link, token = send_quote(quote, actor=people.rep)
    contract = make_contract([quote], actor=people.rep, values={"type": make_contract_type()})
    before = fingerprint()
    for is_accepted in (True, False):
        with pytest.raises(ValidationError) as refusal:
            answer_quote(find_link(token), name="Xu", is_accepted=is_accepted, note="Cheaper")
        assert refusal.value.code == "over"
    assert Client().get(link_path(token)).status_code == 410
    assert fingerprint() == before
    void_contract(contract, actor=people.rep, reason="Gone")
    assert Client().get(link_path(token)).status_code == 200
    assert answer_quote(find_link(token), name="Xu", is_accepted=False, note="Cheaper").state == "declined"
