"""Which way a document goes, and that nobody decides on their own in any disguise."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.approvals import actions
from crm.approvals.deadlines import retry, settle_stand_ins
from crm.approvals.delegations import end_delegation, give_delegation
from crm.approvals.flows import move_flow, save_flow, switch_flow
from crm.approvals.models import ApprovalRequest, Delegation
from crm.approvals.routing import preview
from crm.notifications.models import Notice
from crm.people.actions import add_absence, disable_user
from crm.people.models import Absence, User
from tests.crm.approvals.purpose import make_document, make_flow, manager, people, put_up, role, state_of
from tests.crm.approvals.test_actions import approve, refused, waiting_for
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def above(value, fact="amount"):
    return [{"fact": fact, "operator": "above", "value": value}]


def away(person, deputy, days=3):
    today = timezone.localdate()
    return Absence.objects.create(
        user=person, deputy=deputy, starts_on=today - timedelta(days=1), ends_on=today + timedelta(days=days)
    )


def standing(giver, receiver, **more):
    today = timezone.localdate()
    return give_delegation(actor=giver, receiver=receiver, starts_on=today, ends_on=today + timedelta(days=5), **more)


def test_the_first_flow_that_fits_is_taken(company):
    make_flow(role("finance"), name="Large", conditions=above("20000.00"))
    make_flow(manager(), name="Rest")
    assert waiting_for(put_up(make_document(company.rep, amount="20000.01"), company.rep)) == ["finance", "finance2"]
    assert waiting_for(put_up(make_document(company.rep, amount="20000.00"), company.rep)) == ["director"]


def test_three_documents_below_a_threshold_count_together(company):
    make_flow(role("finance"), name="Large", conditions=above("20000.00"))
    make_flow(manager(), name="Rest")
    request = put_up(make_document(company.rep, amount="9999.00", rolling="19998.00"), company.rep)
    assert waiting_for(request) == ["finance", "finance2"]
    assert request.facts["routed_amount"] == "29997.00"


def test_steps_whose_conditions_do_not_hold_are_left_out(company):
    make_flow(manager(), {**role("finance"), "conditions": above("0.15", "discount")})
    small = put_up(make_document(company.rep, discount="0.15"), company.rep)
    assert [step["key"] for step in small.steps()] == ["step1"]
    large = put_up(make_document(company.rep, discount="0.16"), company.rep)
    assert [step["key"] for step in large.steps()] == ["step1", "step2"]


def test_superiors_heads_chains_and_roles(company):
    rep = company.rep
    make_flow({"who": {"kind": "superior", "levels": 2}}, name="Above")
    assert waiting_for(put_up(make_document(rep), rep)) == ["vp"]
    save = ApprovalRequest.objects.latest("pk").flow_version.flow
    chain = {"name": "All above", "who": {"kind": "chain", "role": "director"}}
    save_flow(save, actor=company.admin, definition={"steps": [chain]})
    assert waiting_for(put_up(make_document(rep), rep)) == ["director"]
    near = {"name": "Near", "who": {"kind": "role", "role": "director", "where": "above"}}
    make_user("stranger", role="director", department=company.finance.department)
    save_flow(save, actor=company.admin, definition={"steps": [near]})
    assert waiting_for(put_up(make_document(rep), rep)) == ["director", "vp"]
    save_flow(save, actor=company.admin, definition={"steps": [{"name": "Head", "who": {"kind": "head"}}]})
    assert waiting_for(put_up(make_document(rep), rep)) == ["director"]


def test_a_chain_asks_one_superior_after_the_other(company):
    company.vp.roles.clear()
    company.vp.roles.add(company.finance.roles.get())
    make_flow({"who": {"kind": "chain", "role": "finance"}})
    request = put_up(make_document(company.rep), company.rep)
    assert [step["key"] for step in request.steps()] == ["step1_1", "step1_2"]
    request = approve(request, company.director)
    assert waiting_for(request) == ["vp"]
    assert approve(request, company.vp).state == "approved"


def test_a_manager_who_submits_goes_one_level_up(company):
    make_flow(manager())
    assert waiting_for(put_up(make_document(company.director), company.director)) == ["vp"]


def test_whoever_edited_it_last_does_not_decide_either(company):
    make_flow(manager())
    request = put_up(make_document(company.rep, editor=company.director.pk), company.rep)
    assert waiting_for(request) == ["vp"]
    refused(lambda: approve(request, company.director), "no_right")


def test_nobody_above_means_blocked_and_an_alarm_never_passed(company):
    make_flow(manager())
    document = make_document(company.vp)
    request = put_up(document, company.vp)
    assert (request.state, state_of(document), waiting_for(request)) == ("blocked", "blocked", [])
    told = Notice.objects.get(recipient=company.admin)
    assert "Nobody may decide in the step “Step 1”" in told.text
    assert "Quote" not in told.text
    assert Notice.objects.filter(recipient=company.vp, kind="approval_blocked").exists()
    refused(lambda: approve(request, company.vp), "blocked")


def test_a_blocked_request_goes_on_when_somebody_can_decide(company):
    make_flow(manager())
    document = make_document(company.vp)
    request = put_up(document, company.vp)
    assert not retry(request, actor=company.admin)
    company.sales.head = company.director
    company.sales.save()
    refused(lambda: retry(request, actor=company.rep), "no_right")
    assert retry(request, actor=company.admin)
    request.refresh_from_db()
    assert (request.state, waiting_for(request), state_of(document)) == ("pending", ["director"], "pending")


def test_whoever_put_it_up_does_not_decide_as_holder_of_a_role(company):
    make_flow(role("finance", mode="all"))
    request = put_up(make_document(company.finance), company.finance)
    assert waiting_for(request) == ["finance2"]


def test_nor_as_a_named_person_nor_as_head(company):
    make_flow(people(company.director), {"who": {"kind": "head"}})
    request = put_up(make_document(company.director), company.director)
    assert waiting_for(request) == ["vp"]


def test_nor_as_a_stand_in(company):
    make_flow(manager())
    away(company.director, company.rep)
    assert waiting_for(put_up(make_document(company.rep), company.rep)) == ["vp"]


def test_nor_through_a_delegation(company):
    rep2 = make_user("rep2", role="director", department=company.east)
    make_flow(manager())
    standing(company.director, rep2)
    request = put_up(make_document(rep2), rep2)
    assert waiting_for(request) == ["director"]
    request = put_up(make_document(company.rep), company.rep)
    assert waiting_for(request) == ["rep2"]


def test_nor_by_being_handed_the_turn(company):
    second = make_user("second", role="director", department=company.east)
    make_flow(manager())
    request = put_up(make_document(second), second)
    refused(lambda: actions.delegate(request, actor=company.director, to=second))
    refused(lambda: actions.add_approver(request, actor=company.director, who=second, before=True))


def test_nor_by_becoming_the_manager_meanwhile(company):
    second = make_user("second", role="director", department=company.east)
    make_flow(role("finance"), manager())
    request = put_up(make_document(second), second)
    company.east.head = second
    company.east.save()
    request = approve(request, company.finance)
    assert waiting_for(request) == ["vp"]


def test_nor_when_the_approver_leaves(company):
    second = make_user("second", role="director", department=company.east)
    make_flow(people(company.director))
    standing(company.director, second)
    request = put_up(make_document(second), second)
    assert waiting_for(request) == ["director"]
    disable_user(company.director, actor=company.admin)
    request.refresh_from_db()
    assert waiting_for(request) == ["vp"]
    refused(lambda: approve(request, second), "no_right")


def test_nor_by_submitting_again_under_another_name(company):
    second = make_user("second", role="director", department=company.east)
    make_flow(people(second))
    document = make_document(second)
    request = put_up(document, second)
    actions.return_request(request, actor=company.director, seen=request.content_hash, comment="No")
    again = put_up(document, company.rep)
    assert waiting_for(again) == ["director"]


def test_an_absent_approver_is_stood_in_for(company):
    make_flow(manager())
    away(company.director, company.vp)
    request = put_up(make_document(company.rep), company.rep)
    task = request.tasks.get()
    assert (task.approver, task.on_behalf_of, task.origin) == (company.vp, company.director, "stand_in")
    assert Notice.objects.get(recipient=company.vp).text.startswith("Rep asks for approval, and you stand in for Dir")
    assert approve(request, company.vp).decisions.last().on_behalf_of == company.director


def test_a_stand_in_whose_days_are_over_does_not_decide(company):
    make_flow(manager())
    absence = away(company.director, company.vp)
    request = put_up(make_document(company.rep), company.rep)
    absence.delete()
    refused(lambda: approve(request, company.vp), "no_right", "no longer stand in")
    assert settle_stand_ins() == 1
    assert waiting_for(request) == ["director"]
    assert settle_stand_ins() == 0


def test_turns_go_to_the_stand_in_when_the_days_begin(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    today = timezone.localdate()
    add_absence(actor=company.admin, user=company.director, deputy=company.vp, starts_on=today, ends_on=today)
    assert settle_stand_ins() == 1
    assert waiting_for(request) == ["vp"]


def test_delegations_are_not_handed_on(company):
    make_flow(manager())
    standing(company.director, company.vp)
    standing(company.vp, company.finance)
    request = put_up(make_document(company.rep), company.rep)
    assert waiting_for(request) == ["vp"]
    refused(lambda: actions.delegate(request, actor=company.vp, to=company.finance), "no_right")


def test_a_delegation_covers_its_purposes_and_days(company):
    make_flow(manager())
    tomorrow = timezone.localdate() + timedelta(days=1)
    row = give_delegation(actor=company.director, receiver=company.vp, starts_on=tomorrow, ends_on=tomorrow)
    assert waiting_for(put_up(make_document(company.rep), company.rep)) == ["director"]
    end_delegation(row, actor=company.director)
    standing(company.director, company.vp, purposes=["tests.money"])
    assert waiting_for(put_up(make_document(company.rep), company.rep)) == ["director"]


def test_who_may_let_whom_decide(company):
    today = timezone.localdate()
    days = {"starts_on": today, "ends_on": today}
    give = {"actor": company.director, "receiver": company.vp, **days}
    for wrong in (
        {"receiver": company.rep},
        {"receiver": company.director},
        {"actor": company.rep},
        {"starts_on": today - timedelta(days=1)},
        {"ends_on": today - timedelta(days=1)},
        {"ends_on": today + timedelta(days=400)},
        {"purposes": ["tests.nothing"]},
    ):
        refused(lambda wrong=wrong: give_delegation(**{**give, **wrong}))
    give_delegation(**give)
    refused(lambda: give_delegation(**{**give, "receiver": company.finance}))
    row = Delegation.objects.get(giver=company.director)
    refused(lambda: end_delegation(row, actor=company.rep), "no_right")


def test_money_is_closed_by_finance_alone(company):
    make_flow(manager(), purpose="tests.money")
    request = put_up(make_document(company.rep), company.rep, purpose="tests.money")
    assert (request.state, request.blocked_because) == ("blocked", "nobody:Step 1")


def test_disabled_people_never_decide(company):
    make_flow(people(company.finance, company.director))
    User.objects.filter(pk=company.finance.pk).update(is_active=False)
    assert waiting_for(put_up(make_document(company.rep), company.rep)) == ["director"]


def test_too_few_for_a_number_are_made_up_from_above_or_blocked(company):
    make_flow(people(company.director, mode="n", count=2))
    assert waiting_for(put_up(make_document(company.rep), company.rep)) == ["director", "vp"]
    request = put_up(make_document(company.director), company.director)
    assert request.state == "blocked"


def test_the_submitter_chooses_out_of_the_list(company):
    make_flow({"who": {"kind": "chosen", "users": [company.finance.pk, company.finance2.pk]}})
    document = make_document(company.rep)
    refused(lambda: put_up(document, company.rep))
    refused(lambda: put_up(document, company.rep, chosen={"step1": [company.vp.pk]}))
    assert waiting_for(put_up(document, company.rep, chosen={"step1": [company.finance2.pk]})) == ["finance2"]


def test_the_preview_says_who_and_why(company):
    make_flow(manager(), {**role("finance"), "conditions": above("20000.00")})
    found = preview("tests.task", make_document(company.rep, amount="25000.00"), actor=company.rep)
    assert [(step.name, [one.username for one in step.people], step.reasons) for step in found.steps] == [
        ("Step 1", ["director"], []),
        ("Step 2", ["finance", "finance2"], ["because the amount is above ¥20,000.00"]),
    ]
    assert not found.is_blocked
    split = preview("tests.task", make_document(company.rep, amount="1.00", rolling="20000.00"), actor=company.rep)
    assert "with ¥20,000.00 of the last 30 days" in split.steps[1].reasons[0]


def test_the_preview_warns_of_what_would_block(company):
    assert preview("tests.task", make_document(company.rep), actor=company.rep).is_blocked
    make_flow(manager())
    found = preview("tests.task", make_document(company.vp), actor=company.vp)
    assert (found.is_blocked, found.why) == (
        True, "Nobody may decide in the step “Step 1”: tell an administrator.",
    )  # fmt: skip
    assert not Notice.objects.exists()


def test_a_flow_changed_midway_leaves_running_requests_alone(company):
    flow = make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    version = save_flow(
        flow, actor=company.admin, definition={"steps": [{"name": "Money", "who": {"kind": "role", "role": "finance"}}]}
    )
    assert version.number == 2
    assert approve(request, company.director).state == "approved"
    assert waiting_for(put_up(make_document(company.rep), company.rep)) == ["finance", "finance2"]


def test_flows_are_switched_and_moved(company):
    first = make_flow(manager(), name="First")
    second = make_flow(role("finance"), name="Second")
    move_flow(second, actor=company.admin, up=True)
    assert waiting_for(put_up(make_document(company.rep), company.rep)) == ["finance", "finance2"]
    switch_flow(second, actor=company.admin, is_active=False)
    assert waiting_for(put_up(make_document(company.rep), company.rep)) == ["director"]
    switch_flow(first, actor=company.admin, is_active=False)
    with pytest.raises(ValidationError):
        put_up(make_document(company.rep), company.rep)
