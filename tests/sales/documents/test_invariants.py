"""The rules for documents of every kind see what contradicts them, and nothing else."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.operations.invariants import broken
from sales.contracts.models import Contract, ContractLine
from sales.documents.invariants import RULES
from sales.invoices.models import Invoice, InvoiceLine
from sales.quotes.models import Quote, QuoteLine
from sales.requirements.models import Requirement
from tests.factories import make_customer
from tests.factories.sales import (
    make_billing,
    make_contract,
    make_invoice,
    make_opportunity,
    make_order,
    make_payment,
    make_quote,
    make_reissue,
    make_requirement,
)
from tests.sales.quotes import stories as quotes

pytestmark = pytest.mark.django_db
ROUNDED, ADDED_UP, UNCHANGED, MERGED = (rule for rule in RULES if rule.number != 46)


@pytest.mark.parametrize(
    "change",
    [{"net": 1, "tax": 1, "gross": 2}, {"discount": Decimal("0.5")}, {"quantity": 2}, {"tax_rate": 0}],
    ids=str,
)
def test_a_line_of_a_contract_with_other_amounts_is_seen(change):
    contract = make_contract()
    assert (broken(ROUNDED), broken(ADDED_UP)) == ([], [])
    ContractLine.objects.filter(document=contract).update(**change)
    assert broken(ROUNDED) == [contract.pk]


def test_a_line_of_a_contract_without_tax_in_its_prices_is_rounded_the_other_way():
    contract = make_contract()
    Contract.objects.filter(pk=contract.pk).update(is_tax_included=False)
    assert broken(ROUNDED) == [contract.pk]
    amounts = {"net": Decimal("10000.00"), "tax": Decimal("1300.00"), "gross": Decimal("11300.00")}
    ContractLine.objects.filter(document=contract).update(**amounts)
    assert broken(ROUNDED) == []


def test_a_contract_that_is_not_the_sum_of_its_lines_is_seen():
    contract, supplement = make_contract(), make_contract(main=make_contract())
    Contract.objects.filter(pk=contract.pk).update(net=Decimal("8849.55"), tax=0, gross=Decimal("8849.55"))
    ContractLine.objects.filter(document=supplement).delete()
    assert sorted(broken(ADDED_UP)) == [contract.pk, supplement.pk]


@pytest.mark.parametrize("make", [make_contract, make_invoice, make_reissue], ids=lambda make: make.__name__)
def test_words_of_what_was_decided_on_that_change_are_seen(make):
    row = make()
    field = {"contract": "title", "invoice": "note", "reissue": "explanation"}[row._meta.model_name]
    if row._meta.model_name == "reissue":
        type(row).objects.filter(pk=row.pk).update(**{field: "Before it is decided", "number": "CK-1"})
        type(row).objects.filter(pk=row.pk).update(state="approved")
    assert broken(UNCHANGED) == []
    type(row).objects.filter(pk=row.pk).update(**{field: "Other"})
    assert set(broken(UNCHANGED)) == {row.pk}


def test_quotes_and_needs_that_change_after_the_decision_are_seen():
    who = quotes.company()
    quote = quotes.approved(who)
    need = make_requirement(who.customer, state="approved", number="XQ-1")
    Quote.objects.filter(pk=quote.pk).update(state="sent", internal_note="No content")
    assert broken(UNCHANGED) == []
    Requirement.objects.filter(pk=need.pk).update(needs="More")
    assert set(broken(UNCHANGED)) == {need.pk}
    Quote.objects.filter(pk=quote.pk).update(valid_until=timezone.localdate() + timedelta(days=9))
    assert set(broken(UNCHANGED)) == {need.pk, quote.pk}


def test_lines_that_change_after_the_decision_are_seen():
    day = timedelta(days=1)
    quote, contract, invoice = make_quote(state="approved"), make_contract(), make_invoice()
    for model, row, lines in (
        (Quote, quote, QuoteLine),
        (Contract, contract, ContractLine),
        (Invoice, invoice, InvoiceLine),
    ):
        model.objects.filter(pk=row.pk).update(approved_at=timezone.now() + day)
        assert row.pk not in broken(UNCHANGED)
        model.objects.filter(pk=row.pk).update(approved_at=timezone.now() - day)
        lines.objects.filter(document=row).update(name="Other")
        assert row.pk in broken(UNCHANGED), model
        model.objects.filter(pk=row.pk).update(approved_at=timezone.now() + day)


def test_what_is_still_written_and_a_contract_opened_again_may_change():
    quote, contract = make_quote(), make_contract(state="approved")
    Quote.objects.filter(pk=quote.pk).update(title="Other")
    QuoteLine.objects.filter(document=quote).update(name="Other")
    Contract.objects.filter(pk=contract.pk).update(state="draft", title="Other")
    ContractLine.objects.filter(document=contract).update(name="Other")
    assert broken(UNCHANGED) == []


def test_what_stays_with_a_merged_customer_is_seen():
    survivor = make_customer()
    makers = [
        lambda one: make_opportunity(one), lambda one: make_requirement(one), lambda one: make_quote(one),
        lambda one: make_payment(one), lambda one: make_billing(one), lambda one: make_order(make_contract(one)),
        lambda one: make_reissue(make_invoice(make_contract(one))),
    ]  # fmt: skip
    for make in makers:
        loser = make_customer()
        make(loser)
        assert broken(MERGED) == []
        type(loser).objects.filter(pk=loser.pk).update(merged_into=survivor, archived_at=timezone.now())
        assert broken(MERGED) != [], make
        type(loser).objects.filter(pk=loser.pk).update(merged_into=None, archived_at=None)
