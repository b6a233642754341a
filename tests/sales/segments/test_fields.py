"""Segments ask about the business of customers, as far as whoever asks may know of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from crm.access.models import Grant
from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.sharing import share_permission
from customers.segments.conditions import clean_conditions, in_words
from customers.segments.counting import count_of, customers_of
from customers.segments.models import CustomerScore
from customers.segments.scoring import score_customers
from sales.contracts.models import Contract, Instalment
from tests.factories import make_customer, make_department, make_pool, make_user, sign_in
from tests.factories.sales import make_contract, make_opportunity, make_payment, make_quote

pytestmark = pytest.mark.django_db

CODES = {
    "contracted", "received", "receivable", "overdue", "opportunity_amount", "last_signed", "last_paid", "quotes",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def vp():
    return make_user("vp", "director", make_department("Sales"))


@pytest.fixture
def rep(vp):
    return make_user("rep", "rep", make_department("East", vp.department))


def day(days):
    return timezone.localdate() + timedelta(days=days)


def asks(field, operator, value=None):
    row = {"field": field, "operator": operator, "value": value}
    return {"match": "all", "groups": [{"match": "all", "rows": [row]}]}


def names(user, *row):
    return sorted(customers_of(clean_conditions(asks(*row), user), user).values_list("name", flat=True))


@pytest.fixture
def companies(rep):
    """Alpha bought twice and owes, Beta bought in dollars and paid, Gamma only talks, Delta has nothing."""
    alpha, beta, gamma, _delta = (make_customer(rep, name=name) for name in ("Alpha", "Beta", "Gamma", "Delta"))
    first = make_contract(alpha, amount="10000.00")
    make_contract(alpha, amount="5000.10", state="closed", signed_on=day(-400), instalments=())
    make_contract(alpha, amount="700.00", state="void"), make_contract(alpha, amount="800.00", state="approved")
    make_contract(beta, amount="9000.00", currency="USD", signed_on=day(-5), instalments=())
    part = first.instalments.get(position=1)
    part.due_on, part.received = day(-3), Decimal("1000.00")
    part.save()
    make_payment(alpha, state="approved", amount=Decimal("1000.00"), paid_on=day(-2))
    make_payment(alpha, state="pending", amount=Decimal("5000.00"))
    make_payment(beta, state="approved", amount=Decimal("70.00"), paid_on=day(-40), currency="USD")
    make_opportunity(gamma, amount=Decimal("30000.00")), make_opportunity(gamma, amount=Decimal("12000.00"))
    make_opportunity(gamma, amount=Decimal("9.00"), currency="USD"), make_opportunity(gamma, amount=None)
    make_quote(gamma, state="sent"), make_quote(gamma), make_quote(gamma, state="approved")


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("contracted", "at_least", "15000.1"), ["Alpha"]),
        (("contracted", "at_least", "15,000.11"), []),
        (("contracted", "at_most", 15000.09), ["Beta", "Delta", "Gamma"]),
        (("contracted", "at_most", 15000.1), ["Alpha", "Beta", "Delta", "Gamma"]),
        (("contracted", "filled"), ["Alpha"]),
        (("contracted", "empty"), ["Beta", "Delta", "Gamma"]),
        (("received", "at_least", 1000), ["Alpha"]),
        (("received", "at_least", "1000.01"), []),
        (("receivable", "at_least", 9000), ["Alpha"]),
        (("receivable", "at_least", "9000.01"), []),
        (("receivable", "empty"), ["Beta", "Delta", "Gamma"]),
        (("overdue", "at_least", 2000), ["Alpha"]),
        (("overdue", "at_least", "2000.01"), []),
        (("opportunity_amount", "at_least", 42000), ["Gamma"]),
        (("opportunity_amount", "at_most", 41999.99), ["Alpha", "Beta", "Delta"]),
        (("last_signed", "last_days", 0), ["Alpha"]),
        (("last_signed", "last_days", 5), ["Alpha", "Beta"]),
        (("last_signed", "older_days", 4), ["Beta"]),
        (("last_signed", "until", day(-5).isoformat()), ["Beta"]),
        (("last_signed", "from", day(-4).isoformat()), ["Alpha"]),
        (("last_signed", "empty"), ["Delta", "Gamma"]),
        (("last_paid", "last_days", 2), ["Alpha"]),
        (("last_paid", "older_days", 39), ["Beta"]),
        (("last_paid", "filled"), ["Alpha", "Beta"]),
        (("quotes", "at_least", 2), ["Alpha", "Gamma"]),
        (("quotes", "at_most", 0), ["Delta"]),
        (("quotes", "at_least", 0), ["Alpha", "Beta", "Delta", "Gamma"]),
        (("quotes", "empty"), ["Delta"]),
    ],
)  # fmt: skip
def test_each_field_finds_the_customers_it_describes(vp, companies, row, found):
    assert names(vp, *row) == found


def test_conditions_on_business_are_said_in_words(vp):
    conditions = clean_conditions(asks("contracted", "at_least", "15000.10"), vp)
    assert in_words(conditions, vp) == [("all", ["Contracted is at least 15000.1"])]


@pytest.mark.parametrize("value", ["", "-1", "1e30", "NaN", "Infinity", "abc", None, True, [1], "１２x"])
def test_an_amount_that_is_none_is_refused_in_words(vp, value):
    with pytest.raises(ValidationError) as refusal:
        clean_conditions(asks("contracted", "at_least", value), vp)
    assert refusal.value.message_dict == {"g0-0": ["Type an amount of 0 or more."]}


def test_amounts_that_exclude_each_other_are_refused(vp):
    rows = [
        {"field": "received", "operator": operator, "value": value}
        for operator, value in (("at_least", "10"), ("at_most", "9.99"))
    ]
    with pytest.raises(ValidationError):
        clean_conditions({"match": "all", "groups": [{"match": "all", "rows": rows}]}, vp)


def test_who_may_not_see_the_records_may_not_ask_about_them(companies):
    outsider = make_user("mia", "marketing", make_department("Marketing"))
    page = sign_in(outsider).get("/customers/segments/new/").content.decode()
    assert "Overdue amount" not in page
    for code in CODES | {"monetary"}:
        with pytest.raises(ValidationError):
            clean_conditions(asks(code, "filled"), outsider)


def test_a_segment_whose_reader_lost_the_right_is_refused(vp, companies):
    conditions = clean_conditions(asks("overdue", "at_least", 1), vp)
    assert count_of(conditions, vp) == 1
    Grant.objects.filter(role__code="director", right="sales.view_payment").delete()
    with pytest.raises(ValidationError) as refusal:
        count_of(conditions, User.objects.get(pk=vp.pk))
    assert refusal.value.code == "hidden_field"


@pytest.mark.parametrize(("code", "operator"), [("contracted", "filled"), ("contracted", "empty"), ("quotes", "empty")])
def test_a_condition_tells_nothing_of_customers_whose_business_is_out_of_reach(vp, companies, code, operator):
    # shared with somebody, the customer is seen, its business is not
    colleague = make_user("cole", "rep", make_department("West", vp.department))
    for customer in Customer.objects.all():
        customer.shares.create(user=colleague, permission=share_permission("view"), shared_by=vp)
    seen = User.objects.get(pk=colleague.pk)
    assert Customer.objects.visible_to(seen).count() == 4
    assert names(seen, code, operator) == []


def test_a_condition_tells_members_nothing_of_pooled_customers(vp, rep, companies):
    pool = make_pool("East pool", department=rep.department)
    Customer.objects.update(owner=None, status="pool", pool=pool, pooled_at=timezone.now())
    member = User.objects.get(pk=rep.pk)
    assert Customer.objects.visible_to(member).count() == 4
    assert names(member, "contracted", "filled") == []


def test_the_sums_are_those_of_a_plain_statement_and_take_one_query(vp, companies):
    with CaptureQueriesContext(connection) as queries:
        assert count_of(clean_conditions(asks("receivable", "at_least", 1), vp), vp) == 1
    assert len([one for one in queries if "sales_" in one["sql"]]) == 1
    assert Instalment.objects.of_running().open().count() > 1


def test_the_value_of_a_customer_is_what_it_signed(rep):
    bought = [make_customer(rep, last_followed_at=timezone.now()) for _ in range(5)]
    for place, customer in enumerate(bought, 1):
        make_contract(customer, amount=f"{place}000.00")
    Contract.objects.filter(customer=bought[4]).update(state="closed")
    make_contract(bought[0], amount="90000.00", currency="USD"), make_contract(bought[1], amount="99.00", state="void")
    other = make_customer(rep, last_followed_at=timezone.now())
    score_customers()
    assert [CustomerScore.objects.get(pk=customer.pk).monetary for customer in bought] == [1, 2, 3, 4, 5]
    assert CustomerScore.objects.get(pk=other.pk).monetary is None
