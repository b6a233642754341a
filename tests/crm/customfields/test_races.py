"""Two writers of one unique value at once: one wins, and the twin without the guard shows that the race is real."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from crm.customfields import values
from crm.customfields.models import CustomUnique
from customers.customers.actions import create_customer
from customers.customers.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 6


def write_at_once(rep):
    gate = Barrier(WRITERS)

    def write(number):
        gate.wait()
        try:
            name = "甲乙丙丁戊己"[number] * 4
            create_customer(actor=rep, owner=rep, values={"name": name, "custom": {"serial": "A-1"}})
            return "made"
        except ValidationError as refusal:
            return sorted(refusal.error_dict)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(write, range(WRITERS)))


def test_of_several_writers_of_a_unique_value_exactly_one_wins(field, rep):
    field("text", "Serial", is_unique=True)
    answers = write_at_once(rep)
    assert answers.count("made") == 1
    assert [answer for answer in answers if answer != "made"] == [["custom.serial"]] * (WRITERS - 1)
    assert (Customer.objects.count(), CustomUnique.objects.count()) == (1, 1)


def test_without_the_guard_several_writers_win(field, rep, monkeypatch):
    field("text", "Serial", is_unique=True)
    monkeypatch.setattr(values, "claim", lambda field, wanted: set())
    assert write_at_once(rep).count("made") == WRITERS
