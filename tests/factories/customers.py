"""Customers, contacts, follow-ups and pools; written to the tables directly, so they are older than any operation."""

import factory
from django.utils import timezone

from crm.people.models import User
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers.identity import name_key
from customers.customers.models import Customer
from customers.customers.search import refresh_search
from customers.pool.models import Pool
from customers.tasks.models import Task
from tests.factories.people import make_department, make_user


class PoolFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pool

    name = factory.Sequence(lambda n: f"Pool {n}")


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    number = factory.Sequence(lambda n: f"T-{n:06d}")
    name = factory.Sequence(lambda n: f"Company {n}")
    name_key = factory.LazyAttribute(lambda row: name_key(row.name))


class ContactFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contact

    name = factory.Sequence(lambda n: f"Contact {n}")


class ActivityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Activity

    kind = "call"
    content = factory.Sequence(lambda n: f"Talked about point {n}.")
    happened_at = factory.LazyFunction(timezone.now)
    author = factory.LazyAttribute(lambda row: row.customer.owner or make_user())


class TaskFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Task

    title = factory.Sequence(lambda n: f"Task {n}")
    created_by = factory.SelfAttribute("owner")


def _placed(owner: User | None, fields: dict) -> dict:
    """Status and department as the constraints want them, unless said otherwise."""
    ready = {"status": "lead" if owner else "potential", **fields}
    ready.setdefault("department", owner.department if owner else make_department("Sales"))
    ready.setdefault("received_at", timezone.now() if owner else None)
    return ready


def make_customer(owner: User | None = None, **fields) -> Customer:
    """A customer of `owner` (a lead), or a potential one nobody owns; findable by search."""
    customer = CustomerFactory(owner=owner, **_placed(owner, fields))
    refresh_search([customer.pk])
    return customer


def make_customers(count: int, owner: User | None = None, **fields) -> list[Customer]:
    """Many customers of one owner, by one insert."""
    rows = CustomerFactory.build_batch(count, owner=owner, **_placed(owner, fields))
    made = Customer.objects.bulk_create(rows)
    refresh_search([row.pk for row in made])
    return made


def make_pool(name: str = "", department=None, **fields) -> Pool:
    """A public pool of a department (the shared one where none is named)."""
    return PoolFactory(department=department or make_department("Sales"), **({"name": name} if name else {}), **fields)


def make_pooled_customer(pool: Pool | None = None, **fields) -> Customer:
    """A customer in a pool, there since now."""
    pool = pool or make_pool()
    ready = {"status": "pool", "pool": pool, "pooled_at": timezone.now(), "department": pool.department, **fields}
    return make_customer(**ready)


def make_contact(customer: Customer | None = None, **fields) -> Contact:
    """A contact of a customer (of a new one where none is named)."""
    contact = ContactFactory(customer=customer or make_customer(owner=make_user()), **fields)
    refresh_search([contact.customer_id])
    return contact


def make_activity(customer: Customer | None = None, **fields) -> Activity:
    """A follow-up, written by the owner of the customer unless `author` says otherwise."""
    return ActivityFactory(customer=customer or make_customer(owner=make_user()), **fields)


def make_task(owner: User | None = None, **fields) -> Task:
    """A task somebody planned for themselves (for a new person where none is named)."""
    return TaskFactory(owner=owner or make_user(), **fields)
