"""The chain over operations shows every change made to it."""

import pgtrigger
import pytest
from django.db import connection

from crm.history.models import Operation, OperationSeal
from crm.history.operations import operation
from crm.history.seals import first_broken_seal, seal_operations
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def three_operations(age="1 hour"):
    person = make_user()
    for number in range(3):
        with operation(person, f"thing_{number}_done"):
            pass
    tamper(f"UPDATE crm_operation SET at = now() - interval '{age}'")


def tamper(sql):
    with pgtrigger.ignore("crm.Operation:operation_append_only"), connection.cursor() as cursor:
        cursor.execute(sql)


def test_settled_operations_are_sealed_in_order_once():
    three_operations()
    assert seal_operations() == 3
    assert seal_operations() == 0
    seals = list(OperationSeal.objects.order_by("operation_id"))
    assert [seal.previous for seal in seals] == ["", seals[0].digest, seals[1].digest]
    assert first_broken_seal() is None


def test_operations_of_the_last_two_minutes_wait():
    three_operations(age="1 minute")
    assert seal_operations() == 0


def test_a_changed_operation_is_found():
    three_operations()
    seal_operations()
    second = Operation.objects.order_by("pk")[1]
    tamper(f"UPDATE crm_operation SET reason = 'never happened' WHERE id = {second.pk}")
    assert first_broken_seal() == second.pk
