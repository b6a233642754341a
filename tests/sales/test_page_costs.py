"""The pages about something that waits for a decision cost at most 12 statements each."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import sign_in
from tests.sales.costs import KINDS, Company, request_of

pytestmark = pytest.mark.django_db
AT_MOST = 12


def cost(browser, address):
    """What a page costs that somebody opened before."""
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_in_approval_and_its_approval_cost_little(kind):
    company = Company(3)
    document = company.submitted(kind)
    pages = (document.get_absolute_url(), request_of(kind, document).get_absolute_url())

    costs = {(person.username, page): cost(sign_in(person), page)
             for person in (company.head, company.rep) for page in pages}  # fmt: skip

    assert max(costs.values()) <= AT_MOST, costs


@pytest.mark.parametrize("tab", ["waiting", "submitted", "decided", "copies", "all"])
def test_every_list_of_the_inbox_costs_little(tab):
    company = Company(2)
    for kind in ("requirement", "quote"):
        company.submitted(kind)

    assert cost(sign_in(company.head), f"/approvals/?tab={tab}") <= AT_MOST
