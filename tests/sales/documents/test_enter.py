"""Enter in a field presses the first button of its form: that never moves, removes or decides anything."""

import re

import pytest

from tests.factories import make_customer, make_user, sign_in
from tests.factories.sales import make_contract, make_tax_rate
from tests.sales.costs import Company, request_of

pytestmark = pytest.mark.django_db


def first_button(page):
    """The first button of the main form, as it stands there."""
    form = re.search(r"<form[^>]*data-main.*?</form>", page.text, re.S)
    return re.search(r"<button[^>]*>", form[0])[0]


@pytest.fixture
def rep():
    make_tax_rate()
    return make_user("rep", "rep")


@pytest.mark.parametrize("kind", ["quotes", "requirements"])
def test_in_a_document_with_lines_it_saves(rep, kind):
    page = sign_in(rep).get(f"/sales/{kind}/new/?customer={make_customer(rep).pk}")
    assert first_button(page) == '<button class="sr" tabindex="-1" aria-hidden="true">'


def test_in_a_supplement_it_saves(rep):
    page = sign_in(rep).get(f"{make_contract(make_customer(rep)).get_absolute_url()}supplement/")
    assert page.status_code == 200
    assert first_button(page) == '<button class="sr" tabindex="-1" aria-hidden="true">'


def test_in_instalments_it_saves_and_after_a_button_one_goes_on_in_the_row_it_left(rep):
    contract = make_contract(make_customer(rep), state="draft")
    place, client = f"{contract.get_absolute_url()}instalments/edit/", sign_in(rep)
    assert first_button(client.get(place)) == '<button class="sr" tabindex="-1" aria-hidden="true">'
    typed = {"plan-count": "2", "plan-0-name": "First", "plan-1-name": "Second"}
    for command, row in (("add", 2), ("remove-0", 0), ("remove-1", 0), ("split-3", 0)):
        page = client.post(place, {**typed, "part": command})
        assert page.status_code == 200
        assert re.findall(r'<input[^>]*name="(plan-\d+-name)"[^>]*autofocus', page.text) == [f"plan-{row}-name"], (
            command
        )
    assert [part.name for part in contract.instalments.all()] == ["Part 1", "Part 2"]


def test_beside_the_comment_of_an_approval_it_decides_nothing():
    company = Company(1)
    document = company.submitted("requirement")
    page = sign_in(company.head).get(request_of("requirement", document).get_absolute_url())
    assert first_button(page) == '<button class="sr" disabled tabindex="-1" aria-hidden="true">'
