"""Deadlines, reminders, escalation, leaving."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from crm.approvals import deadlines
from crm.approvals.leaving import sweep_turns
from crm.approvals.models import ApprovalTask, Delegation
from crm.jobs.running import run_job
from crm.leaving.actions import plan_departure
from crm.notifications.models import Notice
from crm.people.actions import disable_user
from crm.people.models import User
from customers.base_data.models import Holiday
from customers.base_data.working_days import WorkingCalendar
from tests.crm.approvals.purpose import make_document, make_flow, manager, people, put_up, role, state_of
from tests.crm.approvals.test_actions import approve, refused, waiting_for
from tests.factories import make_pool

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def make_late(request):
    ApprovalTask.objects.filter(request=request, state="pending").update(due_at=timezone.now() - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (at(20, 10), 4, at(20, 14)),
        (at(20, 16), 4, at(23, 11)),  # over a weekend
        (at(21, 12), 1, at(23, 10)),  # on a Saturday
        (at(20, 7), 2, at(20, 11)),  # before hours
        (at(20, 9), 9, at(20, 18)),
        (at(20, 9), 18, at(23, 18)),
    ],
)
def test_time_is_counted_in_working_hours(start, hours, end):
    assert WorkingCalendar().hours_after(start, hours) == end


def test_a_turn_is_due_after_its_working_hours(company):
    Holiday.objects.all().delete()
    make_flow({**manager(), "hours": 8})
    task = put_up(make_document(company.rep), company.rep).tasks.get()
    assert task.due_at == WorkingCalendar().hours_after(task.created_at, 8).replace(microsecond=task.due_at.microsecond)
    make_flow(role("finance"), name="Open", conditions=[{"fact": "amount", "operator": "above", "value": "1"}])
    assert put_up(make_document(company.rep), company.rep).tasks.first().due_at is not None


def test_people_are_reminded_once(company):
    make_flow({**manager(), "hours": 8, "remind_hours": 2})
    request = put_up(make_document(company.rep), company.rep)
    ApprovalTask.objects.update(due_at=timezone.now() + timedelta(days=20))
    assert deadlines.watch_deadlines() == 0
    make_late(request)
    assert (deadlines.watch_deadlines(), deadlines.watch_deadlines()) == (1, 0)
    assert Notice.objects.filter(recipient=company.director, kind="approval_due").count() == 1


def test_a_late_turn_goes_to_the_superior_once(company):
    make_flow({**manager(), "hours": 8, "escalate": "superior"})
    request = put_up(make_document(company.rep), company.rep)
    make_late(request)
    assert deadlines.escalate_turns() == 1
    task = request.tasks.get(state="pending")
    assert (task.approver, task.origin) == (company.vp, "escalated")
    refused(lambda: approve(request, company.director))
    make_late(request)
    assert deadlines.escalate_turns() == 0
    assert approve(request, company.vp).state == "approved"


def test_a_late_turn_goes_to_the_holder_of_a_role_where_the_flow_says_so(company):
    make_flow({**manager(), "hours": 8, "escalate": "role", "escalate_role": "finance"})
    request = put_up(make_document(company.rep), company.rep)
    make_late(request)
    deadlines.watch_deadlines()
    assert waiting_for(request) == ["finance"]


def test_where_nobody_stands_above_the_turn_stays(company):
    make_flow({**people(company.vp), "hours": 8, "escalate": "superior"})
    request = put_up(make_document(company.rep), company.rep)
    make_late(request)
    assert deadlines.escalate_turns() == 0
    assert waiting_for(request) == ["vp"]


def test_the_turns_of_somebody_disabled_go_up_in_the_same_transaction(company):
    make_flow(manager())
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    disable_user(company.director, actor=company.admin)
    task = request.tasks.get(state="pending")
    assert (task.approver, task.origin) == (company.vp, "reassigned")
    assert state_of(document) == "pending"


def test_they_go_to_whoever_decides_in_their_name_first(company):
    today = timezone.localdate()
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    row = Delegation.objects.create(
        giver=company.director, receiver=company.finance, starts_on=today, ends_on=today, made_by=company.director
    )
    disable_user(company.director, actor=company.admin)
    task = request.tasks.get(state="pending")
    assert (task.approver, task.on_behalf_of) == (company.finance, None)
    row.refresh_from_db()
    assert row.ended_at is not None


def test_where_nobody_is_left_it_is_blocked(company):
    make_flow(people(company.vp))
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    disable_user(company.vp, actor=company.admin)
    request.refresh_from_db()
    assert (request.state, state_of(document)) == ("blocked", "blocked")
    assert Notice.objects.filter(recipient=company.admin, kind="approval_blocked").exists()


def test_where_others_decide_too_they_go_on_without_them(company):
    make_flow(role("finance"))
    request = put_up(make_document(company.rep), company.rep)
    finance = company.finance
    finance.department.head = None
    finance.department.save()
    disable_user(company.finance2, actor=company.admin)
    assert waiting_for(request) == ["finance"]


def test_whoever_leaves_passes_their_turns_on_as_well(company):
    make_pool(department=company.sales)
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    departure = plan_departure(company.director, actor=company.admin, leaves_on=timezone.localdate(), heir=company.vp)
    departure.refresh_from_db()
    run_job(departure.job_id)
    assert waiting_for(request) == ["vp"]
    departure.refresh_from_db()
    assert departure.counts["approval_turns"] == 1


def test_turns_of_people_disabled_past_the_application_are_found(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    User.objects.filter(pk=company.director.pk).update(is_active=False)
    assert (sweep_turns(), sweep_turns()) == (1, 0)
    assert waiting_for(request) == ["vp"]


def test_whoever_lost_the_right_loses_the_turn(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    company.director.roles.clear()
    assert (deadlines.watch_deadlines(), deadlines.watch_deadlines()) == (1, 0)
    assert waiting_for(request) == ["vp"]
