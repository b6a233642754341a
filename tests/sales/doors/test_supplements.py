"""A supplement is no way around the guards that quotes pass."""

from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError

from crm.access.models import Grant
from crm.approvals import actions as approvals
from crm.approvals.flows import save_flow
from crm.approvals.models import ApprovalRequest, Flow
from sales.contracts.actions import submit_contract
from sales.contracts.making import add_supplement
from sales.contracts.models import Contract
from sales.documents.lines import LineValues
from sales.products.models import Product
from tests.contract.fingerprints import fingerprint
from tests.factories import sign_in
from tests.factories.sales import make_contract
from tests.sales.doors.floors import floored

MANAGER = {"key": "manager", "name": "Manager", "who": {"kind": "manager"}}


def supplement(people, price, **more):
    """A supplement of the rep about one product at this price, tax included."""
    main = make_contract(people.customer)
    return add_supplement(
        main, actor=people.rep, values={"title": "More", **more},
        lines=[LineValues(product_id=floored().pk, quantity=D(1), price=D(price), tax_rate=D("0.13"))],
    )  # fmt: skip


def way(contract):
    request = ApprovalRequest.objects.of("sales.contract", contract.pk).get()
    return request.facts["below_floor"], [step["key"] for step in request.steps()]


def test_a_supplement_below_the_minimum_price_meets_the_step_that_looks_at_it(people):
    cheap = supplement(people, "500")
    submit_contract(cheap, actor=people.rep)
    assert way(cheap) == (True, ["manager", "floor", "finance"])
    dear = supplement(people, "1100")
    submit_contract(dear, actor=people.rep)
    assert way(dear) == (False, ["manager", "finance"])
    takes = supplement(people, "500", direction=Contract.Direction.TAKES)
    submit_contract(takes, actor=people.rep)
    assert way(takes) == (False, ["manager", "finance"])
    for approver in (people.director, people.finance):
        request = ApprovalRequest.objects.of("sales.contract", cheap.pk).get()
        approvals.approve(request, actor=approver, seen=request.content_hash)
    cheap.refresh_from_db()
    assert cheap.state == "approved"


def test_a_flow_without_that_step_takes_no_such_supplement(people):
    save_flow(Flow.objects.get(purpose="sales.contract"), actor=people.vp, definition={"steps": [MANAGER]})
    cheap = supplement(people, "500")
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        submit_contract(cheap, actor=people.rep)
    assert refusal.value.code == "no_floor_step"
    assert fingerprint() == before
    Product.objects.update(minimum_price=None)
    assert submit_contract(cheap, actor=people.rep).state == "pending"


def test_whoever_may_not_write_contracts_writes_no_supplements(people, api):
    main = make_contract(people.customer)
    Grant.objects.filter(role__code="rep", right="sales.add_contract").delete()
    place = f"/sales/contracts/{main.pk}/supplement/"
    browser = sign_in(people.rep)
    assert browser.get(place).status_code == 403
    assert browser.post(place, {"title": "More"}).status_code == 403
    line = {"name": "One", "quantity": "1", "price": "10", "tax_rate": "0.13"}
    answer = api(people.rep).post(f"/api/v1/contracts/{main.pk}/supplement/", {"title": "More", "lines": [line]})
    assert answer.status_code == 403
    assert Contract.objects.get() == main
