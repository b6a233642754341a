from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalRequest
from crm.history.models import Operation
from sales.requirements import actions
from sales.requirements.lines import NeedValues
from sales.requirements.models import Requirement
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user
from tests.factories.sales import make_opportunity, make_product, make_quote

pytestmark = pytest.mark.django_db


def written(company, lines=None, **values):
    """A draft of the rep about two gateways."""
    given = [NeedValues(Decimal(2), "Gateway", unit="set", target_price=Decimal("6800"))] if lines is None else lines
    values = {"title": "Networked machines", "needs": "40 machines of five makers", **values}
    return actions.add_requirement(company.customer, actor=company.rep, values=values, lines=given)


def submitted(company):
    requirement = written(company)
    actions.submit_requirement(requirement, actor=company.rep)
    return requirement


def decide(requirement, person, act=approvals.approve, **more):
    request = ApprovalRequest.objects.of("sales.requirement", requirement.pk).get(closed_at=None)
    act(request, actor=person, seen=request.content_hash, **more)
    requirement.refresh_from_db()


def test_a_requirement_belongs_to_whoever_is_responsible_for_its_customer(company):
    requirement = written(company)
    assert (requirement.owner, requirement.department, requirement.state) == (company.rep, company.sales, "draft")
    assert requirement.number == ""
    line = requirement.lines.get()
    assert (line.name, line.quantity, line.target_price) == ("Gateway", Decimal(2), Decimal("6800"))
    assert Operation.objects.get(subject_type="sales.requirement").verb == "requirement_added"


def test_a_product_gives_a_line_its_name_and_unit(company):
    product = make_product("MES", unit="项")
    line = written(company, [NeedValues(Decimal(1), product_id=product.pk)]).lines.get()
    assert (line.name, line.unit, line.product) == ("MES", "项", product)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (NeedValues(Decimal(0), "Gateway"), "lines.0.quantity"),
        (NeedValues(Decimal(-1), "Gateway"), "lines.0.quantity"),
        (NeedValues(Decimal("1e30"), "Gateway"), "lines.0.quantity"),
        (NeedValues(Decimal("NaN"), "Gateway"), "lines.0.quantity"),
        (NeedValues(Decimal(1), "Gateway", target_price=Decimal(-1)), "lines.0.target_price"),
        (NeedValues(Decimal(1), " "), "lines.0.name"),
        (NeedValues(Decimal(1), "Gateway", product_id=999_999), "lines.0.product"),
        (NeedValues(Decimal(1), "Gateway", id=999_999), "lines.0.id"),
    ],
)
def test_a_wrong_line_is_refused_at_its_field(company, line, place):
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        written(company, [line])
    assert list(refusal.value.error_dict) == [place]
    assert fingerprint() == before


def test_products_off_sale_or_in_another_currency_are_refused(company):
    gone, foreign = make_product(is_on_sale=False), make_product(currency="USD")
    for product in (gone, foreign):
        with pytest.raises(ValidationError) as refusal:
            written(company, [NeedValues(Decimal(1), product_id=product.pk)])
        assert list(refusal.value.error_dict) == ["lines.0.product"]


def test_lines_of_another_requirement_are_refused(company):
    first, second = written(company), written(company)
    foreign = NeedValues(Decimal(9), "Mine", id=first.lines.get().pk)
    with pytest.raises(ValidationError):
        actions.change_requirement(second, actor=company.rep, values={}, lines=[foreign])
    assert [line.name for line in second.lines.all()] == ["Gateway"]
    assert first.lines.get().quantity == Decimal(2)


def test_changing_lines_keeps_those_that_stay_and_removes_those_that_are_gone(company):
    requirement = written(company, [NeedValues(Decimal(1), "One"), NeedValues(Decimal(2), "Two")])
    two = requirement.lines.get(name="Two")
    lines = [NeedValues(Decimal(2), "Two", id=two.pk), NeedValues(Decimal(3), "Three")]
    actions.change_requirement(requirement, actor=company.rep, values={"title": "Other"}, lines=lines)
    assert [(line.name, line.position) for line in requirement.lines.all()] == [("Two", 1), ("Three", 2)]
    assert requirement.lines.get(name="Two").pk == two.pk
    assert requirement.title == "Other"


