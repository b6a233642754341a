"""The rules about requirements hold through their life, and see what contradicts them."""

from decimal import Decimal

import pytest
from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalRequest
from crm.operations.invariants import broken
from sales.quotes.models import Quote
from sales.requirements.actions import add_requirement, submit_requirement, void_requirement
from sales.requirements.invariants import RULES
from sales.requirements.lines import NeedValues
from sales.requirements.models import Requirement, RequirementLine
from tests.factories import make_customer
from tests.factories.sales import make_opportunity, make_quote

pytestmark = pytest.mark.django_db


def contradicted():
    return [rule.sentence.split()[1:3] for rule in RULES if broken(rule)]


@pytest.fixture
def approved(company):
    lines = [NeedValues(Decimal(2), name="Gateway"), NeedValues(Decimal(3), name="Sensor")]
    made = add_requirement(company.customer, actor=company.rep, values={"title": "Line"}, lines=lines)
    submit_requirement(made, actor=company.rep)
    for person in (company.technician, company.head):
        request = ApprovalRequest.objects.of("sales.requirement", made.pk).get()
        approvals.approve(request, actor=person, seen=request.content_hash)
    return Requirement.objects.get(pk=made.pk)


def test_they_hold_from_draft_to_void(company, approved):
    assert contradicted() == []
    void_requirement(approved, actor=company.rep, reason="Not wanted any more")
    assert contradicted() == []


def test_each_sees_what_contradicts_it(approved):
    rows = Requirement.objects.filter(pk=approved.pk)

    def seen(**fields):
        before = rows.values(*fields).get()
        rows.update(**fields)
        found = [place for place, rule in enumerate(RULES) if broken(rule)]
        rows.update(**before)
        return found

    stranger = make_opportunity(make_customer(approved.owner))
    assert seen(content_hash="0" * 64) == [0]
    assert seen(check_result="impossible", checked_by=approved.owner, checked_at=timezone.now()) == [0]
    assert seen(opportunity=stranger.pk) == [1]
    assert seen(state="pending") == [4]
    assert seen(check_result="feasible") == [5]
    quote = make_quote(approved.customer, requirement=approved)
    assert seen(state="rejected") == [2]
    Quote.objects.filter(pk=quote.pk).update(state="void", number="Q-1")
    RequirementLine.objects.filter(document=approved, position=2).update(position=5)
    assert seen(title="Line") == [3]
