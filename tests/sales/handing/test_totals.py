"""The preview of a transfer sums up the business that goes, as far as its reader may see it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.access.models import Grant
from crm.people.models import User
from customers.transfers.actions import plan_transfer
from customers.transfers.totals import business
from tests.factories import make_customer, sign_in
from tests.factories.sales import make_contract, make_opportunity

pytestmark = pytest.mark.django_db


@pytest.fixture
def transfer(team):
    customer, staying = make_customer(owner=team.gina), make_customer(owner=team.gina)
    make_opportunity(customer, amount=Decimal("30000.00")), make_opportunity(customer, amount=Decimal("0.50"))
    make_opportunity(customer, amount=Decimal("7.00"), currency="USD"), make_opportunity(customer, amount=None)
    contract = make_contract(customer, amount="10000.00")
    contract.instalments.filter(position=1).update(received=Decimal("1000.00"))
    make_contract(customer, state="closed")
    make_opportunity(staying, amount=Decimal("999.00"))
    type(staying).objects.filter(pk=staying.pk).update(protected_until=timezone.localdate() + timedelta(days=3))
    return plan_transfer(team.dora, team.gina, [team.rita], reason="Balance")


def test_the_preview_tells_open_amounts_and_receivables_of_what_goes(team, transfer):
    assert business(transfer, team.dora) == [
        ("Open opportunities", "¥30,000.50"), ("Open opportunities", "US$7.00"), ("Receivables", "¥9,000.00"),
    ]  # fmt: skip
    page = sign_in(team.dora).get(transfer.get_absolute_url()).content.decode()
    assert "Business that goes along" in page
    assert "¥30,000.50" in page


def test_who_may_not_see_receivables_is_not_told_of_them(team, transfer):
    Grant.objects.filter(role__code="director", right="sales.view_payment").delete()
    found = business(transfer, User.objects.get(pk=team.dora.pk))
    assert [label for label, _amount in found] == ["Open opportunities", "Open opportunities"]


def test_business_of_departments_out_of_reach_is_not_summed_up(team, transfer):
    Grant.objects.filter(role__code="director", right__in=["sales.view_opportunity", "sales.view_payment"]).update(
        scope="own"
    )
    assert business(transfer, User.objects.get(pk=team.dora.pk)) == []
