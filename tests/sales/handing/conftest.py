"""Two regions as transfers meet them, and customers with business of every kind."""

from __future__ import annotations

import pytest
from django.utils import translation

from sales.handing.kinds import KINDS
from tests.customers.transfers.conftest import run, team, undo
from tests.factories import make_pool, make_user
from tests.factories.api import api
from tests.factories.sales import (
    make_contract,
    make_invoice,
    make_opportunity,
    make_order,
    make_payment,
    make_quote,
    make_reissue,
    make_requirement,
)

__all__ = ["api", "run", "team", "undo"]


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def admin(team):
    team.east.head = team.dora
    team.east.save()
    return make_user("admin", role="admin", department=team.east.parent)


@pytest.fixture
def pool(team):
    return make_pool("East pool", department=team.east, recycles=True, no_follow_up_days=30)


def open_business(customer, owner=None):
    """One record of each kind that goes on, and nothing that waits for a decision."""
    named = {"customer": customer, "owner": owner or customer.owner}
    contract = make_contract(**named)
    return [
        make_opportunity(**named), make_requirement(**named, state="approved", number=f"T-N-{customer.pk}"),
        make_quote(**named, state="sent"), contract, make_order(contract),
        make_payment(customer, state="draft", owner=named["owner"], department=named["owner"].department),
        make_invoice(contract, state="approved"), make_reissue(make_invoice(make_contract(**named))),
    ]  # fmt: skip


def light_business(customer, owner=None):
    """What does not keep a customer from going to a pool: talks, needs and offers."""
    named = {"customer": customer, "owner": owner or customer.owner}
    return [make_opportunity(**named), make_requirement(**named), make_quote(**named)]


def owners():
    """Owner and department of every record of sales, by kind."""
    return {
        kind.table: sorted(
            {tuple(row) for row in kind.model.objects.values_list("owner__username", "department__name")}, key=str
        )
        for kind in KINDS
        if kind.model.objects.exists()
    }


def all_of(owner, department):
    """What `owners` answers where everything belongs to one person."""
    return {kind.table: [(owner, department)] for kind in KINDS}
