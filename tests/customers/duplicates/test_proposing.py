"""The nightly search for pairs that may be one company, and what becomes of them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.company.actions import change_settings
from crm.history.models import Operation
from customers.customers.identity import name_key
from customers.customers.models import Customer
from customers.duplicates.actions import keep_apart
from customers.duplicates.models import DuplicateCandidate
from customers.duplicates.proposing import SHARED_BY_AT_MOST, propose_candidates
from tests.factories import make_contact, make_customer, make_user

pytestmark = pytest.mark.django_db

PLACES_AFAR = [
    *("上海", "无锡", "杭州", "宁波", "常州", "南京", "合肥", "绍兴", "厦门", "北京"),
    *("天津", "青岛", "济南", "太原", "沈阳", "大连", "西安", "郑州", "武汉", "成都"),
]


def queue():
    rows = DuplicateCandidate.objects.filter(state="open").order_by("first", "second")
    return [
        (row.first.name, row.second.name, row.score, [reason.partition(":")[0] for reason in row.reasons])
        for row in rows.select_related("first", "second")
    ]


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ("苏州恒曜精密机械有限公司", "恒曜精密机械(苏州)股份有限公司", 100),
        ("苏州恒曜精密机械", "苏州恒耀精密机械", 83),
        ("苏州恒曜精密机械", "恒曜精密机械", 90),
        ("苏州恒曜精密机械", "上海恒曜精密机械", None),
        ("苏州恒曜精密机械", "苏州恒曜精密机械厂", 85),
        ("苏州恒曜精密机械", "苏州联达包装材料", None),
        ("Harbour Works Ltd.", "HARBOUR  works", 100),
        ("Harbour Works", "Harbuor Works", 83),
    ],
)
def test_names_that_may_be_one_company_are_proposed_with_their_likeness(one, other, score, rita):
    make_customer(rita, name=one), make_customer(rita, name=other)
    propose_candidates()
    assert [line[2] for line in queue()] == ([] if score is None else [score])


def test_phones_e_mails_and_domains_of_company_and_contacts_are_compared(rita, ryan):
    rows = [make_customer(owner, name=name) for owner, name in ((rita, "Alpha"), (ryan, "Beta"), (rita, "Gamma"))]
    make_contact(rows[0], phone="+8613812345678"), make_contact(rows[2], email="info@harbour.cn")
    Customer.objects.filter(pk=rows[1].pk).update(
        phone="+8613812345678", email="info@harbour.cn", website="https://www.harbour.cn/x"
    )
    Customer.objects.filter(pk=rows[2].pk).update(website="harbour.cn")
    for name in ("Delta", "Omega"):
        make_customer(rita, name=name, website="https://shop.1688.com")

    propose_candidates()

    assert queue() == [("Alpha", "Beta", 95, ["phone"]), ("Beta", "Gamma", 95, ["domain", "email"])]


def test_half_a_name_that_many_share_elsewhere_still_counts_within_a_place(rita):
    for place in (*PLACES_AFAR, "苏州"):
        make_customer(rita, name=f"{place}恒曜精密机械")
    make_customer(rita, name="苏州恒耀精密机械")
    assert len(PLACES_AFAR) == SHARED_BY_AT_MOST
    propose_candidates()
    assert queue() == [("苏州恒曜精密机械", "苏州恒耀精密机械", 83, ["similar"])]


def test_sisters_in_two_places_are_proposed_where_so_little_likeness_is_asked_for(rita):
    admin = make_user("admin", "admin")
    make_customer(rita, name="苏州恒曜精密机械"), make_customer(rita, name="上海恒曜精密机械")
    change_settings({"duplicates.similar_from": 61}, actor=admin)
    propose_candidates()
    assert queue() == []
    change_settings({"duplicates.similar_from": 60}, actor=admin)
    propose_candidates()
    assert [line[2] for line in queue()] == [60]


def test_archived_customers_and_keys_that_many_share_are_left_out(rita):
    for number in range(SHARED_BY_AT_MOST + 1):
        make_customer(rita, name=f"Company {number:03d} {'x' * number}", phone="+8651288886666")
    one, _other = make_customer(rita, name="Same"), make_customer(rita, name="Same")
    Customer.objects.filter(pk=one.pk).update(archived_at="2026-01-01T00:00+08")
    propose_candidates()
    assert [line for line in queue() if "phone" in line[3] or "name" in line[3]] == []


def test_two_companies_are_not_proposed_again_until_they_become_alike_anew(rita, dora):
    one, other = make_customer(rita, name="恒曜精密"), make_customer(rita, name="恒曜精密")
    propose_candidates()
    keep_apart(DuplicateCandidate.objects.get(), actor=dora)
    assert propose_candidates() == 0
    assert (queue(), DuplicateCandidate.objects.get().decided_by) == ([], dora)
    with pytest.raises(ValidationError):
        keep_apart(DuplicateCandidate.objects.get(), actor=dora)

    Customer.objects.filter(pk__in=[one.pk, other.pk]).update(phone="+8613812345678")
    assert propose_candidates() == 1
    assert queue() == [("恒曜精密", "恒曜精密", 100, ["name", "phone"])]


def test_what_is_no_longer_alike_leaves_the_queue_and_a_second_run_changes_nothing(rita):
    one, _other = make_customer(rita, name="恒曜精密"), make_customer(rita, name="恒曜精密")
    assert (propose_candidates(), propose_candidates()) == (1, 0)
    Customer.objects.filter(pk=one.pk).update(name="联达包装", name_key=name_key("联达包装"))
    propose_candidates()
    assert queue() == []


def test_the_run_is_one_operation_of_the_system_and_costs_the_same_for_any_number(rita):
    costs = set()
    for number in (2, 30):
        for _ in range(number):
            make_customer(rita)
        with CaptureQueriesContext(connection) as queries:
            propose_candidates()
        costs.add(len(queries))
    assert len(costs) == 1
    assert set(Operation.objects.values_list("verb", "actor", "via")) == {("duplicates_proposed", None, "system")}
