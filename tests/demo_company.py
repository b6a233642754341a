"""The demo company for a file of tests: loading it takes seconds, so it is loaded once and each test sees it fresh."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from customers.demo.loading import load_demo


@pytest.fixture(scope="module")
def loaded_company(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, int]]:
    """How many rows of each kind were loaded, in a transaction that ends with the file."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_demo()
        transaction.set_rollback(True)


@pytest.fixture
def company(loaded_company: dict[str, int], django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, int]]:
    """The same, without what the test before has changed."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield loaded_company
        transaction.set_rollback(True)
    assert not connection.needs_rollback
