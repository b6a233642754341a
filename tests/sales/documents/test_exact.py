"""Prices, quantities, discounts and rates are shown to their last decimal wherever a document is read."""

import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pypdf import PdfReader

from sales.contracts.actions import submit_contract
from sales.contracts.making import make_contract
from sales.documents.content import differences
from sales.documents.lines import LineValues
from sales.quotes.actions import add_quote, change_quote, submit_quote
from sales.quotes.content import FIELDS, snapshot
from sales.requirements.actions import add_requirement, submit_requirement
from sales.requirements.lines import NeedValues
from tests.factories import make_customer, make_user, sign_in
from tests.factories.sales import make_contract as plain_contract
from tests.factories.sales import make_contract_type, make_delivery, make_order
from tests.sales.costs import Company, fresh, request_of

pytestmark = pytest.mark.django_db
QUANTITY, PRICE, OFF = Decimal("2.25"), Decimal("33.335"), Decimal("0.1555")
SHOWN = ("2.25", "33.335", "15.55%")


@pytest.fixture
def company():
    return Company(1)


def words(answer):
    """What a person reads on a page."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


def quote(company):
    today = timezone.localdate()
    values = {"title": "Machines", "issued_on": today, "valid_until": today + timedelta(days=30)}
    line = LineValues(QUANTITY, PRICE, Decimal("0.13"), name="Cable", discount=OFF)
    return add_quote(company.customer, actor=company.rep, values=values, lines=[line])


def pages(company, kind, document):
    """The page of the document for its writer, and the page of its approval for whoever decides."""
    decided = sign_in(company.head).get(request_of(kind, document).get_absolute_url())
    return [words(sign_in(company.rep).get(document.get_absolute_url())), words(decided)]


def test_a_requirement_shows_the_price_hoped_for_as_it_was_typed(company):
    lines = [NeedValues(QUANTITY, name="Cable", target_price=PRICE)]
    values = {"title": "Machines", "needs": "All"}
    requirement = add_requirement(company.customer, actor=company.rep, values=values, lines=lines)
    submit_requirement(requirement, actor=company.rep)
    for page in pages(company, "requirement", requirement):
        assert "2.25" in page and "33.335" in page


def test_a_quote_shows_exact_figures_on_its_page_to_its_approver_and_on_paper(company):
    row = quote(company)
    submit_quote(row, actor=company.rep)
    for page in pages(company, "quote", row):
        assert [figure for figure in SHOWN if figure not in page] == []
    paper = sign_in(company.rep).get(f"{row.get_absolute_url()}pdf/")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(b"".join(paper))).pages)
    assert [figure for figure in ("2.25", "33.335", "8.445") if figure not in text] == []  # 8.445 折


def test_a_contract_shows_exact_figures_on_its_page_and_to_its_approver(company):
    row = quote(company)
    submit_quote(row, actor=company.rep)
    contract = make_contract([company.decided(row, "quote")], actor=company.rep, values={"type": make_contract_type()})
    submit_contract(contract, actor=company.rep)
    for page in pages(company, "contract", fresh(contract)):
        assert [figure for figure in SHOWN if figure not in page] == []


def test_differences_tell_the_last_decimal(company):
    row = quote(company)
    before = snapshot(row)
    line = row.lines.get()
    changed = LineValues(
        QUANTITY, Decimal("33.3355"), Decimal("0.13"), name="Cable", discount=Decimal("0.155501"), id=line.pk
    )
    change_quote(row, actor=company.rep, values={}, lines=[changed])
    told = differences(before, snapshot(fresh(row)), FIELDS)
    assert ("Cable · Price", "33.335", "33.3355") in told
    assert ("Cable · Discount", "15.55% off", "15.5501% off") in told


def test_a_delivery_shows_exact_quantities():
    delivery = make_delivery(make_order(plain_contract(make_customer(make_user("rep", "rep")))))
    delivery.lines.update(quantity=Decimal("0.25"))
    delivery.order.lines.update(quantity=Decimal("1.125"))
    client = sign_in(delivery.order.owner)
    assert "0.25" in words(client.get(delivery.get_absolute_url()))
    assert "1.125" in words(client.get(delivery.order.get_absolute_url()))
