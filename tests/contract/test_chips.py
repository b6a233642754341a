"""What an address chooses by id is named only to those who may see it: on every list, in every box that proposes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from crm.records.filters import IdsFilter
from crm.records.lists import RecordListView
from customers.segments.models import Segment
from tests.contract.routes import all_routes
from tests.factories import make_contact, make_customer, make_department, make_task, make_user, sign_in

pytestmark = pytest.mark.django_db
CANARY = "Canary Works"
LISTS = {
    "customers:activity_list", "customers:consent_list", "customers:contact_list", "customers:customer_list",
    "customers:lead_list", "customers:person_request_list", "customers:task_list", "sales:bank_line_list",
    "sales:contract_list", "sales:invoice_list", "sales:opportunity_list", "sales:order_list",
    "sales:payment_list", "sales:product_list", "sales:quote_list", "sales:receivable_list", "sales:reissue_list",
    "sales:requirement_list",
}  # fmt: skip


@pytest.fixture
def stranger():
    return make_user("stranger", role="rep", department=make_department("North"))


@pytest.fixture
def hidden(stranger):
    """A customer nobody of the East sees, with a contact, a task and a segment of its owner."""
    customer = make_customer(stranger, name=CANARY, remark=CANARY)
    return {
        "customer": customer.pk,
        "contact": make_contact(customer, name=CANARY).pk,
        "task": make_task(stranger, customer=customer, title=CANARY).pk,
        "segment": Segment.objects.create(name=CANARY, owner=stranger).pk,
    }


@pytest.fixture
def people():
    east = make_department("East")
    return [make_user("rita", role="rep", department=east), make_user("dora", role="director", department=east)]


def list_of(name):
    """The list that answers at an address."""
    (route,) = [route for route in all_routes() if route.name == name]
    view = route.view
    while not hasattr(view, "view_class"):
        view = view.__wrapped__
    return view.view_class


def test_every_list_is_asked_here():
    def below(one):
        return {one, *(kind for sub in one.__subclasses__() for kind in below(sub))}

    assert {list_of(name) for name in LISTS} == below(RecordListView) - {RecordListView}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_no_chip_names_what_the_person_does_not_see(name, hidden, people):
    filters = list_of(name).filterset.base_filters
    for person in people:
        browser = sign_in(person)
        page = browser.get(reverse(name))
        if page.status_code in (403, 404):
            continue
        for label, found in filters.items():
            if isinstance(found, IdsFilter) and found.kind in hidden:
                foreign = browser.get(reverse(name), {label: hidden[found.kind]})
                unknown = browser.get(reverse(name), {label: 999_999_999})
                assert CANARY not in foreign.text, (name, label, person)
                assert (foreign.status_code, unknown.status_code) == (400, 400), (name, label, person)


@pytest.mark.parametrize("name", sorted(LISTS))
def test_no_filter_page_and_no_saved_address_names_it_either(name, hidden, people):
    for person in people:
        browser = sign_in(person)
        for route in all_routes():
            if route.name in (name.replace("_list", "_filter"), name):
                page = browser.get(reverse(route.name), {"q": CANARY, "customer": hidden["customer"]})
                assert f">{CANARY}<" not in page.text, (route.name, person)


@pytest.mark.parametrize("words", ["Canary", "canary works", "anary"])
def test_no_box_that_proposes_names_it(words, hidden, people):
    own = make_customer(people[0], name="Own Works")
    of_mine = [reverse(f"customers:customer_{name}", args=[own.pk]) for name in ("relate", "parent", "colleagues")]
    asked = [
        (reverse("search"), {"q": words}), (reverse("palette"), {"q": words}),
        (reverse("customers:activity_add"), {"q": words}), (reverse("customers:customer_duplicates"), {"name": words}),
        (reverse("customers:customer_lookup"), {"name": words}),
        (reverse("customers:task_add"), {"customer": hidden["customer"]}),
        *((address, {"q": words}) for address in of_mine),
    ]  # fmt: skip
    for person in people:
        browser = sign_in(person)
        for address, given in asked:
            page = browser.get(address, given)
            assert page.status_code in (200, 403, 404, 422), (address, page.status_code)
            assert CANARY not in page.text.replace(f'value="{words}"', ""), (address, person)
