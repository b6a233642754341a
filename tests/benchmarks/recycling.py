"""The nightly run that takes customers back, with its full history, against the bare statements that find and move the
same customers and write the same events.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

import crm.celery  # noqa: F401 - the doorbell of the job
from crm.access.models import Role
from crm.jobs.running import run_job
from crm.people.models import Department, User
from customers.customers.models import Customer
from customers.pool.models import Pool
from customers.pool.recycling import start_recycling
from tests.benchmarks.measuring import Figure, seconds

DAYS = 30
ROUNDS = 3
_BACK = """
UPDATE customers_customer SET owner_id = previous_owner_id, status = 'lead', pool_id = NULL, pooled_at = NULL,
    department_id = (SELECT department_id FROM crm_user u WHERE u.id = previous_owner_id)
WHERE id = ANY(%s)
"""


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """One run over all customers over plain UPDATE and INSERT … SELECT for the same ones."""
    prepare(size)
    reverse("customers:pool_list")  # a worker has read the addresses long ago
    ours, plain = times()
    yield Figure("recycle_over_plain_update", ours / plain, 3)


def times(rounds: int = ROUNDS) -> tuple[float, float]:
    """Median seconds of a run, and of the bare statements that find and move the same customers."""
    pool = _pool()
    due = Customer.objects.filter(owner__isnull=False, archived_at=None, status="lead")
    ids = list(due.order_by("pk").values_list("pk", flat=True)[: max(due.count() // 2, 1)])
    _age(ids)
    ours, plain = [], []
    for _ in range(rounds):
        plain.append(seconds(lambda: _plain_run(pool)))
        _put_back(ids)
        job = start_recycling()
        assert job is not None
        ours.append(seconds(lambda: run_job(job.pk)))  # noqa: B023 - called at once
        taken = Customer.objects.filter(pk__in=ids, pool=pool).count()
        if taken != len(ids):
            raise AssertionError(f"{taken} of {len(ids)} customers went back")
        _put_back(ids)
    return statistics.median(ours), statistics.median(plain)


def _pool() -> Pool:
    """The only pool that recycles, of the whole company."""
    keeper, _is_new = User.objects.get_or_create(username="bench-keeper", defaults={"name": "bench-keeper"})
    keeper.roles.set([Role.objects.get(code="admin")])
    top = Department.objects.filter(parent=None).order_by("pk")[0]
    Pool.objects.update(recycles=False)
    pool, _is_new = Pool.objects.get_or_create(name="bench", defaults={"department": top, "position": 0})
    Pool.objects.exclude(pk=pool.pk).update(department=top, position=1)
    Department.objects.exclude(pk=top.pk).filter(parent=None).update(parent=top, path=[top.pk])
    Pool.objects.filter(pk=pool.pk).update(recycles=True, no_follow_up_days=DAYS, warning_days=[])
    _repath(top)
    return pool


def _repath(top: Department) -> None:
    """Every department below one, so that one pool serves all customers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE tree (id, path) AS (SELECT id, ARRAY[id] FROM crm_department WHERE id = %s "
            "UNION ALL SELECT d.id, tree.path || d.id FROM crm_department d JOIN tree ON d.parent_id = tree.id) "
            "UPDATE crm_department d SET path = tree.path FROM tree WHERE tree.id = d.id",
            [top.pk],
        )


def _age(ids: list[int]) -> None:
    long_ago, lately = timezone.now() - timedelta(days=DAYS * 3), timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("ALTER TABLE customers_customer DISABLE TRIGGER USER")
        cursor.execute("UPDATE customers_customer SET last_followed_at = %s WHERE owner_id IS NOT NULL", [lately])
        cursor.execute(
            "UPDATE customers_customer SET last_followed_at = %s, received_at = %s, protected_until = NULL "
            "WHERE id = ANY(%s)",
            [long_ago, long_ago, ids],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE customers_customer ENABLE TRIGGER USER")
    _vacuum()


def _put_back(ids: list[int]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("ALTER TABLE customers_customer DISABLE TRIGGER USER")
        cursor.execute(_BACK, [ids])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE customers_customer ENABLE TRIGGER USER")
    _vacuum()


def _vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE customers_customer")
        cursor.execute("RESET statement_timeout")


def _plain_run(pool: Pool) -> None:
    """Find what nobody followed for the days, move it by one UPDATE, write its events by INSERT … SELECT."""
    names = ", ".join(f'"{field.column}"' for field in Customer._meta.concrete_fields)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("ALTER TABLE customers_customer DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE customers_customer SET status = 'pool', pool_id = %s, pooled_at = now(), owner_id = NULL, "
            "previous_owner_id = owner_id, department_id = %s, next_follow_on = NULL, changed_at = now() "
            "WHERE owner_id IS NOT NULL AND archived_at IS NULL AND status = 'lead' "
            "AND greatest(received_at, last_followed_at) < now() - %s * interval '1 day' RETURNING id",
            [pool.pk, pool.department_id, DAYS],
        )
        moved = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            f"INSERT INTO customers_customerevent ({names}, pgh_created_at, pgh_label, pgh_obj_id)"
            f" SELECT {names}, now(), 'update', id FROM customers_customer WHERE id = ANY(%s)",
            [moved],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE customers_customer ENABLE TRIGGER USER")
