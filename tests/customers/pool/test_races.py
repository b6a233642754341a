"""Many people at once, with real connections; and the same without the guard, so that we know a race would be seen."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.db.models import Count
from django.utils import timezone

import crm.celery  # noqa: F401 - the doorbell of the jobs started here
from crm.jobs.running import run_job
from crm.operations.invariants import all_rules, broken
from crm.people.models import User
from crm.records.selection import Selection
from customers.customers.models import Customer
from customers.leads.actions import run_allotment
from customers.leads.models import Allotment, AllotmentShare
from customers.pool import actions
from customers.pool.actions import assign_customer, claim_customer, release_customer
from customers.pool.capacity import loads
from customers.pool.models import ClaimRecord, Pool
from customers.pool.recycling import start_recycling
from customers.transfers import running
from customers.transfers.actions import plan_transfer, start_transfer
from tests.factories import make_customer, make_customers, make_pool, make_user

pytestmark = pytest.mark.django_db(transaction=True)
CLAIMERS, ROUNDS = 20, 200


@pytest.fixture
def pool(east):
    return make_pool("East pool", department=east, claims_per_day=0, held_at_most=0, cool_down_days=0)


@pytest.fixture
def reps(east):
    return [make_user(f"rep{n}", role="rep", department=east, customer_capacity=10_000) for n in range(CLAIMERS)]


def pooled(pool, count):
    moment = {"status": "pool", "pool": pool, "pooled_at": timezone.now(), "department": pool.department}
    return make_customers(count, **moment)


def together(*works):
    """Run these at once, each with its own connection; the faults nobody expected."""
    gate, faults = threading.Barrier(len(works)), []

    def run(work):
        try:
            gate.wait(10)
            work()
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return faults


def winners_of(customers, reps):
    """Let every rep claim every customer, all in the same order; who won which."""
    won = []

    def claim_all(rep):
        mine = list(Customer.objects.filter(pk__in=[customer.pk for customer in customers]).order_by("pk"))

        def work():
            me = User.objects.get(pk=rep.pk)
            for customer in mine:
                try:
                    won.append((claim_customer(customer, actor=me).pk, me.pk))
                except ValidationError:
                    pass

        return work

    assert together(*(claim_all(rep) for rep in reps)) == []
    return won


def test_of_twenty_people_exactly_one_gets_each_customer(pool, reps):
    customers = pooled(pool, ROUNDS)
    won = winners_of(customers, reps)
    assert Counter(customer for customer, _ in won) == dict.fromkeys((c.pk for c in customers), 1)
    assert dict(won) == dict(Customer.objects.values_list("pk", "owner"))
    assert sorted(ClaimRecord.objects.values_list("customer", "claimed_by")) == sorted(won)


def test_the_same_race_without_the_condition_has_several_winners(pool, reps, monkeypatch):
    monkeypatch.setattr(actions, "free_row", lambda customer, pool: Customer.objects.filter(pk=customer.pk))
    won = winners_of(pooled(pool, 40), reps)
    assert max(Counter(customer for customer, _ in won).values()) > 1


def claim_twelve(pool, rep):
    customers = pooled(pool, 12)

    def claim(customer):
        def work():
            try:
                claim_customer(Customer.objects.get(pk=customer.pk), actor=User.objects.get(pk=rep.pk))
            except ValidationError:
                pass

        return work

    assert together(*(claim(customer) for customer in customers)) == []
    return Customer.objects.filter(owner=rep).count()


def test_one_person_clicking_everywhere_at_once_stays_within_the_daily_limit(pool, reps):
    pool.claims_per_day = 3
    pool.save()
    assert claim_twelve(pool, reps[0]) == 3
    assert ClaimRecord.objects.count() == 3


def test_one_person_clicking_everywhere_at_once_holds_no_more_than_allowed(pool, reps):
    pool.held_at_most = 5
    pool.save()
    assert claim_twelve(pool, reps[0]) == 5


def test_without_the_lock_on_the_quota_the_daily_limit_breaks(pool, reps, monkeypatch):
    pool.claims_per_day = 3
    pool.save()
    monkeypatch.setattr(actions, "hold_quota", lambda user_ids: None)
    assert max(claim_twelve(pool, rep) for rep in reps[:4]) > 3


def test_claims_allotment_recycling_and_releases_at_once_keep_every_rule(east, pool, reps):
    """Three pools' worth of customers, everybody at everything: no fault, no deadlock, and all invariants hold."""
    Pool.objects.filter(pk=pool.pk).update(claims_per_day=5, recycles=True, no_follow_up_days=30, warning_days=[])
    make_user("keeper", role="admin")
    dora, giver, people = make_user("dora", role="director", department=east), reps[0], reps[1:7]
    for rep in people:
        rep.customer_capacity = 12
        rep.save()
    long_ago = timezone.now() - timedelta(days=90)
    fallow = make_customers(30, owner=giver, received_at=long_ago, last_followed_at=long_ago)
    lying, busy = pooled(pool, 60), make_customers(20, owner=giver, last_followed_at=timezone.now())
    rule = Allotment.objects.create(name="Out of the pool", pool=pool)
    AllotmentShare.objects.bulk_create(AllotmentShare(allotment=rule, user=rep) for rep in people)
    transfer = plan_transfer(dora, Selection(ids=tuple(row.pk for row in busy)), people, reason="Balance")
    jobs = [start_recycling(), start_transfer(transfer, dora)]

    def trying(*acts):
        def work():
            for act in acts:
                try:
                    act()
                except ValidationError:
                    pass

        return work

    def me(rep):
        return User.objects.get(pk=rep.pk)

    def claims(rep):
        rows = [*lying, *fallow]
        return trying(*(lambda row=row: claim_customer(Customer.objects.get(pk=row.pk), actor=me(rep)) for row in rows))

    def releases(rep):
        return trying(*(
            lambda row=row: release_customer(Customer.objects.get(pk=row.pk), actor=me(rep), reason="No need")
            for row in (*busy, *lying)
        ))  # fmt: skip

    def assigns():
        for row in lying[::-1]:
            trying(lambda row=row: assign_customer(Customer.objects.get(pk=row.pk), owner=people[0], actor=me(dora)))()

    faults = together(
        *(claims(rep) for rep in people[:3]), releases(people[3]), releases(giver), assigns,
        lambda: run_allotment(rule), lambda: run_allotment(rule), *((lambda job=job: run_job(job.pk)) for job in jobs),
    )  # fmt: skip
    assert faults == []
    assert {found.sentence: ids for found in all_rules() if (ids := broken(found))} == {}
    assert [load.held for load in loads(people) if load.held > 12] == []
    assert ClaimRecord.objects.filter(is_assigned=False).values("claimed_by").annotate(n=Count("pk")).filter(
        n__gt=5
    ).count() == 0  # fmt: skip
    owned = dict(
        Customer.objects.filter(pk__in=[row.pk for row in lying], owner__isnull=False).values_list("pk", "owner")
    )
    latest = dict(ClaimRecord.objects.order_by("pk").values_list("customer", "claimed_by"))
    assert {pk: latest[pk] for pk in owned} == owned


