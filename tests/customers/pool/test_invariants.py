"""Each rule about owners and pools holds in a company at work, and fails where somebody breaks it in the database."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

import crm.celery  # noqa: F401 - the doorbell of the jobs started here
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.operations.invariants import all_rules, broken
from customers.activities.actions import log_activity
from customers.customers.models import Customer
from customers.pool.actions import assign_customer, claim_customer, release_customer
from customers.pool.models import ClaimRecord
from customers.pool.protection import protect_customer
from customers.pool.recycling import start_recycling
from customers.tasks.models import Task
from customers.transfers.actions import plan_transfer, start_transfer
from tests.factories import make_customer, make_customers, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db
NUMBERS = range(49, 68)


def offenders(number):
    """The broken rules of a number, by their sentence."""
    return [rule.sentence for rule in all_rules() if rule.number == number and broken(rule)]


@pytest.fixture
def company(pool, rita, dora, east):
    """A day of work: claims, assignments, releases, follow-ups, a protection, a transfer and a nightly run."""
    make_user("keeper", role="admin")
    ryan = make_user("ryan", role="rep", department=east)
    pool.recycles, pool.no_follow_up_days = True, 30
    pool.save()
    claimed = claim_customer(make_pooled_customer(pool), actor=rita)
    assign_customer(make_pooled_customer(pool), owner=rita, actor=dora)
    Task.objects.create(title="Call", customer=claimed, owner=rita)
    log_activity(claimed, actor=rita, kind="call", content="talked")
    released = claim_customer(make_pooled_customer(pool), actor=rita)
    release_customer(released, actor=rita, reason="no interest")
    protect_customer(make_customer(rita), actor=rita, until=timezone.localdate() + timedelta(days=9))
    make_customers(3, owner=ryan, received_at=timezone.now() - timedelta(days=90))
    job = start_recycling()
    run_job(job.pk)
    moving = make_customer(ryan)
    run_job(start_transfer(plan_transfer(dora, ryan, [rita], reason="area"), dora).pk)
    return {"claimed": claimed, "released": released, "moving": moving, "rita": rita, "ryan": ryan, "pool": pool}


def test_every_rule_holds_after_a_day_of_work(company):
    assert Customer.objects.in_pools().count() == 4
    assert {number: offenders(number) for number in NUMBERS} == dict.fromkeys(NUMBERS, [])


def test_every_number_has_a_rule():
    assert set(NUMBERS) <= {rule.number for rule in all_rules()}


HARM = {
    49: "UPDATE crm_user SET is_active = false WHERE username = 'rita'",
    50: "ALTER TABLE customers_customer DISABLE TRIGGER USER; UPDATE customers_customer SET owner_id = {ryan} "
        "WHERE id = {claimed}",
    51: "UPDATE customers_claimrecord SET claimed_at = pooled_at - interval '1 hour'",
    52: "INSERT INTO customers_claimrecord (customer_id, pool_id, claimed_by_id, claimed_on, is_assigned, pooled_at) "
        "SELECT customer_id, pool_id, {ryan}, claimed_on, false, pooled_at FROM customers_claimrecord",
    53: "INSERT INTO customers_claimrecord (customer_id, pool_id, claimed_by_id, claimed_on, is_assigned, claimed_at) "
        "SELECT {claimed}, {pool}, {rita}, current_date, false, clock_timestamp() FROM generate_series(1, 11)",
    54: "UPDATE crm_user SET customer_capacity = 0 WHERE id = {rita}; "
        "DELETE FROM crm_userevent; UPDATE customers_customer SET received_at = now() - interval '9 days' "
        "WHERE owner_id = {rita} AND id <> {claimed}",
    55: "UPDATE customers_claimrecord SET previous_owner_id = claimed_by_id, pooled_at = claimed_at "
        "- interval '1 day', claimed_at = clock_timestamp()",
    56: "UPDATE customers_customer SET pooled_at = pooled_at - interval '9 days' WHERE status = 'pool'",
    57: "UPDATE customers_customer SET last_followed_at = now() WHERE id = {claimed}",
    58: "UPDATE customers_customer SET protected_until = current_date WHERE id = {released}",
    59: "INSERT INTO customers_task (title, note, customer_id, owner_id, priority, is_all_day, dedupe_key, created_at) "
        "SELECT 'Call', '', {released}, {rita}, 'normal', true, '', now() - interval '1 day'",
    60: "ALTER TABLE customers_customer DISABLE TRIGGER USER; "
        "ALTER TABLE customers_customer ALTER department_id DROP NOT NULL; UPDATE customers_customer "
        "SET department_id = NULL WHERE id = {claimed}",
    61: "INSERT INTO crm_operation (context_id, at, verb, via, subject_type, subject_label, reason, request_id, "
        "row_count, result, facts, anchor_id) VALUES (gen_random_uuid(), clock_timestamp(), 'contact_revealed', "
        "'page', '', '', '', '', 1, 'ok', '{{}}', {released})",
    62: "UPDATE customers_transferrow SET outcome = 'planned'",
    63: "INSERT INTO customers_customershare (user_id, permission_id, content_object_id) SELECT {rita}, "
        "(SELECT min(id) FROM auth_permission), {released}",
    65: "ALTER TABLE customers_customer DROP CONSTRAINT customer_owner_follows_status; "
        "UPDATE customers_customer SET owner_id = NULL WHERE id = {claimed}",
    66: "UPDATE crm_user SET is_active = false WHERE username = 'rita'",
    67: "UPDATE crm_operation SET verb = 'customers_imported', actor_id = {rita} WHERE verb = 'customer_claimed'",
}  # fmt: skip


@pytest.mark.parametrize("number", HARM)
def test_each_rule_fails_where_somebody_breaks_it_in_the_database(company, number):
    ids = {name: row.pk for name, row in company.items()}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("customers_claimrecord", "crm_operation", "crm_userevent", "crm_user", "customers_transferrow"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(HARM[number].format(**ids))
    assert offenders(number) != []


def test_two_nightly_runs_at_once_are_an_offence(company):
    keeper = company["ryan"]
    for _ in range(2):
        Job.objects.create(kind="recycle", title="x", requested_by=keeper)
    assert offenders(64) != []


def test_a_limit_of_zero_is_no_limit_and_a_limit_lowered_later_judges_nobody(pool, rita):
    pool.claims_per_day = 0
    pool.save()
    for _ in range(3):
        ClaimRecord.objects.create(
            customer=make_customer(rita), pool=pool, claimed_by=rita, claimed_on=timezone.localdate(),
            claimed_at=timezone.now() - timedelta(hours=1),
        )  # fmt: skip
    assert offenders(53) == []
    pool.claims_per_day = 1
    pool.save()
    assert offenders(53) == []
