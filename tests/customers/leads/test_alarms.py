"""The alarm about leads nobody works on."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from crm.company.models import CompanySetting
from crm.notifications.models import Notice
from customers.base_data.models import Holiday
from customers.leads.alarms import warn_of_unworked_leads
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 16, 9, tzinfo=SHANGHAI)  # the alarm comes after 24 working hours of nine a day


def told():
    return sorted(Notice.objects.values_list("recipient__username", "kind"))


def warn_at(moment):
    with time_machine.travel(moment, tick=False):
        return warn_of_unworked_leads()


@pytest.fixture
def head(east):
    east.head = make_user("hana", role="director", department=east)
    east.save()
    return east.head


@pytest.fixture
def lead(rita, head):
    return make_customer(owner=rita, received_at=MONDAY, name="Harbour Works")


def test_the_owner_is_told_after_the_working_hours_and_once(lead):
    wednesday_evening = MONDAY + timedelta(days=2, hours=5, minutes=59)  # 23 h 59 min of work
    assert (warn_at(wednesday_evening), told()) == (0, [])
    assert (warn_at(wednesday_evening + timedelta(minutes=2)), told()) == (1, [("rita", "lead_unworked")])
    assert warn_at(wednesday_evening + timedelta(hours=1)) == 0
    assert Notice.objects.get().text == "“Harbour Works” has waited 24 working hours for your first follow-up."


def test_the_head_of_the_department_is_told_at_twice_the_time(lead):
    assert warn_at(MONDAY + timedelta(days=7, hours=2, minutes=50)) == 1  # 47 h 50 min: a weekend lies between
    assert warn_at(MONDAY + timedelta(days=7, hours=3, minutes=1)) == 1
    assert told() == [("hana", "lead_unworked"), ("rita", "lead_unworked")]


def test_holidays_are_no_working_hours(lead):
    Holiday.objects.create(day=MONDAY.date() + timedelta(days=1), name="Day off")
    assert warn_at(MONDAY + timedelta(days=2, hours=8)) == 0
    assert warn_at(MONDAY + timedelta(days=3, hours=6, minutes=1)) == 1


def test_a_follow_up_since_receipt_silences_it_and_one_before_does_not(lead):
    lead.last_followed_at = MONDAY - timedelta(days=3)
    lead.save()
    assert warn_at(MONDAY + timedelta(days=3)) == 1
    Notice.objects.all().delete()
    lead.last_followed_at = MONDAY + timedelta(hours=1)
    lead.save()
    assert warn_at(MONDAY + timedelta(days=3)) == 0


def test_received_anew_it_is_told_anew(lead):
    assert warn_at(MONDAY + timedelta(days=3)) == 1
    lead.received_at = MONDAY + timedelta(days=3)
    lead.save()
    assert warn_at(MONDAY + timedelta(days=3, hours=1)) == 0
    assert warn_at(MONDAY + timedelta(days=8)) == 1


def test_where_the_head_owns_the_lead_whoever_leads_above_is_told(head, sales, vera):
    sales.head = vera
    sales.save()
    make_customer(owner=head, received_at=MONDAY, department=head.department)
    warn_at(MONDAY + timedelta(days=8))
    assert told() == [("hana", "lead_unworked"), ("vera", "lead_unworked")]


def test_nought_hours_switch_the_alarm_off(lead):
    CompanySetting.objects.create(key="leads.unworked_hours", value=0)
    assert (warn_at(MONDAY + timedelta(days=9)), told()) == (0, [])


def test_archived_leads_and_those_of_the_disabled_raise_no_alarm(lead, rita):
    make_customer(owner=lead.owner, received_at=MONDAY, archived_at=MONDAY)
    rita.is_active = False
    rita.save()
    assert warn_at(MONDAY + timedelta(days=9)) == 0


def test_the_alarm_costs_the_same_for_one_and_for_fifty_leads(lead, rita, django_assert_num_queries):
    for count in (0, 49):
        for _ in range(count):
            make_customer(owner=rita, received_at=MONDAY)
        with django_assert_num_queries(12):
            warn_at(MONDAY + timedelta(days=8))