def test_two_transfers_of_the_same_customers_move_each_once(east, reps):
    dora = make_user("dora", role="director", department=east)
    dirk = make_user("dirk", role="director", department=east)
    giver, rita, ryan = reps[:3]
    customers = make_customers(300, owner=giver)
    first = plan_transfer(dora, giver, [rita], reason="to Rita")
    second = plan_transfer(dirk, giver, [ryan], reason="to Ryan")
    jobs = [start_transfer(first, dora), start_transfer(second, dirk)]
    assert together(*((lambda job=job: run_job(job.pk)) for job in jobs)) == []
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, second.state) == ("done", "done")
    assert Customer.objects.filter(owner__in=[rita, ryan]).count() == 300
    moved = list(first.rows.moved().values_list("customer", flat=True)) + list(
        second.rows.moved().values_list("customer", flat=True)
    )
    assert sorted(moved) == [customer.pk for customer in customers]
    assert first.counts.get("skipped", 0) + second.counts.get("skipped", 0) == 300


def test_two_transfers_without_the_check_of_the_old_owner_move_twice(east, reps, monkeypatch):
    monkeypatch.setattr(running, "_skip_what_changed", lambda chunk, actor: None)
    dora = make_user("dora", role="director", department=east)
    giver, rita, ryan = reps[:3]
    make_customers(20, owner=giver)
    transfers = [plan_transfer(dora, giver, [receiver], reason="x") for receiver in (rita, ryan)]
    jobs = [start_transfer(transfer, dora) for transfer in transfers]
    assert together(*((lambda job=job: run_job(job.pk)) for job in jobs)) == []
    assert sum(transfer.rows.moved().count() for transfer in transfers) == 40


def test_a_transfer_and_a_release_of_the_same_customer_do_not_both_happen(east, pool, reps):
    dora = make_user("dora", role="director", department=east)
    giver, rita = reps[:2]
    outcomes = set()
    for _ in range(8):
        customer = make_customer(owner=giver)
        transfer = plan_transfer(dora, giver, [rita], reason="to Rita")
        job = start_transfer(transfer, dora)

        def release(customer=customer):
            try:
                release_customer(Customer.objects.get(pk=customer.pk), actor=User.objects.get(pk=giver.pk), reason="x")
            except (ValidationError, DatabaseError):
                pass

        assert together(lambda job=job: run_job(job.pk), release) == []
        customer.refresh_from_db()
        outcome = transfer.rows.get().outcome
        released = customer.status == "pool"
        assert (outcome, customer.owner) in {("skipped", None), ("moved", rita)}
        assert released == (outcome == "skipped")
        outcomes.add(outcome)
    assert outcomes


def test_claims_while_a_transfer_fills_the_receiver_keep_the_limit(east, pool, reps):
    dora = make_user("dora", role="director", department=east)
    giver, rita = reps[:2]
    rita.customer_capacity = 20
    rita.save()
    make_customers(15, owner=giver)
    arrivals = pooled(pool, 15)
    transfer = plan_transfer(dora, giver, [rita], reason="to Rita")
    job = start_transfer(transfer, dora)

    def claim_all():
        for customer in arrivals:
            try:
                claim_customer(Customer.objects.get(pk=customer.pk), actor=User.objects.get(pk=rita.pk))
            except ValidationError:
                pass

    assert together(lambda: run_job(job.pk), claim_all) == []
    assert Customer.objects.filter(owner=rita).count() == 20
