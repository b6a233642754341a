"""F1 counts what one may see, compares like with like, and every number leads to its list."""

from datetime import date, datetime
from urllib.parse import parse_qs, urlparse
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import translation

from crm.ui.formats import n0
from customers.customers.filters import CustomerFilter
from customers.customers.models import Customer
from reports.figures.documents import Linked, shown, value_of
from reports.figures.new_business import Grouping, Wish, new_business, new_customers
from reports.figures.periods import Grain, Period
from tests.factories import (
    make_customer,
    make_customers,
    make_department,
    make_pool,
    make_pooled_customer,
    make_source,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def at(month, day, hour=12):
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


def wish(period=MARCH, grain=Grain.WEEK, grouping=Grouping.SOURCE):
    return Wish(period, grain, grouping)


@pytest.fixture
def director():
    return make_user("director", role="director", department=make_department("East"))


@pytest.fixture
def rep():
    return make_user("rep", role="rep", department=make_department("East"))


def figures(document):
    return {figure.label: figure.value for figure in document.figures}


def test_a_day_begins_and_ends_in_shanghai(rep):
    make_customer(rep, created_at=at(3, 1, 0))
    make_customer(rep, created_at=at(3, 31, 23))
    make_customer(rep, created_at=at(2, 28, 23))
    make_customer(rep, created_at=at(4, 1, 0))

    assert new_customers(rep, MARCH).count() == 2


def test_everybody_counts_only_what_they_may_see(rep, director):
    colleague = make_user("rep2", role="rep", department=rep.department)
    stranger = make_user("rep3", role="rep", department=make_department("North"))
    for owner, count in ((rep, 2), (colleague, 3), (stranger, 4)):
        make_customers(count, owner, created_at=at(3, 5))

    assert new_business(rep, wish()).row_count == 2
    assert new_business(director, wish()).row_count == 5
    assert new_business(make_user(role="auditor"), wish()).row_count == 9
    assert new_business(make_user(), wish()).row_count == 0


def test_statuses_of_today_are_counted_and_add_up(director, rep):
    make_customers(2, rep, created_at=at(3, 5), status="lead")
    make_customer(rep, created_at=at(3, 6), status="opportunity")
    make_customer(rep, created_at=at(3, 9), status="existing")
    make_customer(None, created_at=at(3, 9), department=rep.department)
    make_customer(rep, created_at=at(3, 9), archived_at=at(3, 10))

    document = new_business(director, wish())

    assert [figure.value for figure in document.figures] == [5, 2, 1, 1, 1, 0]
    assert document.row_count == 5
    for table in document.tables:
        sums = [sum(value_of(row[column]) for row in table.rows) for column in range(1, 7)]
        assert sums == [value_of(entry) for entry in table.totals[1:7]] == [5, 1, 1, 2, 1, 0]


def test_the_period_before_is_counted_by_the_same_rules(director, rep):
    make_customers(3, rep, created_at=at(3, 5))
    make_customers(2, rep, created_at=at(2, 5))
    make_customers(7, rep, created_at=at(1, 20))

    new = new_business(director, wish()).figures[0]

    assert (new.value, new.previous, new.change, new.direction) == (3, 2, "+50.0%", 1)


@pytest.mark.parametrize("grouping", Grouping)
def test_groups_are_named_ordered_by_size_and_add_up(director, rep, grouping):
    fair, web = make_source("展会"), make_source("官网")
    make_customers(3, rep, created_at=at(3, 5), source=fair)
    make_customers(1, director, created_at=at(3, 5), source=web)
    make_customers(2, rep, created_at=at(3, 5))

    with translation.override("en"):
        table = new_business(director, wish(grouping=grouping)).tables[1]

    expected = {
        Grouping.SOURCE: [("展会", 3), ("Not filled in", 2), ("官网", 1)],
        Grouping.DEPARTMENT: [("East", 6)],
        Grouping.OWNER: [("Rep", 5), ("Director", 1)],
    }
    assert [(row[0], value_of(row[1])) for row in table.rows] == expected[grouping]
    assert value_of(table.totals[1]) == 6


def test_every_number_links_to_a_list_of_that_many_customers(director, rep):
    make_customers(3, rep, created_at=at(3, 5), source=make_source("展会"))
    make_customers(2, rep, created_at=at(3, 12), status="existing")
    make_pooled_customer(created_at=at(3, 12))
    browser = sign_in(director)
    document = new_business(director, wish())
    linked = [(figure.value, figure.url) for figure in document.figures]
    linked += [entry for table in document.tables for row in table.rows for entry in row[1:7]]

    for value, url in linked:
        page = browser.get(url)
        assert page.status_code == 200
        assert page.context["count"] == n0(value), url


def test_the_page_shows_the_numbers_of_the_document(director, rep):
    make_customers(12, rep, created_at=at(3, 5))
    with translation.override(director.language):
        document = new_business(director, wish())

    page = sign_in(director).get("/reports/new-business/?period=custom&start=2026-03-01&end=2026-03-31&step=week")

    assert page.context["document"].numbers() == document.numbers()
    assert page.context["document"].checksum == document.checksum
    for entry in document.tables[0].totals:
        assert shown(entry) in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "period=custom",
        "period=custom&start=2026-03-02&end=2026-03-01",
        "period=custom&start=1000-01-01&end=2026-03-01",
        "period=custom&start=2026-01-01&end=9999-12-31",
        "period=custom&start=2020-01-01&end=2026-01-01&step=day",
        "period=century",
        "group=phone",
        "group=name;drop",
        "step=second",
        "period=custom&start=2026-02-30&end=x",
        "period=custom&start=%00&end=%FF",
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_in_words(director, query):
    browser = sign_in(director)

    for address in ("/reports/new-business/", "/reports/new-business.pdf", "/reports/new-business.xlsx"):
        answer = browser.get(f"{address}?{query}")
        assert answer.status_code == 400
        assert answer.context["form"].errors


def test_without_the_right_there_is_no_report():
    technician = sign_in(make_user(role="technician"))

    for address in ("/reports/", "/reports/new-business/", "/reports/new-business.pdf", "/reports/new-business.xlsx"):
        assert technician.get(address).status_code == 403


def test_an_unknown_report_is_not_found(director):
    assert sign_in(director).get("/reports/nonsense/").status_code == 404
    assert sign_in(director).get("/reports/nonsense.pdf").status_code == 404


def test_the_page_costs_the_same_queries_for_one_and_for_many(director, rep, django_assert_max_num_queries):
    for month in range(1, 7):
        make_customers(20, rep, created_at=at(month, 5), source=make_source(f"S{month}"))

    browser = sign_in(director)
    address = "/reports/new-business/?period=custom&start=2026-01-01&end=2026-06-30"
    browser.get(address)

    with django_assert_max_num_queries(12):
        assert browser.get(address).status_code == 200


def test_links_say_what_they_filter(director, rep):
    source = make_source("展会")
    make_customers(3, rep, created_at=at(3, 5), source=source)
    row = new_business(director, wish()).tables[1].rows[0]

    assert urlparse(row[4].url).path == reverse("customers:customer_list")
    assert parse_qs(urlparse(row[4].url).query) == {
        "created_from": ["2026-03-01"],
        "created_until": ["2026-03-31"],
        "status": ["lead"],
        "source": [str(source.pk)],
    }


def test_customers_whose_pool_hides_the_source_stand_in_a_group_of_their_own(rep):
    pool = make_pool("East", department=rep.department, hidden_columns=["source"])
    fair, web = make_source("Fair"), make_source("Web")
    for source in (fair, fair, web):
        make_customer(rep, created_at=at(3, 5), source=source)
    for source in (fair, web, None):
        make_pooled_customer(pool, created_at=at(3, 5), source=source)

    def rows_for(user):
        with translation.override("en"):
            table = new_business(user, wish()).tables[1]
        return {row[0]: [value_of(entry) for entry in row[1:7]] for row in (*table.rows, table.totals)}

    assert rows_for(rep) == {
        "Hidden in the pool": [3, 0, 0, 0, 0, 3],
        "Fair": [2, 0, 0, 2, 0, 0],
        "Web": [1, 0, 0, 1, 0, 0],
        "Total": [6, 0, 0, 3, 0, 3],
    }
    with translation.override("en"):
        table = new_business(rep, wish()).tables[1]
    hidden = next(row for row in table.rows if row[0] == "Hidden in the pool")
    assert not any(isinstance(entry, Linked) for entry in hidden)
    for row in table.rows:
        if isinstance(row[1], Linked):
            params = QueryDict(urlparse(row[1].url).query)
            found = CustomerFilter(params, Customer.objects.visible_to(rep).live(), rep).rows()
            assert found.count() == row[1].value, row[0]


def test_who_keeps_the_pool_counts_by_the_true_source(rep):
    pool = make_pool("East", department=rep.department, hidden_columns=["source"])
    fair = make_source("Fair")
    make_pooled_customer(pool, created_at=at(3, 5), source=fair)
    director = make_user("director", role="director", department=rep.department)

    assert [row[0] for row in new_business(director, wish()).tables[1].rows] == ["Fair"]
