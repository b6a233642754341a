"""The rule about who decides sees a decision in the name of whoever put the document up."""

import pytest

from crm.approvals import actions
from crm.approvals.invariants import RULES
from crm.approvals.models import ApprovalDecision, ApprovalRequest
from crm.operations.invariants import broken
from tests.crm.approvals.purpose import make_document, make_flow, manager, put_up, role

pytestmark = pytest.mark.django_db
(OWN,) = (rule for rule in RULES if rule.number == 37)


@pytest.fixture
def decision(company):
    """The manager's approval of what a rep put up."""
    make_flow(manager(), role("finance"))
    request = put_up(make_document(company.rep), company.rep)
    actions.approve(request, actor=company.director, seen=request.content_hash)
    return ApprovalDecision.objects.get(request=request, action="approve")


def planted(decision, **changed):
    """The ids that contradict the rule once the same decision stands there a second time, changed."""
    kept = ("request", "round", "step", "action", "actor", "content_hash")
    values = {**{name: getattr(decision, name) for name in kept}, **changed}
    made = ApprovalDecision.objects.create(**values)
    return broken(OWN) == [made.pk]


def test_a_decision_of_another_in_nobodys_or_anothers_name_is_right(company, decision):
    assert broken(OWN) == []
    ApprovalDecision.objects.create(
        request=decision.request, round=1, action="approve", actor=company.finance, on_behalf_of=company.finance2
    )
    assert broken(OWN) == []


def test_a_decision_of_the_submitter_is_seen(company, decision):
    assert planted(decision, actor=company.rep)


def test_a_decision_in_the_name_of_the_submitter_is_seen(company, decision):
    assert planted(decision, on_behalf_of=company.rep)


def test_a_decision_in_the_name_of_whoever_edited_last_is_seen(company, decision):
    ApprovalRequest.objects.filter(pk=decision.request_id).update(edited_by=company.vp)
    assert broken(OWN) == []
    assert planted(decision, on_behalf_of=company.vp)


def test_a_decision_in_ones_own_name_as_a_stand_in_is_seen(company, decision):
    assert planted(decision, on_behalf_of=company.director)


def test_a_decision_in_the_name_of_whoever_submitted_an_earlier_round_is_seen(company, decision):
    ApprovalRequest.objects.filter(pk=decision.request_id).update(round=2, submitted_by=company.vp)
    assert planted(decision, round=2, on_behalf_of=company.rep)
