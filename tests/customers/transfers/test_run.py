"""Running a transfer and undoing it."""

import pytest

from crm.records.selection import Selection
from customers.customers.models import Customer
from customers.transfers.actions import plan_transfer
from tests.factories import make_customers

pytestmark = pytest.mark.django_db(transaction=True)


def held(*users):
    return [Customer.objects.filter(owner=user).count() for user in users]


def test_an_even_split_moves_every_customer_of_a_person_once(team, run):
    make_customers(11, owner=team.gina)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita, team.ryan], reason="Gina leaves"))
    assert transfer.state == "done"
    assert held(team.gina, team.rita, team.ryan) == [0, 5, 6]
    assert transfer.rows.moved().count() == transfer.rows.count() == 11


def test_chosen_ids_move_and_come_back(team, run, undo):
    made = make_customers(3, owner=team.rita)
    chosen = Selection(ids=tuple(customer.pk for customer in made))
    transfer = run(plan_transfer(team.dora, chosen, [team.ryan], reason="Balance"))
    assert held(team.rita, team.ryan) == [0, 3]
    assert undo(transfer).state == "undone"
    assert held(team.rita, team.ryan) == [3, 0]
