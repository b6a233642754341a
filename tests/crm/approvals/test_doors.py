"""Ways in which somebody might try to be decided for by people the flow does not name."""

import pytest
from django.core.exceptions import ValidationError

from crm.approvals import actions
from tests.contract.fingerprints import fingerprint
from tests.crm.approvals.purpose import make_document, make_flow, manager, people, put_up, state_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def approve(request, person):
    return actions.approve(request, actor=person, seen=request.content_hash)


def test_whoever_was_added_before_brings_nobody_in_who_decides_in_the_place_of_the_step(company):
    make_flow(manager())
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    adviser = make_user("adviser", "director", company.sales)
    friend = make_user("friend", "director", company.sales)
    actions.add_approver(request, actor=company.director, who=adviser, before=True)
    actions.add_approver(request, actor=adviser, who=friend, before=False)
    approve(request, adviser)
    before = fingerprint()
    with pytest.raises(ValidationError):
        # the friend comes after the step itself
        approve(request, friend)
    assert fingerprint() == before
    approve(request, company.director)
    assert state_of(document) == "pending"
    approve(request, friend)
    assert state_of(document) == "approved"


def test_whoever_was_added_after_brings_nobody_into_the_step_itself(company):
    others = [make_user(name, "director", company.sales) for name in ("one", "two", "late", "friend")]
    one, two, late, friend = others
    make_flow(people(one, two, mode="n", count=2))
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    actions.add_approver(request, actor=one, who=late, before=False)
    approve(request, one)
    approve(request, two)
    actions.add_approver(request, actor=late, who=friend, before=True)
    approve(request, friend)
    assert state_of(document) == "pending"
    approve(request, late)
    assert state_of(document) == "approved"
    places = dict(request.tasks.values_list("approver__username", "position"))
    assert places["one"] == places["two"] == 100
    assert places["friend"] > 100
    assert places["late"] > places["friend"]
