"""A worker killed with -9 in the middle of a transfer: what was done stays, the rest is done once."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from crm.jobs.models import Job, JobChunk
from crm.jobs.running import run_job
from crm.leaving.actions import plan_departure, sweep_leftovers
from crm.people.models import User
from customers.customers.models import Customer
from customers.tasks.models import Task
from customers.transfers.actions import plan_transfer, start_transfer, start_undo
from tests.factories import make_customers, make_pool, make_user

pytestmark = pytest.mark.django_db(transaction=True)

# works like a worker, but for the third chunk: written, not yet committed, it says so and waits for its end
WORKER = """
import os, sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from crm.jobs.running import run_job
from importlib import import_module
from customers.transfers import running

running.CHUNK_SIZE = 10
jobs = import_module(sys.argv[4])
work, calls = getattr(jobs, sys.argv[3]), []

def and_wait(chunk, actor):
    tally = work(chunk, actor)
    calls.append(chunk)
    if len(calls) == 3:
        print("in the third chunk", flush=True)
        time.sleep(120)
    return tally

setattr(jobs, sys.argv[3], and_wait)
run_job(int(sys.argv[2]))
"""


def kill_in_the_third_chunk(job, function, module="customers.transfers.jobs"):
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, connection.settings_dict["NAME"], str(job.pk), function, module],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "crm.settings.test"},
    )
    try:
        assert worker.stdout.readline() == "in the third chunk\n"
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()


def carry_on(job):
    """What the sweeper does once the lease of the dead worker is over."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    run_job(job.pk)
    job.refresh_from_db()


def update_events():
    return apps.get_model("customers.CustomerEvent").objects.filter(pgh_label="update")


def test_a_killed_transfer_and_a_killed_undo_end_with_each_customer_moved_once(team):
    customers = make_customers(45, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    job = start_transfer(transfer, team.dora)

    kill_in_the_third_chunk(job, "move_chunk")
    assert Customer.objects.filter(owner=team.rita).count() == 20
    assert JobChunk.objects.filter(job=job, is_done=True).count() == 2
    run_job(job.pk)
    assert Customer.objects.filter(owner=team.rita).count() == 20, "the lease of the dead worker still holds"

    carry_on(job)
    assert (job.state, job.done, job.failed, job.total) == ("done", 45, 0, 45)
    assert sorted(update_events().values_list("pgh_obj_id", flat=True)) == [customer.pk for customer in customers]

    undo = start_undo(transfer, team.dora)
    kill_in_the_third_chunk(undo, "put_back_chunk")
    assert Customer.objects.filter(owner=team.gina).count() == 20
    carry_on(undo)
    assert (undo.state, undo.done) == ("done", 45)
    assert Customer.objects.filter(owner=team.gina).count() == 45
    assert update_events().count() == 90


def test_a_killed_departure_ends_with_nothing_left_and_nothing_twice(team):
    make_pool("East pool", department=team.east)
    customers = make_customers(45, owner=team.gina)
    for customer in customers:
        Task.objects.create(title="Call", customer=customer, owner=team.gina)
    admin = make_user("admin", role="admin", department=team.east)
    departure = plan_departure(team.gina, actor=admin, leaves_on=timezone.localdate(), receivers=[team.rita])
    departure.refresh_from_db()

    kill_in_the_third_chunk(departure.job, "move_chunk", "customers.transfers.leavers_customers")
    assert User.objects.get(pk=team.gina.pk).is_active is False
    assert Customer.objects.filter(owner=team.rita).count() == 20
    assert sweep_leftovers() == 0, "a departure under way sees to its own"

    carry_on(departure.job)
    departure.refresh_from_db()
    assert (departure.state, departure.counts["customers"]) == ("done", 45)
    assert sorted(update_events().values_list("pgh_obj_id", flat=True)) == [customer.pk for customer in customers]
    assert set(Task.objects.values_list("owner__username", flat=True)) == {"rita"}
