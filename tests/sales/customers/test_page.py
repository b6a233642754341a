"""The transactions on the page of a customer: who sees which records and sums, in how many queries."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.customers.models import Customer
from customers.customers.sharing import share_customer
from sales.contracts.models import Contract, Instalment
from tests.factories import (
    make_customer,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
    sign_in,
)
from tests.factories.sales import (
    make_contract,
    make_delivery,
    make_invoice,
    make_opportunity,
    make_order,
    make_payment,
    make_quote,
    make_reissue,
    make_requirement,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
KINDS = ["opportunities", "requirements", "quotes", "contracts", "orders", "payments", "invoices", "reissues"]


@pytest.fixture
def east():
    return make_department("East", parent=make_department("Sales"))


@pytest.fixture
def rep(east):
    return make_user("rep", "rep", east)


def address(customer):
    return f"/sales/customers/{customer.pk}/transactions/"


def page(person, customer):
    return sign_in(person).get(address(customer))


def counts(answer):
    """What the links to the lists say: kind → how many."""
    return dict(re.findall(r'href="/sales/(\w+)/\?customer=\d+">All (\d+)<', answer.text))


def sums(answer):
    """Labels and amounts of the figures of the whole customer in the first currency."""
    found = re.search(r'<section class="stats" aria-label="Where[^>]*>(.*?)</section>', answer.text, re.S)
    cells = re.findall(r'stat-k">([^<]*)</span><span class="[^"]*">([^<]*)<', found.group(1)) if found else []
    return dict(cells)


def full(customer, **people):
    """A record of every kind: a contract of 10,000, of which 10,000 are invoiced and 1,000 were paid."""
    make_opportunity(customer, **people)
    make_requirement(customer, **people)
    contract = make_contract(customer, **people)
    place = {"owner": contract.owner, "department": contract.department}
    make_order(contract)
    make_payment(customer, state="approved", contract=contract, **place)
    make_reissue(make_invoice(contract))
    return contract


def queries(client, customer):
    client.get(address(customer))
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address(customer)).status_code == 200
    return len(caught)


def test_the_owner_finds_every_kind_of_record_and_where_the_customer_stands(rep):
    customer = make_customer(rep, name="Yunling Machines")
    contract = full(customer)
    contract.instalments.filter(position=1).update(due_on=TODAY - timedelta(days=3))
    answer = page(rep, customer)
    assert counts(answer) == dict.fromkeys(KINDS, "1")
    assert sums(answer) == {
        "Contracted": "¥10,000.00", "Due by today": "¥3,000.00", "Paid": "¥1,000.00", "Invoiced": "¥10,000.00",
        "To be paid": "¥10,000.00", "Overdue": "¥3,000.00", "Prepaid": "¥1,000.00",
    }  # fmt: skip
    assert "Part 1" in answer.text and "overdue" in answer.text
    assert 'aria-current="page">Transactions</a>' in answer.text
    assert f'href="/sales/statements/{customer.pk}/"' in answer.text


def test_each_link_leads_to_a_list_of_as_many_rows(rep):
    customer, other = make_customer(rep), make_customer(rep)
    for _ in range(3):
        full(customer)
    full(other)
    make_quote(customer, is_current=False, version=2, state="superseded")
    for maker in (make_quote, make_opportunity, make_requirement, make_contract):
        maker(customer, archived_at=timezone.now())
    client = sign_in(rep)
    told = counts(client.get(address(customer)))
    assert told == {**dict.fromkeys(KINDS, "3"), "quotes": "4"}
    for kind, count in told.items():
        listed = client.get(f"/sales/{kind}/?customer={customer.pk}")
        assert listed.context["total"] == int(count), kind


def test_five_records_of_a_kind_are_shown_open_ones_first(rep):
    customer = make_customer(rep)
    first = make_opportunity(customer, name="The open one")
    for number in range(6):
        make_opportunity(customer, name=f"Lost {number}", state="won", closed_at=timezone.now())
    answer = page(rep, customer)
    names = re.findall(r'href="/sales/opportunities/\d+/"><span class="trunc">([^<]*)<', answer.text)
    assert names == [first.name, "Lost 5", "Lost 4", "Lost 3", "Lost 2"]
    assert counts(answer) == {"opportunities": "7"}


def test_a_peer_finds_no_page_and_learns_nothing(rep, east):
    customer = make_customer(rep, name="Yunling Machines")
    full(customer)
    answer = page(make_user("peer", "rep", east), customer)
    assert answer.status_code == 404
    assert "Yunling" not in answer.text


def test_a_member_of_the_team_sees_the_page_but_no_records_and_sums_of_others(rep, east):
    customer, colleague = make_customer(rep), make_user("colleague", "rep", east)
    full(customer)
    share_customer(customer, actor=rep, colleague=colleague)
    answer = page(colleague, customer)
    assert counts(answer) == {}
    assert sums(answer) == {}
    assert "¥" not in answer.text
    assert "No business yet" in answer.text


def test_sums_count_only_what_a_director_reaches_and_say_that_something_is_left_out(rep, east):
    north = make_user("north", "rep", make_department("North"))
    director = make_user("director", "director", east)
    customer = make_customer(rep)
    make_contract(customer, amount="100.00", instalments=("100.00",))
    make_contract(customer, owner=north, amount="70000.00", instalments=("70000.00",))
    make_payment(customer, state="approved", amount="30000.00", owner=north, department=north.department)
    answer = page(director, customer)
    assert sums(answer)["Contracted"] == sums(answer)["To be paid"] == "¥100.00"
    assert sums(answer)["Paid"] == "¥0.00"
    assert "70,000" not in answer.text and "30,000" not in answer.text
    assert "Contracts or payments out of your reach are not counted here." in answer.text
    assert sums(page(rep, customer))["Contracted"] == "¥70,100.00"
    assert "out of your reach" not in page(rep, customer).text


def test_a_payment_out_of_reach_is_said_and_the_statement_is_not_offered(rep, east):
    north = make_user("north", "rep", make_department("North"))
    director = make_user("director", "director", east)
    customer = make_customer(rep)
    make_contract(customer, amount="100.00", instalments=("100.00",))
    whole = page(director, customer)
    assert "out of your reach" not in whole.text and "/sales/statements/" in whole.text
    make_payment(customer, state="approved", amount="300.00", owner=north, department=north.department)
    cut = page(director, customer)
    assert "Contracts or payments out of your reach are not counted here." in cut.text
    assert "/sales/statements/" not in cut.text and "300.00" not in cut.text


def test_who_has_no_right_to_money_sees_documents_without_sums(rep, east):
    role = rep.roles.get()
    role.grants.filter(right__in=["sales.view_payment", "sales.view_invoice", "sales.view_reissue"]).delete()
    customer = make_customer(rep)
    full(customer)
    answer = page(rep, customer)
    assert set(counts(answer)) == {"opportunities", "requirements", "quotes", "contracts", "orders"}
    assert sums(answer) == {}
    assert "Part 1" not in answer.text
    assert "/sales/statements/" not in answer.text


@pytest.mark.parametrize("role", ["marketing", "agent", "technician"])
def test_who_sees_no_sales_finds_neither_tab_nor_records(role, rep, east):
    customer = make_customer(rep)
    full(customer)
    person = make_user(role, role, east)
    answer = page(person, customer)
    if answer.status_code == 200:
        assert counts(answer) == sums(answer) == {}
        assert ">Transactions</a>" not in sign_in(person).get(f"/customers/{customer.pk}/").text
    else:
        assert answer.status_code in (403, 404)


def test_finance_sees_the_money_and_writes_nothing(rep):
    customer = make_customer(rep)
    full(customer)
    answer = page(make_user("finance", "finance"), customer)
    if answer.status_code == 200:
        assert sums(answer)["Contracted"] == "¥10,000.00"
        assert "New opportunity" not in answer.text and "New quote" not in answer.text


def test_buttons_lead_to_new_records_of_this_customer_where_one_may_write_them(rep):
    customer = make_customer(rep)
    answer = page(rep, customer)
    for kind in ("opportunities", "quotes", "requirements"):
        assert f'href="/sales/{kind}/new/?customer={customer.pk}"' in answer.text
        assert sign_in(rep).get(f"/sales/{kind}/new/?customer={customer.pk}").status_code == 200


@pytest.mark.parametrize("fields", [{"archived_at": timezone.now()}, {"owner": None, "status": "potential"}])
def test_an_archived_or_unowned_customer_offers_nothing_new(fields, east):
    director = make_user("director", "director", east)
    customer = make_customer(make_user("owner", "rep", east))
    make_contract(customer)
    Customer.objects.filter(pk=customer.pk).update(**fields)
    answer = page(director, customer)
    assert answer.status_code == 200
    assert "/new/?customer=" not in answer.text
    assert counts(answer)["contracts"] == "1"


def test_in_the_pool_each_member_sees_the_records_in_their_own_reach(rep, east):
    customer = make_pooled_customer(make_pool(department=east))
    mine, others = make_user("other", "rep", east), rep
    make_contract(customer, owner=mine, amount="500.00", instalments=("500.00",))
    make_contract(customer, owner=others, amount="900.00", instalments=("900.00",))
    answer = page(mine, customer)
    assert answer.status_code == 200
    assert counts(answer)["contracts"] == "1"
    assert sums(answer)["Contracted"] == "¥500.00"
    assert "900" not in answer.text
    assert "/new/?customer=" not in answer.text


def test_a_merged_customer_leads_to_the_transactions_of_what_it_became_part_of(east):
    director = make_user("director", "director", east)
    owner = make_user("owner", "rep", east)
    survivor = make_customer(owner)
    gone = make_customer(owner, archived_at=timezone.now(), merged_into=survivor)
    answer = page(director, gone)
    assert (answer.status_code, answer.url) == (302, address(survivor))


def test_supplements_count_in_the_total_and_have_no_standing_of_their_own(rep):
    customer = make_customer(rep)
    main = make_contract(customer, title="Main")
    Contract.objects.filter(pk=main.pk).update(total="15000.00")
    added = make_contract(customer, amount="5000.00", instalments=(), main=main, title="More", total="0.00")
    Instalment.objects.create(contract=main, position=3, name="Part 3", amount="5000.00", due_on=TODAY)
    answer = page(rep, customer)
    assert sums(answer)["Contracted"] == sums(answer)["To be paid"] == "¥15,000.00"
    assert answer.text.count("To the contract") == 1
    assert added.title in answer.text


def test_the_page_takes_at_most_twelve_queries_whatever_hangs_on_the_customer(rep, east):
    for person in (rep, make_user("director", "director", east)):
        customer, client = make_customer(rep), sign_in(person)
        found = []
        for _ in range(3):
            for _ in range(4):
                full(customer)
            found.append(queries(client, customer))
        assert found == [found[0]] * 3
        assert found[0] <= 12


def test_the_page_only_reads(rep):
    assert sign_in(rep).post(address(make_customer(rep))).status_code == 405


def test_key_figures_of_sales_stand_on_the_page_of_the_customer_without_another_query(rep):
    customer, client = make_customer(rep), sign_in(rep)
    here = f"/customers/{customer.pk}/"
    client.get(here)
    with CaptureQueriesContext(connection) as before:
        bare = client.get(here)
    assert "Open opportunities" not in bare.text
    full(customer).instalments.filter(position=1).update(due_on=TODAY - timedelta(days=3))
    with CaptureQueriesContext(connection) as after:
        answer = client.get(here)
    figures = dict(re.findall(r'stat-k">([^<]*)</span><span class="stat-v sm">([^<]*)<', answer.text))
    assert figures["Open opportunities"] == "¥100,000"
    assert figures["Contracted"] == figures["To be paid"] == "¥10,000"
    assert "1 instalment overdue" in answer.text
    assert len(after) == len(before) <= 12


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/sales/customers/{customer}/transactions/", "/customers/"),
        ("/sales/deliveries/{delivery}/", "/sales/orders/"),
        ("/sales/receivables/", "/sales/payments/"),
        ("/sales/billing/?customer={customer}", "/sales/invoices/"),
    ],
)
def test_pages_that_lie_elsewhere_mark_their_place_in_the_sidebar(rep, path, place):
    customer = make_customer(rep)
    delivery = make_delivery(make_order(make_contract(customer)))
    answer = sign_in(rep).get(path.format(customer=customer.pk, delivery=delivery.pk))
    assert answer.status_code == 200
    assert re.findall(r'<a class="nav-item" href="([^"]*)"[^>]*aria-current="page"', answer.text) == [place]
