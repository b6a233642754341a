"""Whoever holds a customer or a document keeps others from changing it, not from adding what only points to it.

A check of a foreign key takes FOR KEY SHARE, which waits for FOR UPDATE and not for FOR NO KEY UPDATE.
"""

import re
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction

from customers.customers.actions import hold_customer
from customers.customers.models import Customer
from customers.tasks.models import Task
from sales.documents.holding import lock_customer
from sales.models import Quote
from sales.quotes.actions import hold_versions
from tests.factories import make_customer, make_task, make_user
from tests.factories.sales import make_quote

# rows that are deleted under their lock, or whose children under way have to be waited for (moved, erased, read)
KEPT = {
    "customers/duplicates/merging.py": 2,
    "customers/duplicates/unmerging.py": 1,
    "customers/customers/relations.py": 1,
    "customers/imports/receiving.py": 1,
    "customers/imports/undoing.py": 1,
    "customers/pool/settings_actions.py": 1,
    "customers/privacy/erasure.py": 1,
    "sales/contracts/planning.py": 1,
    "sales/printing/templates.py": 1,
}


def elsewhere(work):
    """What a second connection meets: "done", or "waited" where it would have to wait."""
    found = []

    def run():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
                work()
            found.append("done")
        except OperationalError:
            found.append("waited")
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return found[0]


@pytest.fixture
def task(transactional_db):
    return make_task(make_user("rep", "rep"), customer=None, title="Call")


def add_child(task, customer):
    """Let a row point to the customer, as every insert of a child does."""
    return lambda: Task.objects.filter(pk=task.pk).update(customer=customer)


def test_a_child_of_a_held_customer_is_added_at_once(task):
    customer = make_customer(task.owner)
    with transaction.atomic():
        hold_customer(customer)
        assert elsewhere(add_child(task, customer)) == "done"
    with transaction.atomic():
        hold_customer(customer)
        assert elsewhere(lambda: hold_customer(customer)) == "waited"


def test_with_the_stronger_lock_it_would_wait(task):
    customer = make_customer(task.owner)
    with transaction.atomic():
        Customer.objects.select_for_update().get(pk=customer.pk)
        assert elsewhere(add_child(task, customer)) == "waited"


def test_what_points_to_a_held_quote_is_added_at_once(task):
    quote = make_quote(make_customer(task.owner))
    with transaction.atomic():
        held = lock_customer(Quote.objects.filter(pk=quote.pk))
        hold_versions(quote.pk)
        assert elsewhere(add_child(task, held)) == "done"
        assert elsewhere(lambda: hold_versions(quote.pk)) == "waited"
        assert elsewhere(lambda: lock_customer(Quote.objects.filter(pk=quote.pk))) == "waited"


def test_only_these_take_the_stronger_lock():
    found = {}
    for app in ("customers", "sales"):
        for path in sorted(Path(settings.ROOT, app).rglob("*.py")):
            calls = re.findall(r"select_for_update\((?:[^()]|\([^()]*\))*\)", path.read_text(encoding="utf-8"))
            if strong := [call for call in calls if "no_key=True" not in call]:
                found[path.relative_to(settings.ROOT).as_posix()] = len(strong)
    assert found == KEPT
