"""Twenty people claim out of one pool at once: how much slower than one person alone, and does anything lock up?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from crm.access.models import Role
from crm.people.models import Department, User
from customers.customers.models import Customer
from customers.pool.actions import claim_customer
from customers.pool.models import ClaimRecord, Pool
from tests.benchmarks.measuring import Figure, seconds

PEOPLE = 20
EACH = 30


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """Twenty people, two after each customer, over one person who claims as many; and the deadlocks of it all."""
    prepare(size)
    pool, people, ids = _ready()
    before = _deadlocks()
    _into_pool(pool, ids)
    alone = seconds(lambda: _claim(people[0], ids))
    _same(pool, ids)
    _into_pool(pool, ids)
    faults: list[Exception] = []
    together = seconds(lambda: faults.extend(_claim_together(people, ids)))
    _same(pool, ids)
    if faults:
        raise faults[0]
    yield Figure("claims_of_twenty_over_one", together / alone, 2)
    yield Figure("claims_of_twenty_deadlocks", _deadlocks() - before, 0)
    _clean(pool, ids)


def _ready() -> tuple[Pool, list[User], list[int]]:
    top = Department.objects.filter(parent=None).order_by("pk")[0]
    pool, _is_new = Pool.objects.get_or_create(
        name="bench claims",
        defaults={"department": top, "position": 9, "claims_per_day": 0, "held_at_most": 0, "cool_down_days": 0},
    )
    role, people = Role.objects.get(code="rep"), []
    for number in range(PEOPLE):
        person, _is_new = User.objects.get_or_create(
            username=f"bench-claimer{number}",
            defaults={"name": f"bench-claimer{number}", "department": top, "customer_capacity": 2_000_000},
        )
        person.roles.set([role])
        people.append(person)
    rows = Customer.objects.filter(archived_at=None, status=Customer.Status.POTENTIAL).order_by("pk")
    return pool, people, list(rows.values_list("pk", flat=True)[: PEOPLE * EACH // 2])


def _claim(person: User, ids: list[int]) -> None:
    me = User.objects.get(pk=person.pk)
    for customer in Customer.objects.filter(pk__in=ids).order_by("pk"):
        try:
            claim_customer(customer, actor=me)
        except ValidationError:
            pass  # the other one was faster


def _claim_together(people: list[User], ids: list[int]) -> list[Exception]:
    """Two people go through each slice in the same order, all at once; the faults that are no refusals."""
    gate, faults = threading.Barrier(len(people)), []

    def run(person: User, wanted: list[int]) -> None:
        try:
            gate.wait(30)
            _claim(person, wanted)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    slices = [ids[start :: PEOPLE // 2] for start in range(PEOPLE // 2)]
    threads = [threading.Thread(target=run, args=(person, slices[place // 2])) for place, person in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def _same(pool: Pool, ids: list[int]) -> None:
    """Each customer has one owner, who stands in the ledger for it."""
    owners = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "owner"))
    ledger = (
        ClaimRecord.objects.filter(pool=pool, customer__in=ids).order_by("pk").values_list("customer", "claimed_by")
    )
    if dict(ledger) != owners or None in owners.values() or len(ledger) != len(ids):
        raise AssertionError("ledger and owners differ")
    ClaimRecord.objects.filter(pool=pool).delete()


def _into_pool(pool: Pool, ids: list[int]) -> None:
    _write(ids, status="pool", pool=pool, pooled_at=timezone.now(), owner=None, department=pool.department_id)


def _clean(pool: Pool, ids: list[int]) -> None:
    """As it was before, so that other measures find what they seeded."""
    _write(ids, status="potential", pool=None, pooled_at=None, owner=None, received_at=None)
    pool.delete()


def _write(ids: list[int], **values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("ALTER TABLE customers_customer DISABLE TRIGGER USER")
        Customer.objects.filter(pk__in=ids).update(**values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE customers_customer ENABLE TRIGGER USER")


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_clear_snapshot(), deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[1])
