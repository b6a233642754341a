"""What the workbench says of sales: what one put up, the talks, what is still to be paid; nothing of others."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from reports.workbench.desk import SalesDesk
from sales.contracts.models import Instalment
from tests.factories import make_customer, make_user, sign_in
from tests.factories.approvals import make_approval
from tests.factories.sales import make_contract, make_loss_reason, make_opportunity, make_opportunity_stage

pytestmark = pytest.mark.django_db


def company():
    """A rep and a peer of the same department, below a director, each with the same business."""
    rep = make_user("rep", "rep")
    peer, director = make_user("peer", "rep", rep.department), make_user("director", "director", rep.department)
    stage = make_opportunity_stage("Talks", tone="teal")
    for person in (rep, peer):
        customer = make_customer(owner=person)
        make_opportunity(customer, stage=stage, amount=Decimal("70000.00"))
        make_opportunity(
            customer, stage=stage, state="lost", closed_at=timezone.now(), loss_reason=make_loss_reason("Price")
        )
        contract = make_contract(customer, amount="10000.00", instalments=("3000.00", "7000.00"))
        late = timezone.localdate() - timedelta(days=4)
        Instalment.objects.filter(contract=contract, position=1).update(due_on=late, received=Decimal("1000.00"))
        make_approval(contract, "sales.contract", director, title=f"Contract of {person.username}")
    return rep, director


def test_a_rep_sees_their_own_talks_debts_and_what_they_put_up_and_nothing_of_a_peer():
    rep, _director = company()
    desk = SalesDesk(rep)
    assert [(one.stage, one.count, one.amount, one.fill) for one in desk.talks] == [("Talks", 1, Decimal(70000), "f3")]
    owed = desk.owed()
    assert (owed.amount, owed.late, owed.late_count) == (Decimal(9000), Decimal(2000), 1)
    assert [(row.title, row.waits_for) for row in desk.put_up()] == [("Contract of rep", "Director")]
    page = sign_in(rep).get("/").content.decode()
    assert "Contract of rep" in page and "Contract of peer" not in page


def test_a_director_sees_the_talks_and_debts_of_the_team():
    _rep, director = company()
    desk = SalesDesk(director)
    assert (desk.talks_count(), desk.talks_amount()) == (2, Decimal(140000))
    assert desk.owed().amount == Decimal(18000)
    assert desk.put_up() == []


def test_what_came_back_stands_first_and_what_ended_is_gone():
    rep, _director = company()
    customer = make_customer(owner=rep)
    for state, title in (("returned", "Came back"), ("approved", "Through")):
        ended = timezone.now() if state == "approved" else None
        make_approval(make_contract(customer), title=title, state=state, closed_at=ended)
    assert [(row.title, row.is_back) for row in SalesDesk(rep).put_up()] == [
        ("Came back", True), ("Contract of rep", False),
    ]  # fmt: skip


def test_who_sees_no_payments_is_told_nothing_of_them():
    rep, _director = company()
    rep.roles.get().grants.filter(right="sales.view_payment").delete()
    assert SalesDesk(rep).owed() is None
