"""A large update is not slowed down by small ones before it on the same connection."""

import pytest
from django.db import connection

from customers.customers.models import Customer
from tests.factories import make_customers, make_user

pytestmark = pytest.mark.django_db


def test_the_history_of_many_rows_is_planned_for_many_rows():
    rows = make_customers(4000, owner=make_user())
    for row in rows[:8]:
        Customer.objects.filter(pk=row.pk).update(remark="one by one")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5s'")  # by nested loop it takes over a minute
    assert Customer.objects.filter(owner=rows[0].owner).update(remark="all at once") == 4000
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customerevent WHERE pgh_label = 'update'")
        assert cursor.fetchone()[0] == 4008
