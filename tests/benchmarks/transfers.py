"""A bulk transfer with its full history against the bare statements that write the same rows and the same events."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from django.db import connection, transaction

import crm.celery  # noqa: F401 - the doorbell of the job
from crm.access.models import Role
from crm.jobs.running import run_job
from crm.people.models import Department, User
from customers.customers.models import Customer
from customers.pool.capacity import loads
from customers.transfers.actions import start_transfer
from customers.transfers.along import standard_companions
from customers.transfers.models import Transfer
from customers.transfers.planning import freeze_rows
from tests.benchmarks.measuring import Figure, seconds

RECORDS = 100_000
ROUNDS = 3


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """Moving 100,000 customers (half of all, where there are fewer) over plain UPDATE and INSERT … SELECT."""
    prepare(size)
    ours, plain = times(min(RECORDS, size // 2))
    yield Figure("transfer_over_plain_update", ours / plain, 1.6)


def times(records: int, rounds: int = ROUNDS) -> tuple[float, float]:
    """Median seconds of a transfer of `records` customers, and of the bare statements for the same ones."""
    director, receivers = _people()
    ids = list(
        Customer.objects.filter(owner__isnull=False, archived_at=None).order_by("pk").values_list("pk", flat=True)
    )[:records]
    ours, plain = [], []
    for place in range(rounds):
        receiver = receivers[place % 2]
        plain.append(seconds(lambda: _plain_transfer(ids, receivers[2 + place % 2], director)))  # noqa: B023 - called at once
        transfer = _planned(ids, director, receiver)
        ours.append(seconds(lambda: run_job(start_transfer(transfer, director).pk)))  # noqa: B023 - called at once
        moved = transfer.rows.moved().count()
        if moved != len(ids):
            raise AssertionError(f"{moved} of {len(ids)} customers moved")
    return statistics.median(ours), statistics.median(plain)


def _people() -> tuple[User, list[User]]:
    top = Department.objects.filter(parent=None).order_by("pk")[0]
    people = []
    for name, role in (("bench-director", "director"), *((f"bench-rep{n}", "rep") for n in range(4))):
        user, _ = User.objects.get_or_create(username=name, defaults={"name": name, "department": top})
        user.roles.set([Role.objects.get(code=role)])
        people.append(user)
    Role.objects.get(code="director").grants.filter(right="customers.transfer_customer").update(scope="all")
    return people[0], people[1:]


def _planned(ids: list[int], director: User, receiver: User) -> Transfer:
    with transaction.atomic():
        transfer = Transfer.objects.create(
            requested_by=director,
            target_ids=[receiver.pk],
            moves_along=list(standard_companions()),
            reason="measure",
            exceeds_limit=True,
        )
        freeze_rows(transfer, Customer.objects.filter(pk__in=ids), director, loads([receiver]))
    return transfer


def _plain_transfer(ids: list[int], receiver: User, director: User) -> None:
    """One UPDATE without the history trigger, then the same events by INSERT … SELECT, in one transaction."""
    columns = [field.column for field in Customer._meta.concrete_fields]
    names = ", ".join(f'"{name}"' for name in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        trigger = _update_trigger(cursor)
        cursor.execute(f"ALTER TABLE customers_customer DISABLE TRIGGER {trigger}")
        cursor.execute(
            "UPDATE customers_customer SET owner_id = %s, department_id = %s, previous_owner_id = owner_id,"
            " changed_at = now(), changed_by_id = %s WHERE id = ANY(%s)",
            [receiver.pk, receiver.department_id, director.pk, ids],
        )
        cursor.execute(
            f"INSERT INTO customers_customerevent ({names}, pgh_created_at, pgh_label, pgh_obj_id)"
            f" SELECT {names}, now(), 'update', id FROM customers_customer WHERE id = ANY(%s)",
            [ids],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with open foreign-key checks cannot be altered
        cursor.execute(f"ALTER TABLE customers_customer ENABLE TRIGGER {trigger}")


def _update_trigger(cursor: object) -> str:
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT tgname FROM pg_trigger "
        "WHERE tgrelid = 'customers_customer'::regclass AND tgname LIKE '%%update_update%%'"
    )
    return str(cursor.fetchone()[0])  # type: ignore[attr-defined]