def test_contacts_and_opportunities_of_other_customers_are_refused(company):
    foreign = make_opportunity(make_customer(company.rep))
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        written(company, opportunity=foreign)
    assert list(refusal.value.error_dict) == ["opportunity"]
    assert fingerprint() == before


def test_a_changed_form_is_stale(company):
    requirement = written(company)
    with pytest.raises(ValidationError) as refusal:
        actions.change_requirement(requirement, actor=company.rep, values={"title": "New"}, seen="older")
    assert refusal.value.code == "stale"


def test_submitting_gives_a_number_once_and_asks_a_technician_then_the_manager(company):
    requirement = submitted(company)
    number = requirement.number
    assert requirement.state == "pending"
    assert number != ""
    actions.withdraw_requirement(requirement, actor=company.rep)
    assert requirement.state == "withdrawn"
    actions.submit_requirement(requirement, actor=company.rep)
    assert requirement.number == number
    decide(requirement, company.technician)
    assert requirement.state == "pending"
    decide(requirement, company.head)
    assert requirement.state == "approved"


def test_an_approved_requirement_makes_a_lead_an_opportunity_and_giving_it_up_takes_that_back(company):
    requirement = submitted(company)
    decide(requirement, company.technician)
    company.customer.refresh_from_db()
    assert company.customer.status == "lead"
    decide(requirement, company.head)
    company.customer.refresh_from_db()
    assert company.customer.status == "opportunity"
    actions.void_requirement(requirement, actor=company.rep, reason="Another project")
    company.customer.refresh_from_db()
    assert (requirement.state, company.customer.status) == ("void", "lead")


def test_an_empty_requirement_is_not_submitted(company):
    requirement = written(company, lines=[], needs="")
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        actions.submit_requirement(requirement, actor=company.rep)
    assert refusal.value.code == "no_lines"
    assert fingerprint() == before


def test_only_the_technician_whose_turn_it_is_records_a_check(company):
    requirement = submitted(company)
    stranger = make_user("other", "technician", department=company.sales)
    before = fingerprint()
    for person in (company.rep, company.head, stranger):
        with pytest.raises(ValidationError):
            actions.check_requirement(requirement, actor=person, result="feasible")
    assert fingerprint() == before
    actions.check_requirement(requirement, actor=company.technician, result="partly", note="Two makers are closed")
    assert (requirement.check_result, requirement.checked_by) == ("partly", company.technician)
    decide(requirement, company.technician)
    with pytest.raises(ValidationError):
        actions.check_requirement(requirement, actor=company.technician, result="feasible")


def test_a_check_that_is_not_feasible_needs_words_and_stops_the_approval(company):
    requirement = submitted(company)
    with pytest.raises(ValidationError) as refusal:
        actions.check_requirement(requirement, actor=company.technician, result="impossible")
    assert list(refusal.value.error_dict) == ["note"]
    actions.check_requirement(requirement, actor=company.technician, result="impossible", note="No interface")
    decide(requirement, company.technician)
    with pytest.raises(ValidationError) as refusal:
        decide(requirement, company.head)
    assert refusal.value.code == "impossible"
    requirement.refresh_from_db()
    assert requirement.state == "pending"
    decide(requirement, company.head, approvals.return_request, comment="Leave the closed makers out")
    actions.submit_requirement(requirement, actor=company.rep)
    assert (requirement.check_result, requirement.checked_by) == ("", None)


def test_what_was_submitted_is_not_changed(company):
    requirement = submitted(company)
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        actions.change_requirement(requirement, actor=company.rep, values={"title": "Other"})
    assert refusal.value.code == "closed"
    assert fingerprint() == before


def test_a_requirement_with_a_living_quote_is_not_given_up(company):
    requirement = submitted(company)
    decide(requirement, company.technician)
    decide(requirement, company.head)
    make_quote(requirement.customer, requirement=requirement)
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        actions.void_requirement(requirement, actor=company.rep, reason="Changed their mind")
    assert refusal.value.code == "quoted"
    assert fingerprint() == before
    assert Requirement.objects.get().state == "approved"
