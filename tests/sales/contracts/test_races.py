"""Two at once: each pair runs on its own connections, and exactly one of them wins."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import F
from django.utils import timezone, translation

from sales.contracts import signing
from sales.contracts.making import add_supplement, make_contract
from sales.contracts.models import Contract, Instalment
from sales.documents.lines import LineValues
from sales.orders.models import Order
from tests.factories import make_customer
from tests.factories.sales import make_contract_type, make_tax_rate
from tests.sales.contracts.stories import approved, contradictions, draft, make_quote, people, signed

pytestmark = pytest.mark.django_db(transaction=True)
LINE = LineValues(quantity=Decimal(1), price=Decimal("2260.00"), tax_rate=Decimal("0.13"), name="Training")


def at_once(*acts):
    """The outcome of each act, all begun at the same moment: None, or what was raised."""
    gate = threading.Barrier(len(acts))

    def run(act):
        try:
            gate.wait(10)
            with translation.override("en"):
                act()
        except (ValidationError, DatabaseError) as refusal:
            return refusal
        finally:
            close_old_connections()
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def winners(outcomes):
    return sum(outcome is None for outcome in outcomes)


def test_one_quote_becomes_one_contract_however_many_ask_at_once():
    rep, _director, _finance = people()
    kind = make_contract_type()
    for _round in range(5):
        quote = make_quote(make_customer(owner=rep))
        outcomes = at_once(*[lambda quote=quote: make_contract([quote], actor=rep, values={"type": kind})] * 3)
        assert winners(outcomes) == 1
        assert Contract.objects.filter(sources__quote=quote).count() == 1
    assert contradictions() == []


def test_a_contract_is_signed_once():
    rep, director, finance = people()
    today = timezone.localdate()
    for _round in range(3):
        contract = approved(draft(rep), rep, director, finance)
        outcomes = at_once(
            *[
                lambda contract=contract: signing.sign_contract(
                    contract, actor=director, signed_on=today, waiver_reason="Known"
                )
            ]
            * 3
        )
        assert winners(outcomes) == 1
        assert Order.objects.filter(contract=contract).count() == 1
    assert contradictions() == []


def test_a_supplement_never_takes_away_what_is_received_at_the_same_moment():
    rep, director, finance = people()
    make_tax_rate("0.13")
    today = timezone.localdate()

    def receive(main):
        # what payments do: the contract first, then the instalment, then both sums together
        with transaction.atomic():
            held = Contract.objects.select_for_update().get(pk=main.pk)
            part = Instalment.objects.select_for_update().get(contract=main, voided_at=None)
            amount = Decimal("9000.00")
            if held.received + amount > held.total or part.received + amount > part.amount:
                raise ValidationError("too much")
            Instalment.objects.filter(pk=part.pk).update(received=F("received") + amount)
            Contract.objects.filter(pk=main.pk).update(received=F("received") + amount)

    for _round in range(4):
        main = signed(rep, director, finance)
        less = add_supplement(main, actor=rep, values={"title": "Less", "direction": -1}, lines=[replace(LINE)])
        approved(less, rep, director, finance)
        outcomes = at_once(
            lambda less=less: signing.sign_contract(less, actor=director, signed_on=today, waiver_reason="Known"),
            lambda main=main: receive(main),
        )
        assert winners(outcomes) == 1
        main.refresh_from_db()
        assert main.received <= main.total
        assert sum(part.amount for part in main.instalments.filter(voided_at=None)) == main.total
