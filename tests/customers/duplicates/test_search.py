"""Searching: what fits is found, marked, and told only to those who may know it."""

import pytest
from django.db import connection

from customers.contacts.search import palette_results as people_found
from customers.customers.letters import matched_part
from customers.customers.models import Customer, CustomerSearch
from customers.customers.search import customers_found, palette_results, search_condition, search_ids
from tests.factories import (
    make_contact,
    make_customer,
    make_customers,
    make_pool,
    make_pooled_customer,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db


def names(text, user):
    return [row.name for row in customers_found(text, user, 8)]


@pytest.fixture
def company(rita):
    customer = make_customer(
        rita, name="苏州恒曜精密机械有限公司", short_name="恒曜", number="KH-2026-000777", website="https://www.hengyao.cn/about",
        credit_code="91320500MA1MXXXX0X", phone="+8651288886666", email="info@hengyao.cn",
    )  # fmt: skip
    make_contact(customer, name="王建国", phone="+8613812345678", email="wjg@example.com")
    return Customer.objects.get(pk=customer.pk)


@pytest.mark.parametrize(
    "text",
    ["恒曜", "精密", "hengyao", "szhy", "HYJM", "000777", "91320500MA", "王建国", "wangjianguo", "wjg", "1234567",
     "0512 8888", "info@heng", "hengyao.cn", "恒曜 王建国"],
)  # fmt: skip
def test_a_customer_is_found_by_any_part_of_what_is_known(text, company, rita):
    assert names(text, rita) == [company.name]


@pytest.mark.parametrize("text", ["没有", "zzzz", "恒曜 李四", "99999", "nobody@heng"])
def test_what_fits_nothing_finds_nothing(text, company, rita):
    assert names(text, rita) == []


def test_latin_names_may_be_misspelt_where_nothing_fits_exactly(rita):
    siemens, other = make_customer(rita, name="Siemens Motion"), make_customer(rita, name="Harbour Works")
    assert names("Siemns", rita) == [siemens.name]
    assert names("harbur", rita) == [other.name]
    make_customer(rita, name="Siemns Trading")
    assert names("siemns", rita) == ["Siemns Trading"]


def test_only_rows_in_reach_are_found(company, ryan, dora):
    assert (names("恒曜", ryan), names("恒曜", dora)) == ([], [company.name])


def test_people_are_matched_only_by_those_who_see_them(company, east):
    marketer = make_user("mia", role="marketing", department=east)
    assert names("恒曜", marketer) == [company.name]
    for text in ("王建国", "wangjianguo", "wjg@", "1381234", "info@heng"):
        assert names(text, marketer) == []
        assert people_found(text, marketer) == []


def test_in_a_pool_nobody_matches_people_and_contact_details(east, rita, dora):
    pooled = make_pooled_customer(make_pool(department=east), name="Pooled Works", phone="+8651288886666")
    make_contact(pooled, name="王建国", phone="+8613812345678", email="wjg@example.com")
    for person in (rita, dora):
        assert names("Pooled", person) == ["Pooled Works"]
        assert [names(text, person) for text in ("王建国", "wjg@example", "1381234", "88886666")] == [[], [], [], []]


def test_people_are_found_by_name_pinyin_and_phone(company, rita, ryan):
    for text in ("建国", "wjg", "wangjian", "1381234"):
        assert [hit["label"] for hit in people_found(text, rita)] == ["王建国"]
        assert people_found(text, ryan) == []
    assert "138****5678" in people_found("1381234", rita)[0]["detail"]


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [("苏州恒曜精密", "恒曜", "恒曜"), ("苏州恒曜精密", "hyjm", "恒曜精密"), ("苏州恒曜精密", "heng yao", "恒曜"),
     ("苏州恒曜精密", "hengy", "恒曜"), ("Harbour Works", "BOUR", "bour"), ("苏州恒曜", "zzz", "")],
)  # fmt: skip
def test_the_part_that_fits_is_known(name, text, part):
    assert matched_part(name, text) == part


def test_the_search_page_groups_marks_and_escapes(company, rita):
    make_customer(rita, name="<b>恒曜</b>")
    client = sign_in(rita)
    page = client.get("/search/?q=恒曜").content.decode()
    assert "苏州<mark>恒曜</mark>精密" in page
    assert "&lt;b&gt;<mark>恒曜</mark>&lt;/b&gt;" in page
    part = client.get("/search/?q=wjg", headers={"HX-Request": "true"}).content.decode()
    assert "<mark>王建国</mark>" in part and "<html" not in part
    assert "at least two" in client.get("/search/?q=恒").content.decode()
    assert "<mark>恒曜</mark>" in client.get("/palette/?q=恒曜").content.decode()


def test_a_searched_customer_of_another_is_on_no_page(company, ryan):
    assert company.name not in sign_in(ryan).get("/search/?q=恒曜").content.decode()


def test_searching_never_reads_the_whole_table(rita, dora):
    make_customers(3000, owner=rita)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer, customers_customersearch")
        cursor.execute("SET LOCAL enable_seqscan = off")  # three thousand rows are read faster than asked for
    for text in ("恒曜精密", "hengyao", "13812345678", "KH-2026-000777"):
        for rows in (Customer.objects.visible_to(dora).filter(search_condition(text, dora)), search_ids(text, dora)):
            plan = rows.explain()
            assert "Seq Scan on customers_customersearch" not in plan, (text, plan)
    near = CustomerSearch.objects.filter(letters__trigram_word_similar="hengyao").explain()
    assert "customer_search_letters" in near


def test_hits_say_who_owns_the_customer(company, rita):
    (hit,) = palette_results("恒曜", rita)
    assert (hit["label"], hit["mark"], "Rita" in hit["detail"]) == (company.name, "恒曜", True)
