"""Taking customers back by rule: who, when, by which rule, and what happens with what hung on them."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

import crm.celery  # noqa: F401 - the doorbell of the jobs started here
from crm.history.models import Operation
from crm.jobs.models import Job
from crm.jobs.running import run_job, run_schedules
from crm.notifications.models import Notice
from customers.activities.actions import log_activity
from customers.customers.actions import update_customer
from customers.customers.holds import Hold
from customers.customers.models import Customer, CustomerShare
from customers.customers.sharing import share_customer
from customers.pool import recycling
from customers.pool.due import falling, saved_rules, with_day
from customers.pool.models import PoolLevelRule, RecycleExtension
from customers.pool.recycling import start_recycling
from customers.tasks.models import Task
from tests.factories import make_customer, make_customers, make_department, make_level, make_pool, make_user

pytestmark = pytest.mark.django_db
HELD = Hold("leased", "A lease is running.", lambda: Customer.objects.filter(remark="leased").values("pk"))


@pytest.fixture
def keeper():
    return make_user("keeper", role="admin")


@pytest.fixture
def pool(east, keeper):
    return make_pool("East pool", department=east, recycles=True, no_follow_up_days=30)


def ago(days):
    return timezone.now() - timedelta(days=days)


def recycle():
    job = start_recycling()
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    return job


def test_who_is_not_followed_for_the_days_of_the_pool_goes_back_with_the_rule_named(pool, rita):
    late = make_customer(rita, received_at=ago(90), last_followed_at=ago(31), next_follow_on=timezone.localdate())
    fresh = make_customer(rita, received_at=ago(90), last_followed_at=ago(29))
    job = recycle()
    late.refresh_from_db(), fresh.refresh_from_db()
    assert (late.status, late.pool, late.owner, late.previous_owner) == ("pool", pool, None, rita)
    assert (late.next_follow_on, late.department) == (None, pool.department)
    assert late.pooled_at > ago(1)
    assert (fresh.status, fresh.owner) == ("lead", rita)
    entry = Operation.objects.get(verb="customer_recycled")
    assert (entry.actor, entry.row_count, entry.facts["rule"]) == (None, 1, "follow_up")
    assert "30" in entry.reason
    assert job.result["by_rule"] == {"follow_up": 1}


def test_a_customer_never_followed_counts_from_receipt(pool, rita):
    received_long_ago = make_customer(rita, received_at=ago(31))
    received_lately = make_customer(rita, received_at=ago(29))
    recycle()
    assert set(Customer.objects.in_pools()) == {received_long_ago}
    assert set(Customer.objects.owned_by(rita)) == {received_lately}


def test_a_follow_up_of_the_owner_before_does_not_shorten_the_time_of_the_new_one(pool, rita):
    make_customer(rita, received_at=ago(5), last_followed_at=ago(200))
    recycle()
    assert not Customer.objects.in_pools().exists()


@pytest.mark.parametrize("fact", ["existing", "opportunity"])
def test_existing_customers_and_open_opportunities_stay_unless_the_pool_says_otherwise(pool, rita, fact):
    make_customer(rita, received_at=ago(90), status=fact)
    recycle()
    assert not Customer.objects.in_pools().exists()
    setattr(pool, "spares_existing" if fact == "existing" else "spares_opportunities", False)
    pool.save()
    recycle()
    assert Customer.objects.in_pools().count() == 1


def test_a_protected_an_extended_a_held_and_an_archived_customer_stay(pool, rita, settings):
    settings.HARBOUR_CUSTOMER_HOLDS = [f"{__name__}.HELD"]
    today = timezone.localdate()
    make_customer(rita, received_at=ago(90), protected_until=today)
    make_customer(rita, received_at=ago(90), recycle_not_before=today + timedelta(days=1))
    make_customer(rita, received_at=ago(90), remark="leased")
    make_customer(rita, received_at=ago(90), archived_at=ago(1))
    over = make_customer(rita, received_at=ago(90), protected_until=today - timedelta(days=1), recycle_not_before=today)
    recycle()
    assert set(Customer.objects.in_pools()) == {over}


def test_any_rule_is_enough_or_all_must_hold(pool, rita):
    pool.no_opportunity_days, pool.not_won_days = 60, 100
    pool.save()
    followed = make_customer(rita, received_at=ago(70), last_followed_at=ago(3))
    quiet_for_long = make_customer(rita, received_at=ago(120), last_followed_at=ago(40))
    quiet = make_customer(rita, received_at=ago(65), last_followed_at=ago(40))
    due = dict(falling(saved_rules()).filter(due_at__lte=timezone.now()).values_list("pk", "due_rule"))
    assert due == {followed.pk: "opportunity", quiet_for_long.pk: "opportunity", quiet.pk: "follow_up"}
    pool.combines = "all"
    pool.save()
    due = dict(falling(saved_rules()).filter(due_at__lte=timezone.now()).values_list("pk", "due_rule"))
    assert due == {quiet_for_long.pk: "all"}


def test_who_had_an_opportunity_does_not_fall_under_the_rule_of_opportunities(pool, rita):
    pool.no_follow_up_days, pool.no_opportunity_days, pool.spares_opportunities = None, 30, False
    pool.save()
    make_customer(rita, received_at=ago(90), status="opportunity")
    lead = make_customer(rita, received_at=ago(90))
    recycle()
    assert set(Customer.objects.in_pools()) == {lead}


def test_a_level_has_days_of_its_own_or_never_goes(pool, rita):
    gold, silver = make_level("Gold"), make_level("Silver")
    PoolLevelRule.objects.create(pool=pool, level=gold, no_follow_up_days=None)
    PoolLevelRule.objects.create(pool=pool, level=silver, no_follow_up_days=60)
    make_customer(rita, received_at=ago(500), level=gold)
    make_customer(rita, received_at=ago(50), level=silver)
    late_silver = make_customer(rita, received_at=ago(61), level=silver)
    plain = make_customer(rita, received_at=ago(50))
    recycle()
    assert set(Customer.objects.in_pools()) == {late_silver, plain}


def test_each_department_answers_to_its_nearest_pool_and_to_none_that_does_not_recycle(sales, pool, rita):
    make_pool("Head office", department=sales, recycles=True, no_follow_up_days=10)
    north = make_department("North", parent=sales)
    quiet = make_pool("West pool", department=make_department("West", parent=sales))
    nora = make_user("nora", role="rep", department=north)
    wanda = make_user("wanda", role="rep", department=quiet.department)
    make_customer(rita, received_at=ago(20))
    of_nora = make_customer(nora, received_at=ago(20))
    make_customer(wanda, received_at=ago(900))
    recycle()
    assert set(Customer.objects.in_pools()) == {of_nora}
    assert Customer.objects.in_pools().get().pool.name == "Head office"


def test_shares_and_wishes_end_and_the_tasks_of_the_old_owner_are_cancelled(pool, rita, dora):
    customer = make_customer(rita, received_at=ago(90))
    share_customer(customer, actor=rita, colleague=dora)
    theirs = Task.objects.create(title="Call", customer=customer, owner=rita)
    done = Task.objects.create(title="Visit", customer=customer, owner=rita, done_at=ago(1))
    others = Task.objects.create(title="Look at it", customer=customer, owner=dora)
    wish = RecycleExtension.objects.create(
        customer=customer, pool=pool, asked_by=rita, reason="x", until=timezone.localdate()
    )
    recycle()
    for row in (theirs, done, others, wish):
        row.refresh_from_db()
    assert (theirs.cancelled_at is None, done.cancelled_at, others.cancelled_at) == (False, None, None)
    assert wish.state == "lapsed"
    assert not CustomerShare.objects.exists()


def test_each_owner_is_told_once_for_the_run_with_the_number(pool, rita, east):
    ryan = make_user("ryan", role="rep", department=east, language="en")
    make_customers(3, owner=ryan, received_at=ago(90))
    make_customer(rita, received_at=ago(90))
    recycle()
    told = Notice.objects.filter(kind="customers_recycled").values_list("recipient", "text")
    assert dict(told)[ryan.pk] == "3 customers of yours went back to the pool by rule."
    assert len(told) == 2


def test_running_twice_is_running_once(pool, rita):
    make_customers(5, owner=rita, received_at=ago(90))
    recycle()
    before = list(Customer.objects.order_by("pk").values())
    second = recycle()
    assert list(Customer.objects.order_by("pk").values()) == before
    assert (second.total, second.result["recycled"]) == (0, 0)


def test_running_late_takes_the_same_as_running_on_time(pool, rita):
    job = start_recycling()
    on_time = make_customer(rita, received_at=ago(31))
    soon = make_customer(rita, received_at=ago(30) + timedelta(minutes=1))
    Job.objects.filter(pk=job.pk).update(params={"as_of": timezone.now().isoformat()})
    Customer.objects.filter(pk=soon.pk).update(received_at=ago(30) + timedelta(seconds=5))
    run_job(job.pk)
    assert set(Customer.objects.in_pools()) == {on_time}


def test_a_customer_followed_after_the_plan_stays(pool, rita, monkeypatch):
    monkeypatch.setattr(recycling, "CHUNK_SIZE", 1)
    customers = make_customers(3, owner=rita, received_at=ago(90))
    job = start_recycling()
    chunks = list(recycling.planned_chunks(timezone.now()))
    assert [chunk["count"] for chunk in chunks] == [1, 1, 1]
    run_job_planning_first(job, customers[1])
    assert {row.pk for row in Customer.objects.in_pools()} == {customers[0].pk, customers[2].pk}
    job.refresh_from_db()
    assert (job.total, job.done, job.failed) == (3, 2, 1)


def run_job_planning_first(job, followed):
    run_job(job.pk, seconds=-1)
    Customer.objects.filter(pk=followed.pk).update(last_followed_at=timezone.now())
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    run_job(job.pk)


def test_nothing_starts_while_no_pool_recycles_or_a_run_is_under_way(pool, rita):
    first = start_recycling()
    assert start_recycling() is None
    Job.objects.filter(pk=first.pk).update(state="done")
    pool.recycles = False
    pool.save()
    assert start_recycling() is None


def test_the_schedule_starts_it_every_night_once(pool, rita):
    night = timezone.localtime().replace(hour=3)
    assert "recycle" in run_schedules(night)
    assert "recycle" not in run_schedules(night)
    assert Job.objects.filter(kind="recycle").count() == 1


def test_the_day_shown_is_that_of_the_nightly_run_that_takes_it_the_next_one_at_the_earliest(pool, rita):
    night = timezone.localtime().replace(hour=1, minute=0, second=0, microsecond=0)
    received = {"at": night, "after": night + timedelta(seconds=1), "overdue": night - timedelta(days=50)}
    for name, moment in received.items():
        make_customer(rita, name=name, received_at=moment)
    days = dict(with_day(falling(saved_rules()), night + timedelta(hours=5)).values_list("name", "due_on"))
    thirty_days_on = night.date() + timedelta(days=30)
    assert days == {
        "at": thirty_days_on,
        "after": thirty_days_on + timedelta(days=1),
        "overdue": night.date() + timedelta(days=1),
    }


def test_edits_do_not_move_the_clock_and_follow_ups_do(pool, rita):
    customer, followed = make_customers(2, owner=rita, received_at=ago(90))
    update_customer(customer, actor=rita, values={"remark": "edited"})
    log_activity(customer, actor=rita, kind="note", content="only a note")
    log_activity(followed, actor=rita, kind="call", content="talked")
    recycle()
    assert set(Customer.objects.in_pools()) == {customer}


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_and_repeats_nothing(pool, rita):
    make_customers(60, owner=rita, received_at=ago(90))
    job = start_recycling()
    code = (
        "import os, django; django.setup()\n"
        "from django.db import connection\n"
        "connection.settings_dict['NAME'] = os.environ['TEST_DATABASE']\n"
        "import crm.celery\n"
        "from crm.jobs.running import run_job\n"
        "from customers.pool import recycling\n"
        "recycling.CHUNK_SIZE = 20\n"
        "take = recycling.recycle_chunk\n"
        "def slowly(job, params):\n"
        "    done = take(job, params)\n"
        "    if params['first'] > int(os.environ['DIES_AFTER']): os.kill(os.getpid(), 9)\n"
        "    return done\n"
        "recycling.recycle_chunk = slowly\n"
        f"run_job({job.pk})\n"
    )
    third = str(Customer.objects.order_by("pk")[20].pk)
    environment = {**os.environ, "TEST_DATABASE": connection.settings_dict["NAME"], "DIES_AFTER": third}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert Customer.objects.in_pools().count() == 40
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == ("done", 60, 0)
    assert Customer.objects.in_pools().count() == 60
    assert sum(Operation.objects.filter(verb="customer_recycled").values_list("row_count", flat=True)) == 60
