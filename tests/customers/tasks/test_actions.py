"""What can be done with tasks, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.history.models import Operation
from crm.notifications.models import Notice
from crm.operations.moments import midnight
from crm.records.undo import undo_operation
from customers.tasks import actions
from customers.tasks.models import Task
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_department, make_task, make_user

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 9, 23, 4, 0, tzinfo=UTC)  # Wednesday, 12:00 in Shanghai


@pytest.fixture(autouse=True)
def wednesday(time_machine):
    time_machine.move_to(NOON, tick=False)


def verbs():
    return list(Operation.objects.order_by("pk").values_list("verb", "anchor_id"))


def test_a_task_of_ones_own_is_planned_and_nobody_is_told():
    rep = make_user("rep", "rep")
    customer = make_customer(rep)
    task = actions.add_task(
        actor=rep, values={"title": "  Send the  offer ", "customer": customer, "due_at": NOON, "priority": "high"}
    )
    task.refresh_from_db()
    assert (task.title, task.owner, task.created_by, task.customer) == ("Send the offer", rep, rep, customer)
    assert (task.due_at, task.is_all_day, task.priority) == (midnight(date(2026, 9, 23)), True, "high")
    assert verbs() == [("task_added", customer.pk)]
    assert Notice.objects.count() == 0


def test_a_task_given_to_a_colleague_reaches_their_inbox_once():
    director, rep = make_user("boss", "director"), make_user("rep", "rep")
    task = actions.add_task(actor=director, values={"title": "Call back", "owner": rep})
    notice = Notice.objects.get()
    assert (notice.recipient, notice.text, notice.url) == (
        rep,
        "Boss gave you a task: Call back",
        task.get_absolute_url(),
    )

    actions.finish_task(task, actor=rep)
    assert Notice.objects.get(recipient=director).text == "Rep finished the task: Call back"


def test_the_notice_is_in_the_language_of_whoever_reads_it():
    director, rep = make_user("boss", "director"), make_user("rep", "rep", language="zh-hans")
    actions.add_task(actor=director, values={"title": "Call back", "owner": rep})
    assert Notice.objects.get().text == "Boss 给你安排了待办：Call back"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "A", "note": "x" * 2001}, "note"),
        ({"title": "A", "priority": "urgent"}, "priority"),
        ({"title": "A", "due_at": NOON - timedelta(days=1)}, "due_at"),
        ({"title": "A", "due_at": NOON + timedelta(days=731)}, "due_at"),
        ({"title": "A", "is_all_day": False}, "due_at"),
        ({"title": "A", "remind_at": NOON - timedelta(days=1)}, "remind_at"),
        ({"title": "A", "done_at": NOON}, "done_at"),
    ],
)
def test_wrong_values_are_refused_at_their_field(values, field):
    rep = make_user("rep", "rep")
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        actions.add_task(actor=rep, values=values)
    assert list(refusal.value.error_dict) == [field]
    assert fingerprint() == before


def test_nobody_gives_tasks_to_people_of_other_departments_or_to_those_without_tasks():
    rep, far = make_user("rep", "rep"), make_user("far", "rep", make_department("North"))
    gone, guest = make_user("gone", "rep", is_active=False), make_user("guest", "finance")
    for owner in (far, gone, guest):
        with pytest.raises(ValidationError, match="cannot give tasks"):
            actions.add_task(actor=rep, values={"title": "A", "owner": owner})
    assert Task.objects.count() == 0


def test_a_task_about_a_customer_goes_only_to_somebody_who_sees_it():
    rep, peer, far = (
        make_user("rep", "rep"),
        make_user("peer", "rep"),
        make_user("far", "rep", make_department("North")),
    )
    task = actions.add_task(actor=rep, values={"title": "A", "customer": make_customer(rep)})
    with pytest.raises(ValidationError, match="Peer does not see this customer"):
        actions.give_task(task, actor=rep, owner=peer)
    with pytest.raises(ValidationError, match="does not exist"):
        actions.change_task(task, actor=rep, values={"customer": make_customer(far)})
    task.refresh_from_db()
    assert task.owner == rep


def test_a_task_moves_to_another_day_with_its_time_and_its_reminder():
    rep = make_user("rep", "rep")
    at = datetime(2026, 9, 24, 15, 30, tzinfo=SHANGHAI)
    task = make_task(rep, due_at=at, is_all_day=False, remind_at=at - timedelta(days=1), reminded_at=NOON)

    actions.postpone_task(task, actor=rep, to=date(2026, 9, 28))

    task.refresh_from_db()
    assert task.due_at == datetime(2026, 9, 28, 15, 30, tzinfo=SHANGHAI)
    assert task.remind_at == datetime(2026, 9, 27, 15, 30, tzinfo=SHANGHAI)
    assert task.reminded_at is None
    undated = make_task(rep)
    actions.postpone_task(undated, actor=rep, to=date(2026, 9, 28))
    undated.refresh_from_db()
    assert (undated.due_on, undated.is_all_day) == (date(2026, 9, 28), True)


def test_a_task_keeps_its_time_of_day_when_only_its_day_or_its_kind_of_day_is_changed():
    at = datetime(2026, 9, 24, 15, 30, tzinfo=SHANGHAI)
    task = make_task(make_user("rep", "rep"), due_at=at, is_all_day=False)

    actions.change_task(task, actor=task.owner, values={"due_at": at + timedelta(days=1)})
    task.refresh_from_db()
    assert (task.due_at, task.is_all_day) == (at + timedelta(days=1), False)

    actions.change_task(task, actor=task.owner, values={"is_all_day": True})
    task.refresh_from_db()
    assert (task.due_at, task.is_all_day) == (midnight(date(2026, 9, 25)), True)


def test_a_task_without_a_day_that_gets_one_with_others_is_not_reminded_of_again():
    rep = make_user("rep", "rep")
    undated = make_task(rep, remind_at=NOON - timedelta(days=2), reminded_at=NOON - timedelta(days=2))

    actions.postpone_tasks(Task.objects.all(), actor=rep, to=date(2026, 9, 28))

    undated.refresh_from_db()
    assert (undated.due_on, undated.reminded_at) == (date(2026, 9, 28), NOON - timedelta(days=2))
    assert actions.remind_of_tasks() == 0


def test_a_task_does_not_move_into_the_past():
    task = make_task(due_at=NOON)
    with pytest.raises(ValidationError, match="This day is over"):
        actions.postpone_task(task, actor=task.owner, to=date(2026, 9, 22))
    task.refresh_from_db()
    assert task.due_at == NOON


def test_a_finished_task_is_left_alone_until_it_is_opened_again():
    task = make_task()
    actions.finish_task(task, actor=task.owner)
    for attempt in (
        lambda: actions.finish_task(task, actor=task.owner),
        lambda: actions.cancel_task(task, actor=task.owner),
        lambda: actions.change_task(task, actor=task.owner, values={"title": "B"}),
        lambda: actions.postpone_task(task, actor=task.owner, to=date(2026, 9, 28)),
    ):
        with pytest.raises(ValidationError, match="finished. Open it again"):
            attempt()
    actions.reopen_task(task, actor=task.owner)
    actions.cancel_task(task, actor=task.owner, reason="no longer needed")
    task.refresh_from_db()
    assert (task.done_at, task.cancelled_at) == (None, NOON)
    with pytest.raises(ValidationError, match="is finished"):
        actions.finish_task(task, actor=task.owner)


def test_many_tasks_are_finished_at_once_and_taken_back_as_they_were():
    rep = make_user("rep", "rep")
    tasks = [make_task(rep) for _ in range(3)]
    closed = make_task(rep, cancelled_at=NOON)
    before = list(Task.objects.order_by("pk").values("pk", "done_at", "cancelled_at"))

    entry = actions.finish_tasks(Task.objects.within(rep, "customers.change_task"), actor=rep)

    assert entry.row_count == 3
    assert set(Task.objects.filter(done_at=NOON)) == set(tasks)
    closed.refresh_from_db()
    assert closed.done_at is None
    undo_operation(entry, actor=rep)
    assert list(Task.objects.order_by("pk").values("pk", "done_at", "cancelled_at")) == before


def test_many_tasks_move_and_each_keeps_its_time_of_day():
    rep = make_user("rep", "rep")
    timed = make_task(rep, due_at=datetime(2026, 9, 24, 0, 30, tzinfo=SHANGHAI), is_all_day=False, remind_at=NOON)
    whole, undated = make_task(rep, due_at=midnight(date(2026, 9, 1))), make_task(rep)

    actions.postpone_tasks(Task.objects.all(), actor=rep, to=date(2026, 9, 28))

    for task in (timed, whole, undated):
        task.refresh_from_db()
    assert timed.due_at == datetime(2026, 9, 28, 0, 30, tzinfo=SHANGHAI)
    assert timed.remind_at == NOON + timedelta(days=4)
    assert whole.due_at == undated.due_at == midnight(date(2026, 9, 28))


def test_bulk_without_an_open_task_is_refused_and_leaves_no_entry():
    task = make_task(done_at=NOON)
    with pytest.raises(ValidationError, match="None of the chosen tasks is open"):
        actions.finish_tasks(Task.objects.all(), actor=task.owner)
    assert Operation.objects.count() == 0


def test_a_reminder_comes_once_however_often_and_late_the_schedule_runs(time_machine):
    rep = make_user("rep", "rep")
    make_task(rep, title="Ring Xu", remind_at=NOON + timedelta(minutes=5))
    make_task(rep, title="Done", remind_at=NOON, done_at=NOON)
    make_task(make_user("gone", is_active=False), title="Gone", remind_at=NOON)
    assert actions.remind_of_tasks() == 0

    time_machine.move_to(NOON + timedelta(hours=9), tick=False)

    assert [actions.remind_of_tasks(), actions.remind_of_tasks()] == [1, 0]
    assert [(notice.recipient, notice.text) for notice in Notice.objects.all()] == [(rep, "Task: Ring Xu")]


def test_a_changed_reminder_comes_again():
    task = make_task(make_user("rep", "rep"), remind_at=NOON)
    actions.remind_of_tasks()
    actions.change_task(task, actor=task.owner, values={"remind_at": NOON + timedelta(seconds=60)})
    task.refresh_from_db()
    assert task.reminded_at is None


@pytest.mark.parametrize(
    ("fields", "is_overdue"),
    [
        ({"due_at": midnight(date(2026, 9, 22))}, True),
        ({"due_at": midnight(date(2026, 9, 23))}, False),
        ({"due_at": NOON - timedelta(minutes=1), "is_all_day": False}, True),
        ({"due_at": NOON + timedelta(minutes=1), "is_all_day": False}, False),
        ({"due_at": midnight(date(2026, 9, 22)), "done_at": timezone.now()}, False),
        ({}, False),
    ],
)
def test_a_task_is_overdue_when_its_day_or_its_time_is_over(fields, is_overdue):
    task = make_task(**fields)
    assert task.is_overdue is is_overdue
    assert Task.objects.overdue().exists() is is_overdue
